#include "net/race.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace postern::net {
namespace {

namespace asio = boost::asio;

constexpr std::size_t kReasons = 8;  // told of one host

struct Entrant {
  Endpoint endpoint;
  std::unique_ptr<Runner> runner;  ///< while it runs
  std::optional<Error> failed;
};

struct Winner {
  std::size_t index = 0;
  Reached reached;
};

/// What tells most about a host that was tried at several addresses. A local refusal (EPERM of a packet filter,
/// EADDRNOTAVAIL) is a connection that could not be made, too.
Failure worse(Failure before, Failure now) {
  const auto rank = [](Failure failure) {
    switch (failure) {
      case Failure::tls: return 3;
      case Failure::timeout: return 2;
      case Failure::closed: return 1;
      default: return 0;
    }
  };
  const Failure known = rank(now) > 0 ? now : Failure::refused;
  return rank(known) > rank(before) ? known : before;
}

/// Shared by whoever waits and by the entrants: at the end of the event loop frames go in any order.
class Race : public std::enable_shared_from_this<Race> {
 public:
  Race(Executor executor, MakeRunner make, const Endpoints& order, RaceTimes times)
      : executor_(std::move(executor)), make_(std::move(make)), times_(times), bell_(executor_) {
    entrants_.reserve(order.size());
    for (const Endpoint& endpoint : order) {
      Entrant entrant;
      entrant.endpoint = endpoint;
      entrants_.push_back(std::move(entrant));
    }
  }

  /// Nothing more will be won, or nothing more can be.
  [[nodiscard]] bool decided() const {
    return stopped_ || won_.has_value() || (started_ == entrants_.size() && running_ == 0);
  }

  [[nodiscard]] bool running() const { return running_ > 0; }

  void start_who_is_due() {
    while (!decided() && started_ < entrants_.size() && (running_ == 0 || next_ <= now())) start();
  }

  /// Until somebody has come in or failed, or the next one is due.
  Task<void> wait() {
    if (std::exchange(rung_, false)) co_return;
    bell_.expires_at(!decided() && started_ < entrants_.size() ? next_ : SteadyTime::max());
    static_cast<void>(co_await bell_.async_wait(asio::as_tuple(asio::use_awaitable)));
    rung_ = false;
  }

  /// Ends all that still run.
  void stop() {
    stopped_ = true;
    for (Entrant& entrant : entrants_) {
      if (entrant.runner) entrant.runner->cancel();
    }
  }

  Result<Won> result() {
    if (!won_) return failure();
    Won won;
    won.reached = std::move(won_->reached);
    won.endpoint = entrants_[won_->index].endpoint;
    for (std::size_t i = 0; i < entrants_.size(); ++i) {
      if (i != won_->index && !entrants_[i].failed) won.others.push_back(entrants_[i].endpoint);
    }
    return won;
  }

 private:
  static SteadyTime now() { return std::chrono::steady_clock::now(); }

  void ring() {
    rung_ = true;
    bell_.cancel();
  }

  void start() {
    const std::size_t index = started_++;
    entrants_[index].runner = make_(entrants_[index].endpoint);
    ++running_;
    next_ = now() + times_.delay;
    std::function<void()> ended = [self = shared_from_this(), index] { self->ended(index); };
    spawn(executor_, run(shared_from_this(), index), "connect", std::move(ended));
  }

  static Task<void> run(std::shared_ptr<Race> self, std::size_t index) {
    std::function<void()> connected = [race = self.get()] { race->connected(); };
    auto reached = co_await self->entrants_[index].runner->run(std::move(connected));
    self->came_in(index, std::move(reached));
  }

  void connected() {
    next_ = std::max(next_, now() + times_.handshake);
    ring();
  }

  void came_in(std::size_t index, Result<Reached> reached) {
    if (stopped_ || won_) return;  // too late, or cancelled: it has not failed
    if (!reached) {
      entrants_[index].failed = reached.error();
      next_ = now();
      return;
    }
    won_.emplace();
    won_->index = index;
    won_->reached = std::move(*reached);
  }

  void ended(std::size_t index) {
    entrants_[index].runner.reset();
    --running_;
    const bool won = won_ && won_->index == index;
    // Only after a bug of ours, which the log tells of.
    if (!decided() && !won && !entrants_[index].failed) entrants_[index].failed = Error{Failure::io, "internal error"};
    ring();
  }

  [[nodiscard]] Error failure() const {
    if (stopped_) return Error{Failure::cancelled, "the connection was not waited for any more"};
    Error error{Failure::refused, ""};
    std::size_t told = 0;
    for (const Entrant& entrant : entrants_) {
      if (!entrant.failed) continue;
      error.failure = worse(error.failure, entrant.failed->failure);
      if (told++ < kReasons) error.text.append(error.text.empty() ? "" : "; ").append(entrant.failed->text);
    }
    if (told > kReasons) error.text += "; and so on at " + std::to_string(told - kReasons) + " more addresses";
    return error;
  }

  Executor executor_;
  MakeRunner make_;
  RaceTimes times_;
  asio::steady_timer bell_;
  std::vector<Entrant> entrants_;
  std::size_t started_ = 0;
  std::size_t running_ = 0;
  SteadyTime next_;  ///< when the next one is due, if none failed before
  std::optional<Winner> won_;
  bool stopped_ = false;
  bool rung_ = false;  ///< something has happened since the last wait()
};

/// An exception must leave nobody running, either.
struct Finish {
  explicit Finish(std::shared_ptr<Race> of) : race(std::move(of)) {}
  Finish(const Finish&) = delete;
  Finish& operator=(const Finish&) = delete;
  ~Finish() { race->stop(); }
  std::shared_ptr<Race> race;
};

}  // namespace

Task<Result<Won>> race(Executor executor, MakeRunner make, Endpoints order, RaceTimes times) {
  const Finish finish(std::make_shared<Race>(std::move(executor), std::move(make), order, times));
  Race& race = *finish.race;
  // Cancellation must not end this by an exception while others still run.
  const bool throws = co_await asio::this_coro::throw_if_cancelled();
  co_await asio::this_coro::throw_if_cancelled(false);
  bool cancelled = false;
  while (!race.decided() && !cancelled) {
    race.start_who_is_due();
    if (!race.decided()) co_await race.wait();
    const asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
    cancelled = state.cancelled() != asio::cancellation_type::none;
  }
  if (cancelled) race.stop();
  Result<Won> result = race.result();
  race.stop();
  while (race.running()) co_await race.wait();
  co_await asio::this_coro::throw_if_cancelled(throws);
  co_return result;
}

}  // namespace postern::net
