// The last day as a picture, and as a table for who cannot see it. Pure.
#pragma once

#include "metrics/activity.h"
#include "metrics/html.h"

#include <optional>
#include <span>

namespace postern::metrics {

/// Since when the quarters of this day are known, if not all of them are. `begun`: when counting began, by the clock as
/// it is now; it may be too late where the machine slept since, but what was counted is known.
[[nodiscard]] std::optional<WallTime> counted_since(std::span<const Activity::Period> day, WallTime begun);

/// Strips of bars, one under the other, over the same quarters of an hour: what was delivered, deferred and failed, and
/// how long deliveries took. What is told by a bar is told by its place, not by its colour. What is before `since` is
/// not known (counted_since()).
void add_day_picture(Html& html, std::span<const Activity::Period> day, std::optional<WallTime> since);
/// The same by the hour of the clock.
void add_day_table(Html& html, std::span<const Activity::Period> day, std::optional<WallTime> since);

}  // namespace postern::metrics
