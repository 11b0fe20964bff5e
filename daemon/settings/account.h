// The checks of what a smarthost has to log in with: which keys exclude or need each other, and the files they name.
// The secrets themselves are not read here: that is done anew at each login.
#pragma once

#include "settings/report.h"
#include "settings/settings.h"

#include <string>

namespace postern::settings {

/// `path`: "smarthosts[0]".
void check_account(const Smarthost& smarthost, const std::string& path, Report& report);

}  // namespace postern::settings
