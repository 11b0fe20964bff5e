// The parameters of MAIL and RCPT (RFC 5321 4.1.1.11) as the envelope keeps them. One table row each, in
// parameters.cc. Refusals: 555 for a keyword or a value that is not offered, 501 for a malformed value.
#pragma once

#include "mail/envelope.h"
#include "smtp/command.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace postern::smtp {

using ParameterList = std::vector<std::pair<std::string, std::string>>;

struct MailParameters {
  std::uint64_t size = 0;  ///< RFC 1870; 0: not told. A number past 64 bits is the largest one.
  mail::BodyType body = mail::BodyType::seven_bit;
  bool smtputf8 = false;
  mail::Return ret = mail::Return::unspecified;
  std::string envid;  ///< xtext as given
  // Private ones, of our sendmail alone.
  std::string submission_id;        ///< XSUBMISSION=, 32 hexadecimal digits in lower case
  std::vector<std::string> unread;  ///< XUNREAD=, see mail::Envelope::unread
  std::string unread_sender;        ///< XSENDER=, what was given as the sender and is no address; printable
};

enum class PrivateParameters { refuse, allow };

Parsed<MailParameters> parse_mail_parameters(const ParameterList& parameters, PrivateParameters allowed);

/// Texts as the value of XUNREAD= or XSENDER=: made printable, in xtext, with a line end between them (+0A), and at
/// most so many octets long. Of those that have no room the last one tells the number, with `more` that are not among
/// them.
[[nodiscard]] std::string unread_value(const std::vector<std::string>& texts, std::size_t more, std::size_t limit);

struct RcptParameters {
  unsigned notify = mail::kNotifyUnspecified;
  std::string orcpt;  ///< as given
};

Parsed<RcptParameters> parse_rcpt_parameters(const ParameterList& parameters);

}  // namespace postern::smtp
