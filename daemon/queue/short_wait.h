// For whoever asks how the disk is: one that hangs must not keep an administrator from hearing of it.
#pragma once

#include "base/clock.h"
#include "base/task.h"

#include <functional>

namespace postern::queue {

inline constexpr Milliseconds kShortWait = Seconds(1);

/// Until `is_over`, which is asked on the loop now and then, but for about `patience` at most. True: it is.
Task<bool> wait_shortly(Executor loop, std::function<bool()> is_over, Milliseconds patience = kShortWait);

}  // namespace postern::queue
