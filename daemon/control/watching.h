// The same answer again and again, drawn in place: `postern status --watch`.
#pragma once

#include "base/clock.h"
#include "control/client.h"

#include <boost/json/object.hpp>

#include <string>

namespace postern::control {

/// Asks every `pause` until the program is interrupted or nobody reads. A daemon that cannot be reached is shown, and
/// asked again. On a terminal each picture replaces the one before; elsewhere an empty line is between them. The exit
/// code is that of the last answer if the output fails.
int watch(const std::string& socket, const boost::json::object& request, Seconds pause);

}  // namespace postern::control
