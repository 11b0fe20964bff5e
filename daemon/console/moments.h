// Points in time as people write them on a command line. Pure but for the time zone.
#pragma once

#include "base/clock.h"

#include <optional>
#include <string_view>

namespace postern::console {

/// Which of two is meant where the clocks are set back, and an hour of a night is there twice.
enum class Twice { earlier, later };

/// "now", "24h", "24h ago" and other ages with their unit (console/arguments.h) before now, "today" and "yesterday"
/// (their beginnings), "03:00" (the last time it was so late), "2026-11-29", "2026-11-29 03:00", "yesterday 03:00",
/// with seconds or without, and these with a zone of their own ("Z", "UTC", "+01:00", "+0100"); the others are in the
/// time zone of this machine. Nothing if it is none of these.
[[nodiscard]] std::optional<WallTime> parse_moment(std::string_view text, WallTime now, Twice twice = Twice::earlier);

}  // namespace postern::console
