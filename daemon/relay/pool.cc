#include "relay/pool.h"

#include "smtp/limits.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <utility>

namespace postern::relay {

Pool::Pool(Executor executor, PoolLimits limits)
    : executor_(std::move(executor)), limits_(limits), reaper_(executor_) {}

Pool::AtWork::AtWork(Pool& pool, ClientSession& session) : pool_(pool), session_(session) {
  pool_.at_work_.push_back(&session_);
}

Pool::AtWork::~AtWork() {
  std::erase(pool_.at_work_, &session_);
  std::erase(pool_.leaving_, &session_);
  if (pool_.leaving_.empty()) {
    for (boost::asio::steady_timer* waiting : pool_.parting_) waiting->cancel();
  }
  pool_.ended();
}

std::optional<SteadyTime> Pool::silent_since() const {
  std::optional<SteadyTime> first;
  for (const ClientSession* session : at_work_) {
    const std::optional<SteadyTime> since = session->waiting_since();
    if (!since || std::ranges::find(leaving_, session) != leaving_.end()) continue;
    first = std::min(first.value_or(*since), *since);
  }
  return first;
}

void Pool::ended() {
  if (!closing_ || !drained()) return;
  for (boost::asio::steady_timer* waiting : draining_) waiting->cancel();
}

Task<Result<net::Connected>> Pool::connecting(Task<Result<net::Connected>> task) {
  boost::asio::cancellation_signal stop;
  connecting_.push_back(&stop);
  auto token = boost::asio::bind_cancellation_slot(stop.slot(), boost::asio::as_tuple(boost::asio::use_awaitable));
  auto [bug, connected] = co_await boost::asio::co_spawn(executor_, std::move(task), token);
  std::erase(connecting_, &stop);
  ended();
  // What was connected in the turn of the event loop in which close() gave it up would have nobody to cancel it.
  const bool too_late = cancelled_ && connected;
  if (!bug && !too_late) co_return std::move(connected);
  // A cancelled coroutine ends by an exception.
  if (bug && !closing_) std::rethrow_exception(bug);
  co_return Error{Failure::cancelled, "not connected: Postern is stopping"};
}

std::unique_ptr<ClientSession> Pool::take() {
  while (!idle_.empty()) {
    std::unique_ptr<ClientSession> session = std::move(idle_.back().session);
    idle_.pop_back();
    // While it was idle another one may have learnt that the server takes fewer messages on each.
    if (closing_ || !session->worn()) return session;
    retire(std::move(session));
  }
  return nullptr;
}

void Pool::put_back(std::unique_ptr<ClientSession> session) {
  if (!session->usable()) return;
  if (closing_ || session->worn()) {
    retire(std::move(session));
    return;
  }
  Idle idle;
  idle.session = std::move(session);
  idle.since = std::chrono::steady_clock::now();
  idle_.push_back(std::move(idle));
  if (!armed_) arm();
}

void Pool::arm() {
  armed_ = true;
  reaper_.expires_at(idle_.front().since + limits_.idle);
  reaper_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    const std::shared_ptr<Pool> self = error ? nullptr : weak.lock();
    if (self) self->reap();
  });
}

void Pool::reap() {
  armed_ = false;
  const SteadyTime expired = std::chrono::steady_clock::now() - limits_.idle;
  while (!idle_.empty() && idle_.front().since <= expired) {
    std::unique_ptr<ClientSession> session = std::move(idle_.front().session);
    idle_.erase(idle_.begin());
    retire(std::move(session));
  }
  if (!idle_.empty()) arm();
}

void Pool::retire(std::unique_ptr<ClientSession> session) {
  if (!session->usable()) return;
  leaving_.push_back(session.get());
  auto leaving = std::make_unique<AtWork>(*this, *session);
  spawn(executor_, say_quit(shared_from_this(), std::move(session), std::move(leaving)), "relay quit");
}

Task<void> Pool::say_quit(std::shared_ptr<Pool> self, std::unique_ptr<ClientSession> session,
                          std::unique_ptr<AtWork> leaving) {
  co_await session->quit(self->closing_ ? smtp::limits::kFarewell : smtp::limits::kQuit);
  leaving.reset();
}

Task<void> Pool::farewells(Seconds patience) {
  const SteadyTime until = std::chrono::steady_clock::now() + patience;
  boost::asio::steady_timer timer(executor_, until);
  parting_.push_back(&timer);
  while (!leaving_.empty() && !closing_ && std::chrono::steady_clock::now() < until)
    co_await timer.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
  std::erase(parting_, &timer);
}

/// Waits until nothing is at work, but no longer than that. Each has a timer of its own: a reload's close() may still
/// wait when the one of the stop begins. Looks again when it is woken: a delivery goes from connecting to opening to
/// sending, and is none of them for a moment between.
Task<void> Pool::drain(SteadyTime until) {
  boost::asio::steady_timer timer(executor_, until);
  draining_.push_back(&timer);
  while (!drained() && std::chrono::steady_clock::now() < until)
    co_await timer.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
  std::erase(draining_, &timer);
}

Task<void> Pool::close(Seconds grace) {
  closing_ = true;
  reaper_.cancel();
  const SteadyTime now = std::chrono::steady_clock::now();
  while (auto session = take()) retire(std::move(session));
  co_await drain(now + std::min(grace, smtp::limits::kFarewell));
  for (ClientSession* session : leaving_) session->cancel();
  co_await drain(now + grace);
  cancelled_ = true;
  for (ClientSession* session : at_work_) session->cancel();
  const auto connecting = connecting_;
  for (auto* stop : connecting) stop->emit(boost::asio::cancellation_type::terminal);
}

}  // namespace postern::relay
