#include "queue/alarm_backlog.h"

#include <utility>

namespace postern::queue {

std::optional<Alarm> AlarmBacklog::add(Alarm alarm, SteadyTime now) {
  std::optional<Alarm> given_up;
  if (waiting_.size() >= kMost) {
    // Not the first: it may be under way, and its end is still to come.
    const auto second = waiting_.begin() + 1;
    given_up = std::move(*second);
    waiting_.erase(second);
  }
  waiting_.push_back(std::move(alarm));
  due_ = now;
  return given_up;
}

std::optional<Alarm> AlarmBacklog::take(SteadyTime now) {
  if (under_way_ || waiting_.empty() || now < due_) return std::nullopt;
  under_way_ = true;
  return waiting_.front();
}

void AlarmBacklog::told() {
  waiting_.pop_front();
  tries_ = 0;
  under_way_ = false;
}

std::optional<Seconds> AlarmBacklog::failed(SteadyTime now) {
  under_way_ = false;
  if (++tries_ >= kTries) {
    told();
    due_ = now;
    return std::nullopt;
  }
  const Seconds pause = kPauses.at(tries_ - 1);
  due_ = now + pause;
  return pause;
}

}  // namespace postern::queue
