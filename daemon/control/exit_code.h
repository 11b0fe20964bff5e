// The exit code that a failure of the daemon is for `postern`.
#pragma once

#include "base/result.h"

namespace postern::control::exits {

[[nodiscard]] int code_for(Failure failure);

}  // namespace postern::control::exits
