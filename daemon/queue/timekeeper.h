// The time by which messages are judged: when nothing could be tried (gaps.h), how old a message is by that, and the
// ids, which hold the time of acceptance. A gap is noticed at the start from what the process before left, later by
// comparing the wall clock with the steady one, which stands still while the machine sleeps.
#pragma once

#include "base/clock.h"
#include "base/ids.h"
#include "base/task.h"
#include "queue/gaps.h"

#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <functional>
#include <memory>

namespace postern::queue {

class Timekeeper {
 public:
  /// Takes up what `keeper` (may be null) knows: blocks, as that is needed before the first message comes. `jumped`
  /// is called when there was a gap while we ran, with how far the wall clock went by it: back, so that due times may
  /// be too far ahead, or forth, which is a sleep of the machine as well.
  Timekeeper(const Executor& loop, Clock& clock, GapKeeper* keeper, std::function<void(Milliseconds)> jumped);

  /// Before an age is asked for, and before a time of acceptance is given: it belongs to the clock as it is now.
  void notice_jump();
  /// How long a message that was accepted then could have been tried until now.
  [[nodiscard]] Milliseconds age(WallTime accepted) const { return gaps_.age(accepted, clock_.wall()); }
  /// Later than every id before, unless the clock was set back.
  [[nodiscard]] QueueId new_id();

  /// From now on it is noted that the program runs, see Gaps::kHeartbeat.
  void start();
  /// A restart at once leaves no gap.
  void stop();

 private:
  void take_up();
  void beat();
  void note();
  /// How far the wall clock is ahead of the steady one: changes when the wall clock jumps.
  [[nodiscard]] Milliseconds ahead() const;

  Clock& clock_;
  GapKeeper* keeper_;
  std::function<void(Milliseconds)> jumped_;
  Gaps gaps_;
  Milliseconds ahead_;
  std::uint64_t last_id_time_ = 0;
  boost::asio::steady_timer beat_;
  std::shared_ptr<int> running_;  ///< a beat that was already on its way when it was stopped finds it gone
};

}  // namespace postern::queue
