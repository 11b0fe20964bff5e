#include "queue/timekeeper.h"

#include "base/log.h"
#include "base/random.h"

#include <utility>

namespace postern::queue {

Timekeeper::Timekeeper(const Executor& loop, Clock& clock, GapKeeper* keeper, std::function<void(Milliseconds)> jumped)
    : clock_(clock), keeper_(keeper), jumped_(std::move(jumped)), ahead_(ahead()), beat_(loop) {
  if (keeper_ != nullptr) take_up();
}

Milliseconds Timekeeper::ahead() const {
  return clock_.wall().time_since_epoch() - std::chrono::floor<Milliseconds>(clock_.steady().time_since_epoch());
}

void Timekeeper::take_up() {
  const WallTime wall = clock_.wall();
  const GapKeeper::Kept kept = keeper_->read();
  if (!kept.gaps.empty()) {
    Result<Gaps> known = Gaps::parse(kept.gaps);
    if (known) {
      gaps_ = std::move(*known);
    } else {
      log(Level::warning, "what was noted of times when this program did not run is ignored",
          {{"why", known.error().text}});
    }
  }
  if (kept.alive && gaps_.note(*kept.alive, wall)) {
    log(Level::info, "not running, or the clock was set: no message grows older by that",
        {{"since", to_rfc3339(*kept.alive)}, {"until", to_rfc3339(wall)}});
  }
  keeper_->keep(gaps_.text(), wall);
}

void Timekeeper::notice_jump() {
  const Milliseconds now_ahead = ahead();
  const Milliseconds jump = now_ahead - std::exchange(ahead_, now_ahead);
  const WallTime wall = clock_.wall();
  const WallTime expected = wall - jump;
  if (!gaps_.note(expected, wall)) return;
  log(Level::notice, "the clock was set, or the machine slept: no message grows older by that",
      {{"since", to_rfc3339(expected)}, {"until", to_rfc3339(wall)}});
  if (keeper_ != nullptr) keeper_->keep(gaps_.text(), wall);
  jumped_(jump);
}

QueueId Timekeeper::new_id() {
  notice_jump();
  constexpr std::uint64_t kSecond = 1'000'000;
  const auto since = std::chrono::time_point_cast<std::chrono::microseconds>(clock_.wall()).time_since_epoch();
  auto time = static_cast<std::uint64_t>(since.count());
  // The clock has milliseconds; messages within one keep their order by counting on. A clock set back is followed.
  if (time <= last_id_time_ && last_id_time_ - time < kSecond) time = last_id_time_ + 1;
  last_id_time_ = time;
  const std::chrono::microseconds stamp(time);
  return QueueId::make(std::chrono::sys_time<std::chrono::microseconds>(stamp), random_number());
}

void Timekeeper::start() {
  if (keeper_ == nullptr) return;
  running_ = std::make_shared<int>(0);
  beat();
}

void Timekeeper::stop() {
  running_.reset();
  beat_.cancel();
  if (keeper_ != nullptr) note();
}

void Timekeeper::note() {
  notice_jump();
  keeper_->keep(gaps_.text(), clock_.wall());
}

void Timekeeper::beat() {
  note();
  beat_.expires_after(Gaps::kHeartbeat);
  beat_.async_wait([this, running = std::weak_ptr<int>(running_)](const boost::system::error_code& error) {
    if (!error && !running.expired()) beat();
  });
}

}  // namespace postern::queue
