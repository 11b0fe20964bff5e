// What a settings file with errors still says. With it a daemon that cannot have its settings takes mail all the same,
// by the doors, into the spool and with the names that the mended file will have.
#pragma once

#include "settings/settings.h"

#include <string>

namespace postern::settings {

/// Each key at the top of the file is read by itself, whatever stands before and after it, and of its value what can be
/// read. What cannot has its default, and so has what contradicts itself. No smarthost is among it: to whom mail goes
/// is not for half a file to say.
[[nodiscard]] Settings salvage(const std::string& text);

}  // namespace postern::settings
