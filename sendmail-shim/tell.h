// What sendmail refuses by itself is told to the daemon, so that it stands in its log: many callers look at no exit
// status, and some have nowhere to write what it says on standard error.
#pragma once

#include "sendmail-shim/exit.h"

#include <string>

namespace postern::shim {

/// Best effort, and never for long: a daemon that is not there is not waited for. To be called before the run ends with
/// `exit`.
void tell_refusal(const std::string& submit_socket, const Exit& exit);

}  // namespace postern::shim
