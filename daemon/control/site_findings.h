// What the smarthosts are to be told of by `postern status`: which of them do not take mail, why, and how much waits
// for it. Pure.
#pragma once

#include "base/clock.h"
#include "control/summary.h"
#include "queue/entry.h"

#include <vector>

namespace postern::control {

/// As they were found, which is as they are to be read where their levels are the same. Each message that waits counts
/// in one of them, in the first that tells of it; smarthosts with the same trouble are one finding.
[[nodiscard]] std::vector<Finding> site_findings(const queue::Totals& totals,
                                                 const std::vector<queue::SiteStatus>& sites, WallTime now);

}  // namespace postern::control
