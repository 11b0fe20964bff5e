// What is made at most once a second, whoever asks and however many: to make it every message of the queue is counted,
// and anybody on this machine may ask.
#pragma once

#include "base/clock.h"
#include "base/task.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace postern::metrics {

/// Kept for so long at least; and so many times as long as it took to make it, that the loop does little else for it,
/// up to a most. That it could not be made is kept for the least.
inline constexpr Seconds kKept{1};
inline constexpr int kKeptTimes = 20;
inline constexpr Seconds kKeptAtMost{30};
/// Whoever asks waits no longer. What waits for a disk has a shorter time (app/bounded_question.h), so that a disk that
/// hangs is told of in what is shown and not by its absence.
inline constexpr Seconds kMakingPatience{8};

/// For one event loop's thread.
template <class Made>
class Kept {
 public:
  using Make = std::function<Task<Made>()>;

  /// `name`: of what is made, for the log.
  Kept(Executor loop, Clock& clock, std::string name, Make make, SteadyTime::duration patience = kMakingPatience)
      : loop_(std::move(loop)), clock_(clock), name_(std::move(name)), make_(std::move(make)), patience_(patience) {}

  /// Null: it could not be made, and the log says why; or not in time. Must live until this has ended.
  Task<std::shared_ptr<const Made>> now() {
    if (clock_.steady() < kept_until_) co_return kept_;
    std::shared_ptr<Run> run = run_;
    if (!run) {
      run = run_ = std::make_shared<Run>(loop_, patience_);
      // Not run by this caller: if it goes away, the others still wait.
      auto over = [this, run] { end(run); };
      spawn(loop_, make(run), name_, std::move(over));
    }
    constexpr auto kToken = boost::asio::as_tuple(boost::asio::use_awaitable);
    if (!run->over) static_cast<void>(co_await run->ended.async_wait(kToken));
    co_return run->made;
  }

  /// What was made, or is being made, is nobody's after this who does not wait for it already: the settings changed.
  void forget() {
    run_.reset();
    kept_.reset();
    kept_until_ = SteadyTime{};
  }

 private:
  struct Run {
    Run(const Executor& loop, SteadyTime::duration patience) : ended(loop, patience) {}

    boost::asio::steady_timer ended;  ///< cancelled at the end; after that nobody waits any longer
    bool over = false;
    std::shared_ptr<const Made> made;
  };

  Task<void> make(std::shared_ptr<Run> run) {
    const SteadyTime begin = clock_.steady();
    Made made = co_await make_();
    run->made = std::make_shared<const Made>(std::move(made));
    if (run != run_) co_return;
    const SteadyTime end = clock_.steady();
    const SteadyTime::duration kept = std::clamp<SteadyTime::duration>((end - begin) * kKeptTimes, kKept, kKeptAtMost);
    kept_ = run->made;
    kept_until_ = end + kept;
  }

  void end(const std::shared_ptr<Run>& run) {
    run->over = true;
    if (run_ == run) {
      run_.reset();
      if (!run->made) {
        kept_.reset();
        kept_until_ = clock_.steady() + kKept;
      }
    }
    run->ended.cancel();
  }

  Executor loop_;
  Clock& clock_;
  std::string name_;
  Make make_;
  SteadyTime::duration patience_;
  std::shared_ptr<Run> run_;
  std::shared_ptr<const Made> kept_;  ///< null while that is kept: it could not be made
  SteadyTime kept_until_{};
};

}  // namespace postern::metrics
