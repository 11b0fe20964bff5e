// The arguments of `postern history` that say what is asked for, as the "filter" of a request (control/history.h).
#pragma once

#include "base/clock.h"

#include <boost/json/object.hpp>

namespace CLI {  // NOLINT(readability-identifier-naming): the library's
class App;
}

namespace postern::console {

/// As add_filter_options(). Names of users become uids, and times those of a clock that shows `now`.
void add_history_options(CLI::App& command, boost::json::object& filter, WallTime now);

}  // namespace postern::console
