// What lies in the drop directory and is not yet in the queue, since it waits as well; and what was refused of it.
#pragma once

#include "base/clock.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace postern::queue {

/// So long what was refused is kept.
inline constexpr std::chrono::days kRefusedKept{30};

struct DropState {
  std::size_t waiting = 0;                  ///< files in drop/, whatever they are
  std::optional<WallTime> oldest;           ///< since when the first of them lies there
  std::optional<std::uint32_t> oldest_uid;  ///< whose that is; nothing for whom it does not concern
  struct Refused {
    std::uint32_t uid = 0;
    std::size_t files = 0;
  };
  std::vector<Refused> refused;  ///< files in refused/, by their owners
};

}  // namespace postern::queue
