// The host of a smarthost, and what is said to who wrote more than a host there.
#pragma once

#include "settings/document.h"
#include "settings/values.h"

#include <optional>
#include <string>

namespace postern::settings {

/// A host name or a numeric address, without brackets.
[[nodiscard]] std::optional<std::string> host_value(const Node& node, Scope& scope);
/// Likewise, or a service (base/service_name.h) as it writes itself.
[[nodiscard]] std::optional<std::string> server_value(const Node& node, Scope& scope);

}  // namespace postern::settings
