// Noticing gaps: at the start from what the process before left, later by comparing the wall clock with the steady one,
// which stands still while the machine sleeps.
#include "base/log.h"
#include "queue/queue_impl.h"
#include "queue/schedule.h"

#include <utility>

namespace postern::queue {

/// For the constructor: blocks, as what it reads is needed before the first message comes.
void QueueImpl::recall_gaps() {
  const WallTime wall = clock_.wall();
  wall_ahead_ = wall.time_since_epoch() - std::chrono::floor<Milliseconds>(clock_.steady().time_since_epoch());
  if (gap_keeper_ == nullptr) return;
  const GapKeeper::Kept kept = gap_keeper_->read();
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
        {{"from", to_rfc3339(*kept.alive)}, {"to", to_rfc3339(wall)}});
  }
  gap_keeper_->keep(gaps_.text(), wall);
}

void QueueImpl::notice_clock_jump() {
  const WallTime wall = clock_.wall();
  const auto ahead = wall.time_since_epoch() - std::chrono::floor<Milliseconds>(clock_.steady().time_since_epoch());
  const Milliseconds jump = ahead - std::exchange(wall_ahead_, ahead);
  const WallTime expected = wall - jump;
  if (!gaps_.note(expected, wall)) return;
  log(Level::notice, "the clock was set, or the machine slept: no message grows older by that",
      {{"from", to_rfc3339(expected)}, {"to", to_rfc3339(wall)}});
  if (gap_keeper_ != nullptr) gap_keeper_->keep(gaps_.text(), wall);
  if (jump > Milliseconds(0)) return;
  const Retry retry = config_.retry;
  index_.reschedule([wall, retry](WallTime due) { return believable(due, wall, retry); });
  owed_.clock_set(wall);
}

void QueueImpl::beat() {
  if (gap_keeper_ == nullptr) return;
  notice_clock_jump();
  gap_keeper_->keep(gaps_.text(), clock_.wall());
  beat_timer_.expires_after(Gaps::kHeartbeat);
  beat_timer_.async_wait([this, alive = std::weak_ptr<int>(alive_)](const boost::system::error_code& error) {
    if (!error && !alive.expired() && running_) beat();
  });
}

/// A restart at once leaves no gap.
void QueueImpl::last_beat() {
  beat_timer_.cancel();
  if (gap_keeper_ == nullptr) return;
  notice_clock_jump();
  gap_keeper_->keep(gaps_.text(), clock_.wall());
}

}  // namespace postern::queue
