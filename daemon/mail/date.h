// The date of header fields (RFC 5322 3.3): "Mon, 23 Nov 2026 17:04:05 +0000".
#pragma once

#include "base/clock.h"

#include <chrono>
#include <string>
#include <string_view>

namespace postern::mail {

/// `offset` is the zone's distance from UTC at that time, east positive, less than a day. The caller finds it
/// out: pure code knows no zone.
[[nodiscard]] std::string format_date(WallTime time, std::chrono::minutes offset = std::chrono::minutes(0));

/// The unfolded body of a Date field begins with a date and time as readers know them: the day of the week and the zone
/// may be missing, the year may have two digits (RFC 5322 4.3), what follows is not looked at. The output of date(1)
/// and names of other languages are none.
[[nodiscard]] bool is_date(std::string_view text);
/// "Mon", "Nov", as dates have them in all languages; in any case of letters.
[[nodiscard]] bool is_weekday(std::string_view word);
[[nodiscard]] bool is_month(std::string_view word);

}  // namespace postern::mail
