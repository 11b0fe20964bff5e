// The keys of one smarthost.
#pragma once

#include "settings/keys.h"
#include "settings/settings.h"
#include "settings/values.h"

#include <string>
#include <vector>

namespace postern::settings {

/// The value of `smarthosts`.
void read_smarthosts(Settings& settings, const Node& node, Scope& scope);
[[nodiscard]] std::vector<KeyInfo> smarthost_keys(const std::string& prefix);

}  // namespace postern::settings
