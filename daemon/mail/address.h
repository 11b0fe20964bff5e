// Mailbox addresses (RFC 5321 4.1.2) and the address lists of headers (RFC 5322 3.4).
#pragma once

#include "base/result.h"
#include "mail/envelope.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace postern::mail {

enum class Utf8 { refuse, allow };

/// An address split at its last "@" outside quotes. `domain` is empty for a bare local part.
struct AddressParts {
  std::string_view local;
  std::string_view domain;
};
[[nodiscard]] AddressParts split_address(std::string_view address);

/// RFC 5321 4.5.3.1.3 without the brackets.
inline constexpr std::size_t kLongestAddress = 254;

/// Reads a path without its brackets: a local part ("root" alone is one) and a domain or address literal, no control
/// characters even inside quotes, UTF-8 only where it is allowed. Mailboxes in use are taken as they are: with a local
/// part of more than the 64 octets of RFC 5321 4.5.3.1.1 (addresses to reply to a ticket, VERP), with dots at its ends
/// or side by side (docomo.ne.jp and ezweb.ne.jp gave such addresses out until 2009), with a final dot behind the
/// domain (as DNS has it), with "_" in the domain (machines of local networks). Returns it as RFC 5321 4.1.2 writes it:
/// the final dot is left out, and a local part that is no dot-string is quoted; anything else stays verbatim, and so
/// does what was returned here before.
///
/// `taro..y@docomo.ne.jp` becomes `"taro..y"@docomo.ne.jp` because that is what arrives: Gmail refuses the first as
/// "Illegal envelope To: address" and takes the second, Postfix writes the second whatever it was given, and docomo
/// takes it, as it takes mail of either.
///
/// Characters that nobody sees are refused, since a log could not show what is wrong.
///
/// Failure: invalid, with the reason.
Result<std::string> parse_address(std::string_view text, Utf8 utf8);

/// "root" -> "root@domain"; anything with a domain and the empty address stay as they are.
[[nodiscard]] std::string complete_address(std::string_view address, std::string_view domain);

/// Equal for addresses of the same mailbox and for those alone: domains compare without case, local parts with case
/// (RFC 5321 2.4). For sets and maps; no address to show or to send to.
[[nodiscard]] std::string mailbox_key(std::string_view address);

/// What stands in a header body such as To: (unfolded or folded), or in an argument of sendmail, see
/// mail/address_scanner.h for how slips are read.
struct AddressList {
  std::vector<std::string> addresses;  ///< as parse_address() returns them, in order
  /// What could not be read, printable and on one line, each at most kLongestSlip octets; no more than kMostSlips.
  std::vector<std::string> unread;
  std::size_t more_unread = 0;  ///< what is beyond that

  static constexpr std::size_t kLongestSlip = kLongestUnread;
  static constexpr std::size_t kMostSlips = kMostUnread;
};
[[nodiscard]] AddressList read_address_list(std::string_view header_body);

/// Its addresses if all of it can be read. Failure: invalid.
Result<std::vector<std::string>> parse_address_list(std::string_view header_body);

/// The header body with every bare addr-spec ("root", "Cron <root>") completed by the domain; all other
/// bytes (comments, folding, names, slips) stay as they were.
[[nodiscard]] std::string complete_address_list(std::string_view header_body, std::string_view domain);

}  // namespace postern::mail
