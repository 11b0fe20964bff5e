// Mailbox addresses (RFC 5321 4.1.2) and the address lists of headers (RFC 5322 3.4).
#pragma once

#include "base/result.h"

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

/// Checks a path without its brackets: local part (dot-string or quoted string, at most 64 bytes), domain or
/// address literal (at most 255), no control bytes even inside quotes. A bare local part is allowed ("root").
/// Returns it verbatim. Failure: invalid, with the reason.
Result<std::string> parse_address(std::string_view text, Utf8 utf8);

/// "root" -> "root@domain"; anything with a domain and the empty address stay as they are.
[[nodiscard]] std::string complete_address(std::string_view address, std::string_view domain);

/// Equal for addresses of the same mailbox and for those alone: domains compare without case, local parts with case
/// (RFC 5321 2.4). For sets and maps; no address to show or to send to.
[[nodiscard]] std::string mailbox_key(std::string_view address);

/// All addresses of a header body such as To: (unfolded or folded): comments, display names, groups,
/// quoted strings, source routes, obsolete blanks. Never recursive, linear in time. What is not an
/// address is an error rather than a guess. Failure: invalid.
Result<std::vector<std::string>> parse_address_list(std::string_view header_body);

/// The header body with every bare addr-spec ("root", "Cron <root>") completed by the domain; all other
/// bytes (comments, folding, names) stay as they were.
[[nodiscard]] std::string complete_address_list(std::string_view header_body, std::string_view domain);

}  // namespace postern::mail
