// Where mail for local names such as "root" goes: the `aliases` of the settings, applied to recipients at intake.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace postern::mail {

/// Local part in lower case -> addresses, which may be bare and may be aliases themselves. "*" stands for every local
/// part without an alias of its own.
using Aliases = std::map<std::string, std::vector<std::string>>;

/// The addresses that get mail for `address`. An alias applies if the address is bare or its domain is one of
/// `local_domains` (without case). Aliases are followed 10 deep. A name that leads back to itself stands for
/// itself (`root: [root, admin@example.com]` keeps a copy); so the result is never empty. Bare results are left to the
/// caller to complete; mailboxes that differ only in the domain's case come once, in order of first appearance.
[[nodiscard]] std::vector<std::string> expand_alias(std::string_view address, const Aliases& aliases,
                                                    const std::vector<std::string>& local_domains);

/// Where mail for `address` goes on a machine of that name and domain: what the aliases make of it where it is bare or
/// of this machine ("localhost" included), bare names completed by the domain. Never empty.
[[nodiscard]] std::vector<std::string> recipients_for(std::string_view address, const Aliases& aliases,
                                                      const std::string& hostname, const std::string& domain);

}  // namespace postern::mail
