// Private to net/: the one deadline of a connection. Setting it costs a store; the timer below is armed again only
// when it fires early or the new deadline is earlier than the armed one.
#pragma once

#include "base/clock.h"
#include "base/task.h"

#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace postern::net {

/// Held by its connection alone; `expired` is never called after the connection let go of it.
class Watchdog : public std::enable_shared_from_this<Watchdog> {
 public:
  Watchdog(const Executor& executor, std::function<void()> expired) : timer_(executor), expired_(std::move(expired)) {}

  void expires_after(Milliseconds duration) {
    deadline_ = std::chrono::steady_clock::now() + std::min(duration, kForEver);
    if (!armed_ || deadline_ < *armed_) arm();
  }

  /// A year from now where there is none.
  [[nodiscard]] SteadyTime deadline() const {
    return deadline_ == SteadyTime() ? std::chrono::steady_clock::now() + kForEver : deadline_;
  }

 private:
  static constexpr Milliseconds kForEver = std::chrono::hours(24 * 365);

  void arm() {
    armed_ = deadline_;
    timer_.expires_at(deadline_);
    timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
      if (error) return;
      if (const auto self = weak.lock()) self->fire();
    });
  }

  void fire() {
    armed_.reset();
    if (std::chrono::steady_clock::now() < deadline_) {
      arm();
      return;
    }
    expired_();
  }

  boost::asio::steady_timer timer_;
  std::function<void()> expired_;
  SteadyTime deadline_;
  std::optional<SteadyTime> armed_;
};

}  // namespace postern::net
