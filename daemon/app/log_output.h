// Where the log goes and how it is written: to the journal if standard error is connected to it, with fields of its
// own; else to standard error, each line with its time.
#pragma once

#include "base/log_options.h"

namespace postern::app {

/// Once, at the start: what is logged before is for whoever started the daemon.
void open_log(LogFormat format);

/// What is logged from now on.
void use_log_format(LogFormat format);

}  // namespace postern::app
