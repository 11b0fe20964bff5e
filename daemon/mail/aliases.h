// Aliases as a table, from the settings or from a file: who gets the mail for a local name. Values and pure functions.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace postern::mail {

/// Name (alias_key) -> targets. A target is an address, or a name that may be an alias itself; with a backslash before
/// it, it is what it says and no alias. "*" stands for every local name without an alias of its own.
using Aliases = std::map<std::string, std::vector<std::string>>;

inline constexpr std::string_view kCatchAll = "*";

/// By what a local part is looked up: in lower case, and without the quotes that it may have on the wire, since
/// "root"@x and root@x are one mailbox (RFC 5321 4.1.2).
[[nodiscard]] std::string alias_key(std::string_view local_part);

/// Names of which each leads to the next and the last to the first, so that nobody gets the mail. They begin with the
/// name that is first in the alphabet.
using Circle = std::vector<std::string>;

/// `next`: the names that a name leads to as an alias; those that are none are passed over. A name that stands for
/// itself beside others (`root: [root, admin@example.com]`) keeps a copy and runs in no circle. Each name is in at most
/// one of the circles that are found; where there are circles, at least one is.
[[nodiscard]] std::vector<Circle> find_circles(const std::map<std::string, std::vector<std::string>>& next);

/// "a -> b -> a"
[[nodiscard]] std::string words_of(const Circle& circle);

}  // namespace postern::mail
