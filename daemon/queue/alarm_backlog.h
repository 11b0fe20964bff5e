// Alarms that the operator's program is yet to be told: one after the other, in the order of their coming. One that
// fails is tried again with growing pauses, and those behind it wait with it; a new one has it tried at once. After
// kTries it is given up. Pure: time is given.
#pragma once

#include "base/clock.h"
#include "queue/alarm_judge.h"

#include <array>
#include <cstddef>
#include <deque>
#include <optional>

namespace postern::queue {

class AlarmBacklog {
 public:
  static constexpr std::array kPauses{Seconds(60), Seconds(300), Seconds(900), Seconds(3600)};
  static constexpr std::size_t kTries = kPauses.size() + 1;
  /// More are not kept: the oldest makes room.
  static constexpr std::size_t kMost = 20;

  /// What was given up for this one, if there was no room.
  std::optional<Alarm> add(Alarm alarm, SteadyTime now);
  /// The one that is to be told now; not again before told() or failed().
  [[nodiscard]] std::optional<Alarm> take(SteadyTime now);
  void told();
  /// When the same one is taken again; nothing: it is given up.
  std::optional<Seconds> failed(SteadyTime now);
  void clear() { *this = AlarmBacklog(); }
  [[nodiscard]] bool empty() const { return waiting_.empty(); }

 private:
  std::deque<Alarm> waiting_;
  std::size_t tries_ = 0;  ///< of the first one
  bool under_way_ = false;
  SteadyTime due_{};
};

}  // namespace postern::queue
