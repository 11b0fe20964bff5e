// Several tasks at once.
#pragma once

#include "base/task.h"

#include <string>
#include <vector>

namespace postern {

/// Starts all of them on the caller's executor and resumes when the last has ended, however it ended: their results are
/// theirs to keep. `name` is for the log, should one end with an exception.
Task<void> together(std::vector<Task<void>> tasks, std::string name);

}  // namespace postern
