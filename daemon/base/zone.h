// The time zone of this machine (TZ, else /etc/localtime).
#pragma once

#include "base/clock.h"

#include <chrono>

namespace postern {

/// Its distance from UTC at that time, east positive; 0 where it is not known.
[[nodiscard]] std::chrono::minutes utc_offset(WallTime time);

}  // namespace postern
