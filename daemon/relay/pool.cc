#include "relay/pool.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace postern::relay {

Pool::Pool(Executor executor, PoolLimits limits)
    : executor_(std::move(executor)), limits_(limits), reaper_(executor_), drained_(executor_) {}

Pool::AtWork::AtWork(Pool& pool, ClientSession& session) : pool_(pool), session_(session) {
  pool_.at_work_.push_back(&session_);
}

Pool::AtWork::~AtWork() {
  std::erase(pool_.at_work_, &session_);
  if (pool_.closing_ && pool_.at_work_.empty()) pool_.drained_.cancel();
}

std::unique_ptr<ClientSession> Pool::take() {
  if (idle_.empty()) return nullptr;
  std::unique_ptr<ClientSession> session = std::move(idle_.back().session);
  idle_.pop_back();
  return session;
}

void Pool::put_back(std::unique_ptr<ClientSession> session) {
  if (!session->usable()) return;
  if (closing_ || session->messages() >= limits_.messages) {
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
  spawn(executor_, say_quit(shared_from_this(), std::move(session)), "relay quit");
}

Task<void> Pool::say_quit(std::shared_ptr<Pool> self, std::unique_ptr<ClientSession> session) {
  const AtWork at_work(*self, *session);
  co_await session->quit();
}

Task<void> Pool::close(Seconds grace) {
  closing_ = true;
  reaper_.cancel();
  const SteadyTime end = std::chrono::steady_clock::now() + grace;
  while (auto session = take()) {
    const AtWork at_work(*this, *session);
    co_await session->quit();
  }
  drained_.expires_at(end);
  if (!at_work_.empty()) co_await drained_.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
  for (ClientSession* session : at_work_) session->cancel();
}

}  // namespace postern::relay
