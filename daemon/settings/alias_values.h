// Values of `aliases` and `local_domains`; see values.h. What they mean on this machine is judged in local_names.h.
#pragma once

#include "mail/aliases.h"
#include "settings/values.h"

#include <optional>
#include <string>
#include <vector>

namespace postern::settings {

/// By alias_key(), with the domain behind it where the file has one. Where name and targets stand is remembered as
/// "aliases.root" and "aliases.root[0]".
[[nodiscard]] std::optional<mail::Aliases> aliases_value(const Node& node, Scope& scope);

[[nodiscard]] std::optional<std::vector<std::string>> host_names_value(const Node& node, Scope& scope);

}  // namespace postern::settings
