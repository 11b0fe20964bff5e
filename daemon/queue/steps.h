// How long what is in trouble is left alone, step by step. The first step is retry.min / 12, at least 1 s: a restart of
// the smarthost costs seconds, not minutes. Each further one is twice as long, up to retry.max. Pure: chance is given.
#pragma once

#include "base/clock.h"
#include "queue/queue_options.h"

#include <algorithm>

namespace postern::queue {

[[nodiscard]] inline Milliseconds first_step(const Retry& retry) {
  return std::max<Milliseconds>(retry.min / 12, Seconds(1));
}

/// The step after `step`; 0: before the first.
[[nodiscard]] inline Milliseconds next_step(Milliseconds step, const Retry& retry) {
  if (step == Milliseconds(0)) return first_step(retry);
  return std::min(2 * step, std::max<Milliseconds>(retry.max, first_step(retry)));
}

/// Plus or minus 10 %: `jitter` is in [0, 1).
[[nodiscard]] inline Milliseconds with_jitter(Milliseconds step, double jitter) {
  return Milliseconds(static_cast<Milliseconds::rep>(static_cast<double>(step.count()) * (0.9 + 0.2 * jitter)));
}

}  // namespace postern::queue
