// What the settings say of the queue: values alone. What is bound to them (functions, files) is added in Config.
#pragma once

#include "base/clock.h"

#include <cstdint>

namespace postern::queue {

struct Retry {
  Seconds min{60};
  Seconds max{3600};
  Seconds expire{5 * 24 * 3600};
  Seconds warn_after{4 * 3600};  ///< the sender is told of the delay; 0: never
};

/// Reports to senders: what is over these in an hour goes into digests.
struct Bounces {
  unsigned per_sender = 20;
  unsigned per_hour = 200;
  std::uint64_t return_size = 50ULL << 10U;  ///< of larger messages the header alone goes back
};

}  // namespace postern::queue
