// The time zone of this machine (TZ, else /etc/localtime): what people are shown is in it.
#pragma once

#include "base/clock.h"

#include <chrono>
#include <string>

namespace postern {

/// Its distance from UTC at that time, east positive; 0 where it is not known.
[[nodiscard]] std::chrono::minutes utc_offset(WallTime time);

/// In the words of strftime(3), such as "%H:%M"; UTC where the zone is not known. At most 63 bytes, or nothing.
[[nodiscard]] std::string local_text(WallTime time, const char* format);

/// 2026-11-23T18:04:05.123+01:00 (RFC 3339), always with milliseconds.
[[nodiscard]] std::string to_local_rfc3339(WallTime time);

}  // namespace postern
