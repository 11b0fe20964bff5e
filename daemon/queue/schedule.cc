#include "queue/schedule.h"

#include <algorithm>

namespace postern::queue {

WallTime next_attempt(const Moment& moment, const Retry& retry, double jitter) {
  const Milliseconds low = retry.min;
  const Milliseconds high = std::max(retry.min, retry.max);
  const Milliseconds wait = std::clamp(moment.age, low, high);
  const double factor = 0.9 + 0.2 * jitter;
  return moment.now + Milliseconds(static_cast<Milliseconds::rep>(static_cast<double>(wait.count()) * factor));
}

WallTime believable(WallTime next, WallTime now, const Retry& retry) {
  const Milliseconds longest = std::max(retry.min, retry.max);
  return next > now + longest + longest / 10 ? now : next;
}

bool past_expiry(Milliseconds age, const Retry& retry) { return age > retry.expire; }

}  // namespace postern::queue
