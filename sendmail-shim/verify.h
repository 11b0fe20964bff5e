// sendmail -bv: where the mail of each recipient would go.
#pragma once

#include "sendmail-shim/control.h"
#include "sendmail-shim/exit.h"
#include "sendmail-shim/options.h"

#include <functional>
#include <string>

namespace postern::shim {

/// One request line to a daemon, as ask() does on a connection of its own.
using Request = std::function<Exit(const std::string& line, const Print& print)>;

/// Asks for every address of options.recipients. `login` is the sender where none was given. All of them are asked
/// for, and the first that is not well decides the exit; a daemon that cannot be asked ends it. EX_USAGE: there is
/// none; EX_DATAERR: something is no address, of which a line is printed.
[[nodiscard]] Exit verify(const Options& options, const std::string& login, const Request& request, const Print& print);

}  // namespace postern::shim
