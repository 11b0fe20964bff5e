#include "app/parties_watch.h"

#include "base/log.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <optional>
#include <utility>

namespace postern::app {

struct PartiesWatch::State {
  State(Executor executor, spool::DiskPool& threads, PartiesFile& read, std::function<void(mail::Parties)> then,
        Milliseconds pause)
      : loop(std::move(executor)), pool(threads), file(read), use(std::move(then)), every(pause), timer(loop) {}

  Executor loop;
  spool::DiskPool& pool;
  PartiesFile& file;
  std::function<void(mail::Parties)> use;
  Milliseconds every;
  boost::asio::steady_timer timer;
  bool stopped = false;
};

PartiesWatch::PartiesWatch(Executor loop, spool::DiskPool& pool, PartiesFile& file,
                           std::function<void(mail::Parties)> use, Milliseconds every)
    : state_(std::make_shared<State>(std::move(loop), pool, file, std::move(use), every)) {}

PartiesWatch::~PartiesWatch() { stop(); }

void PartiesWatch::start() { spawn(state_->loop, watch(state_), "watch of /etc/subuid"); }

void PartiesWatch::stop() {
  state_->stopped = true;
  state_->timer.cancel();
}

/// On the pool, since files are read.
Task<void> PartiesWatch::watch(std::shared_ptr<State> state) {
  while (!state->stopped) {
    state->timer.expires_after(state->every);
    co_await state->timer.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    if (state->stopped) co_return;
    auto look = [file = &state->file] { return file->read_if_changed(); };
    const std::optional<mail::Parties> parties = co_await state->pool.run(spool::Priority::background, std::move(look));
    if (state->stopped || !parties) continue;
    log(Level::info, "/etc/subuid was changed and is read anew");
    state->use(*parties);
  }
}

}  // namespace postern::app
