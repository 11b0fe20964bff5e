// Finds the addr-specs in the body of an address header (RFC 5322 3.4, with the obsolete forms of 4.4).
// A flat scanner with a counter for nested comments: linear in time, no recursion, so hostile headers cost
// what their length costs. For lists of addresses alone there is mail/address.h.
#pragma once

#include "base/result.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace postern::mail {

/// RFC 5322 3.2.3 atext, and every byte of UTF-8 (RFC 6532 3.2).
[[nodiscard]] bool is_atext(char c);

struct FoundAddress {
  std::string text;            ///< comments and blanks around its parts removed; still to be checked by parse_address
  std::size_t end = 0;         ///< offset in the body behind its last byte
  std::string_view phrase{};   ///< the display name as written, quotes and all; a part of the body
  std::string_view comment{};  ///< the inside of the last comment beside it: where names stood before RFC 822
};

/// All addresses in order; the members of groups as well. Failure: invalid.
Result<std::vector<FoundAddress>> scan_addresses(std::string_view body);

}  // namespace postern::mail
