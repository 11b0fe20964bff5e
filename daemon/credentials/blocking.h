// How what blocks is kept off the event loop.
#pragma once

#include "base/result.h"
#include "base/task.h"

#include <functional>
#include <string>

namespace postern::credentials {

/// Runs a function that reads or writes files, or calculates for long, on another thread and comes back with its
/// result.
using Blocking = std::function<Task<Result<std::string>>(std::function<Result<std::string>()>)>;

}  // namespace postern::credentials
