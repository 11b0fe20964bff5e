// Hears when the wall clock is set and when the machine wakes from sleep: both cancel a timer of timerfd_create(2) with
// TFD_TIMER_CANCEL_ON_SET. Waking has no signal of its own that a program without privilege gets, and the timers of the
// event loop stand still while the machine sleeps.
#pragma once

#include "base/fd.h"
#include "base/task.h"

#include <functional>
#include <memory>

namespace postern {

class ClockWatch {
 public:
  /// `changed` is called on the loop.
  ClockWatch(Executor loop, std::function<void()> changed);
  ~ClockWatch();
  ClockWatch(const ClockWatch&) = delete;
  ClockWatch& operator=(const ClockWatch&) = delete;

  /// Does without, where the kernel has no such timer.
  void start();
  void stop();
  /// Tests: whatever makes this descriptor readable counts as a change.
  void start(UniqueFd events);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace postern
