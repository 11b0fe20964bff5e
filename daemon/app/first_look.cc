#include "app/first_look.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace postern::app {
namespace {

/// Nobody answered. What was said in answer to a login, or of a message, is not looked at again.
bool is_unreachable(const mail::SiteTrouble& trouble) {
  return trouble.step <= mail::Step::tls && trouble.code == 0 && !trouble.in_transaction;
}

}  // namespace

bool wants_look(const queue::SiteStatus& site, std::optional<WallTime> last_login, WallTime now) {
  if (site.active > 0) return false;
  // So much in the future it is no time: the clock was wrong then or is now.
  constexpr std::chrono::days kWrong{1};
  if (last_login && now - *last_login < kLoginGap && *last_login - now < kWrong) return false;
  if (!site.trouble) return !site.tried;
  return is_unreachable(*site.trouble) && site.waiting == 0 && site.next_probe && *site.next_probe <= now;
}

struct FirstLook::State {
  State(Executor executor, Smarthosts& smarthosts, std::function<queue::Queue&()> queue_of_sites, Clock& time,
        Milliseconds pause)
      : loop(std::move(executor)),
        sites(smarthosts),
        queue(std::move(queue_of_sites)),
        clock(time),
        every(pause),
        timer(loop) {}

  [[nodiscard]] bool due(const queue::SiteStatus& site) const {
    return sites.tried_at_start(site.name) && wants_look(site, sites.explain(site.name).last_login, clock.wall());
  }
  [[nodiscard]] std::optional<queue::SiteStatus> status(const std::string& name) const;
  [[nodiscard]] bool is_as(const queue::SiteStatus& before, std::optional<std::uint64_t> generation) const;

  Executor loop;
  Smarthosts& sites;
  std::function<queue::Queue&()> queue;
  Clock& clock;
  Milliseconds delay{0};
  Milliseconds every;
  boost::asio::steady_timer timer;
  bool reloaded = false;  ///< the looks begin anew
  bool stopped = false;
};

FirstLook::FirstLook(Executor loop, Smarthosts& sites, std::function<queue::Queue&()> queue, Clock& clock,
                     Milliseconds every)
    : state_(std::make_shared<State>(std::move(loop), sites, std::move(queue), clock, every)) {}

FirstLook::~FirstLook() { stop(); }

void FirstLook::start(Milliseconds delay) {
  state_->delay = delay;
  spawn(state_->loop, watch(state_), "first look at smarthosts");
}

void FirstLook::again() {
  state_->reloaded = true;
  state_->timer.cancel();
}

void FirstLook::stop() {
  state_->stopped = true;
  state_->timer.cancel();
}

/// Of this moment: a look, at another smarthost too, takes its time.
std::optional<queue::SiteStatus> FirstLook::State::status(const std::string& name) const {
  const std::vector<queue::SiteStatus> all = queue().sites();
  const auto site = std::ranges::find(all, name, &queue::SiteStatus::name);
  return site == all.end() ? std::nullopt : std::optional(*site);
}

/// Mail found out nothing meanwhile, and no reload brought another server, or another account at it.
bool FirstLook::State::is_as(const queue::SiteStatus& before, std::optional<std::uint64_t> generation) const {
  const std::optional<queue::SiteStatus> now = status(before.name);
  return now && sites.generation(before.name) == generation && now->tried == before.tried &&
         now->trouble.has_value() == before.trouble.has_value();
}

/// One smarthost after the other.
Task<void> FirstLook::watch(std::shared_ptr<State> state) {
  Milliseconds pause = state->delay;
  while (!state->stopped) {
    state->timer.expires_after(pause);
    co_await state->timer.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    if (state->stopped) co_return;
    pause = state->delay;
    if (std::exchange(state->reloaded, false)) continue;
    // Once for all of them as a rule: what waits is counted for it, and that goes through the whole queue.
    const std::vector<queue::SiteStatus> sites = state->queue().sites();
    for (const queue::SiteStatus& site : sites) {
      if (!state->due(site)) continue;
      const std::string& name = site.name;
      const std::optional<queue::SiteStatus> before = state->status(name);
      if (!before || !state->due(*before)) continue;
      const std::optional<std::uint64_t> generation = state->sites.generation(name);
      const mail::CheckOptions options;
      const mail::CheckReport report = co_await state->sites.check(name, options);
      if (state->stopped) co_return;
      if (!state->is_as(*before, generation)) continue;
      if (report.trouble) {
        state->queue().site_failed(name, *report.trouble);
      } else {
        state->queue().site_recovered(name);
      }
    }
    pause = std::exchange(state->reloaded, false) ? state->delay : state->every;
  }
}

}  // namespace postern::app
