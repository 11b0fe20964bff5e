// The date of header fields (RFC 5322 3.3): "Mon, 23 Nov 2026 17:04:05 +0000".
#pragma once

#include "base/clock.h"

#include <chrono>
#include <string>

namespace postern::mail {

/// `offset` is the zone's distance from UTC at that time, east positive, less than a day. The caller finds it
/// out: pure code knows no zone.
[[nodiscard]] std::string format_date(WallTime time, std::chrono::minutes offset = std::chrono::minutes(0));

}  // namespace postern::mail
