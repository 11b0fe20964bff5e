// What --help prints: made from the tables of options.h.
#pragma once

#include "sendmail-shim/options.h"

#include <string>

namespace postern::shim {

[[nodiscard]] std::string help_text(Personality personality);

}  // namespace postern::shim
