// The parameters of MAIL and RCPT (RFC 5321 4.1.1.11) as the envelope keeps them. One table row each, in
// parameters.cc. Refusals: 555 for a keyword or a value that is not offered, 501 for a malformed value.
#pragma once

#include "mail/envelope.h"
#include "mail/text_mender.h"
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
  std::string envid;          ///< xtext as given
  std::string submission_id;  ///< our private XSUBMISSION=, 32 hexadecimal digits in lower case
  mail::Mended mended;        ///< our private XMENDED=, see mended_value()
};

/// Of what sendmail alone says, on the unix socket and in dropped files.
enum class SubmissionId { refuse, allow };

/// "3,0,1": blanks, line ends and NULs.
[[nodiscard]] std::string mended_value(const mail::Mended& mended);

Parsed<MailParameters> parse_mail_parameters(const ParameterList& parameters, SubmissionId submission_id);

struct RcptParameters {
  unsigned notify = mail::kNotifyUnspecified;
  std::string orcpt;  ///< as given
};

Parsed<RcptParameters> parse_rcpt_parameters(const ParameterList& parameters);

}  // namespace postern::smtp
