// Where mail for an address of this machine goes, by the settings.
#pragma once

#include "settings/settings.h"

#include <string>
#include <vector>

namespace postern::app {

/// The address itself, or what `aliases` make of it; bare names are completed by the domain.
[[nodiscard]] std::vector<std::string> recipients_for(const settings::Settings& settings, const std::string& address);

}  // namespace postern::app
