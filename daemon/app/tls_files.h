// The certificates that the settings name, read as they are for a connection: `posternd --check` tells what would only
// show at the first one. Blocking.
#pragma once

#include "settings/load.h"

#include <vector>

namespace postern::app {

/// What is wrong with them: no certificate, a key that is not that of its certificate, or one outside its time.
[[nodiscard]] std::vector<settings::Problem> tls_problems(const settings::Settings& settings, const std::string& file);

}  // namespace postern::app
