#include "app/supervisor.h"

#include "base/text.h"
#include "control/veil.h"

#include <fmt/format.h>
#include <systemd/sd-daemon.h>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <memory>

namespace postern::app {
namespace {

constexpr Milliseconds kStatusInterval{10'000};

void notify(const std::string& state) { sd_notify(0, state.c_str()); }

/// Half of what the service manager allows, so that one late beat does no harm.
Milliseconds beat_interval() {
  std::uint64_t microseconds = 0;
  if (sd_watchdog_enabled(0, &microseconds) <= 0) return kStatusInterval;
  return std::min(kStatusInterval, Milliseconds(microseconds / 2000));
}

}  // namespace

std::string status_text(const queue::Totals& totals, std::vector<queue::SiteStatus> sites) {
  control::veil(sites);
  std::string line = fmt::format("{} waiting, {} under way, {} accepted, {} delivered", totals.waiting, totals.active,
                                 totals.accepted, totals.delivered);
  for (const queue::SiteStatus& site : sites) {
    if (site.trouble) line += "; " + site.name + ": " + site.trouble->text;
  }
  return line;
}

void notify_ready(const std::string& status) { notify("READY=1\nSTATUS=" + printable(status)); }
void notify_status(const std::string& status) { notify("STATUS=" + printable(status)); }
void notify_stopping() { notify("STOPPING=1\nSTATUS=stopping"); }

void notify_reloading() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  notify(fmt::format("RELOADING=1\nMONOTONIC_USEC={}\nSTATUS=reloading", now.tv_sec * 1'000'000 + now.tv_nsec / 1000));
}

Result<std::map<std::string, std::vector<UniqueFd>>> inherited_sockets() {
  char** names = nullptr;
  const int count = sd_listen_fds_with_names(1, &names);
  if (count < 0) return system_error(-count, "cannot take over the sockets of the service manager");
  std::map<std::string, std::vector<UniqueFd>> sockets;
  for (int i = 0; i < count; ++i) {
    sockets[names[i]].emplace_back(SD_LISTEN_FDS_START + i);
    std::free(names[i]);  // NOLINT(cppcoreguidelines-no-malloc): libsystemd allocated it
  }
  std::free(names);  // NOLINT(cppcoreguidelines-no-malloc)
  return sockets;
}

struct Heartbeat::State {
  boost::asio::steady_timer timer;
  Milliseconds interval;
  std::function<std::string()> status;
};

Heartbeat::Heartbeat(const Executor& loop, std::function<std::string()> status)
    : state_(new State{boost::asio::steady_timer(loop), beat_interval(), std::move(status)}) {}

Heartbeat::~Heartbeat() = default;

void Heartbeat::start() { beat(); }

void Heartbeat::beat() {
  notify("WATCHDOG=1\nSTATUS=" + printable(state_->status()));
  state_->timer.expires_after(state_->interval);
  state_->timer.async_wait([this](const boost::system::error_code& error) {
    if (!error) beat();
  });
}

void Heartbeat::stop() { state_->timer.cancel(); }

}  // namespace postern::app
