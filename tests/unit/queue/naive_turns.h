// What Turns must say, by a look at all parties each time.
#pragma once

#include "base/clock.h"
#include "queue/turns.h"

#include <cstdint>
#include <map>
#include <optional>
#include <tuple>

namespace postern::queue {

class NaiveTurns {
 public:
  void taken(Turn who) { ++places_[who].ahead; }
  void returned(Turn who) { --places_[who].ahead; }
  void tried(Turn who) { places_[who] = {places_[who].ahead - 1, ++attempts_, false}; }
  void prefer(Turn who) { places_[who].preferred = true; }
  /// `first`: when the first message of each is due that waits.
  [[nodiscard]] std::optional<Turn> next(const std::map<Turn, WallTime>& first, WallTime now) {
    std::optional<Turn> best;
    for (const auto& [who, due] : first) {
      if (due <= now && (!best || rank(who) < rank(*best))) best = who;
    }
    return best;
  }

 private:
  struct Place {
    std::int64_t ahead = 0;
    std::uint64_t last = 0;
    bool preferred = false;
  };
  std::tuple<int, std::int64_t, std::uint64_t> rank(Turn who) {
    const Place& place = places_[who];
    if (place.preferred) return {0, 0, 0};
    return who == kAlarmsTurn ? std::tuple{1, std::int64_t{0}, std::uint64_t{0}}
                              : std::tuple{2, place.ahead, place.last};
  }
  std::map<Turn, Place> places_;
  std::uint64_t attempts_ = 0;
};

}  // namespace postern::queue
