// When a message is tried again. Pure: time and chance are given.
#pragma once

#include "base/clock.h"
#include "queue/queue_options.h"

namespace postern::queue {

/// When something is judged, and the age of the message then (see gaps.h).
struct Moment {
  WallTime now;
  Milliseconds age;
};

/// now + clamp(age, min, max), plus or minus 10 %: `jitter` is in [0, 1). A message is tried often while it is young;
/// no state is needed for it. Never before `now`.
[[nodiscard]] WallTime next_attempt(const Moment& moment, const Retry& retry, double jitter);

/// A stored time as it may be believed: what lies further ahead than any back-off reaches was written under a
/// clock that was wrong, and is due now.
[[nodiscard]] WallTime believable(WallTime next, WallTime now, const Retry& retry);

/// The age limit has passed: an attempt that fails now is the last one. Without an attempt only that expires which
/// waits in trouble of its sender, or of a site that refuses every message.
[[nodiscard]] bool past_expiry(Milliseconds age, const Retry& retry);

}  // namespace postern::queue
