// The same answer again and again: `postern status --watch`.
#pragma once

#include "base/clock.h"
#include "console/session.h"

#include <boost/json/object.hpp>

namespace postern::console {

/// Asks every `pause` until the program is interrupted or the output fails: exits::kIo. A daemon that cannot be reached
/// is shown, and asked again. On a terminal each picture replaces the one before; elsewhere an empty line is between
/// them. As JSON: the lines of each answer as they are, and what goes wrong on standard error.
int watch(const Session& session, const boost::json::object& request, Seconds pause);

}  // namespace postern::console
