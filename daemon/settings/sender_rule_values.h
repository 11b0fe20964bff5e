// The values of a row of `senders`, and of others with users and patterns: each is one text or a list of them.
#pragma once

#include "settings/document.h"
#include "settings/values.h"

#include <optional>
#include <string>
#include <vector>

namespace postern::settings {

/// Nothing after it reported what is wrong: a row must not hold for more users, or fewer senders, than it says.
[[nodiscard]] std::optional<std::vector<std::string>> one_or_more(const Node& node, Scope& scope);
/// Names of users or groups of the system, or "*".
[[nodiscard]] std::optional<std::vector<std::string>> account_names_value(const Node& node, Scope& scope);
/// Whole addresses, local names, "*@DOMAIN", "*".
[[nodiscard]] std::optional<std::vector<std::string>> sender_patterns_value(const Node& node, Scope& scope);

}  // namespace postern::settings
