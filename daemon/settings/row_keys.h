// The keys of the rows that say what holds for whose mail: `senders`, `routes`, `storms`.
#pragma once

#include "settings/keys.h"
#include "settings/settings.h"
#include "settings/values.h"

#include <string>
#include <vector>

namespace postern::settings {

void read_senders(Settings& settings, const Node& node, Scope& scope);
[[nodiscard]] std::vector<KeyInfo> sender_keys(const std::string& prefix);

void read_routes(Settings& settings, const Node& node, Scope& scope);
[[nodiscard]] std::vector<KeyInfo> route_keys(const std::string& prefix);

void read_storms(Settings& settings, const Node& node, Scope& scope);
[[nodiscard]] std::vector<KeyInfo> storm_keys(const std::string& prefix);

}  // namespace postern::settings
