// The service manager's side of the daemon (sd_notify(3), sd_listen_fds(3)): the one user of libsystemd.
// Everything here does nothing when there is no service manager.
#pragma once

#include "base/clock.h"
#include "base/fd.h"
#include "base/result.h"
#include "base/task.h"
#include "queue/queue.h"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace postern::app {

/// How the daemon is in one line, for `systemctl status`: what waits, and why no smarthost takes it. Everybody may read
/// it, so it says what ordinary users may read (control/veil).
[[nodiscard]] std::string status_text(const queue::Totals& totals, std::vector<queue::SiteStatus> sites);

void notify_ready(const std::string& status);
void notify_status(const std::string& status);
void notify_reloading();
void notify_stopping();

/// The sockets that systemd holds for us by the name in FileDescriptorName=: "submit", "control", "smtp". A name
/// may stand for several sockets. Call it once, at start. Failure: invalid (the environment is broken).
Result<std::map<std::string, std::vector<UniqueFd>>> inherited_sockets();

/// Feeds the watchdog from the event loop, so that a loop that hangs is seen, and refreshes the status line.
/// Runs until stop().
class Heartbeat {
 public:
  Heartbeat(const Executor& loop, std::function<std::string()> status);
  ~Heartbeat();
  Heartbeat(const Heartbeat&) = delete;
  Heartbeat& operator=(const Heartbeat&) = delete;
  void start();
  void stop();

 private:
  void beat();
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace postern::app
