// The checks of what a smarthost has to log in with: which keys exclude or need each other, and the files they name.
// The secrets themselves are not read here: that is done anew at each login.
#pragma once

#include "base/result.h"
#include "settings/report.h"
#include "settings/settings.h"

#include <string>

namespace postern::settings {

/// `path`: "smarthosts[0]".
void check_account(const Smarthost& smarthost, const std::string& path, Report& report);

/// A regular file that can be read. Failures: those of the system calls, invalid.
[[nodiscard]] Result<void> check_file(const std::string& file);
/// A file that this user may execute. Failures: those of the system calls, invalid.
[[nodiscard]] Result<void> check_program(const std::string& file);

}  // namespace postern::settings
