// What the tests of decisions of the queue take as given: the time, the default waits, a smarthost that is down.
#pragma once

#include "base/clock.h"
#include "mail/report.h"
#include "queue/queue_options.h"

namespace postern::queue {

inline constexpr WallTime kNow = std::chrono::sys_days(std::chrono::year(2026) / 11 / 23);
inline const Retry kRetry;

inline mail::SiteTrouble trouble() { return {mail::Step::connect, Failure::refused, 0, "refused", false}; }

}  // namespace postern::queue
