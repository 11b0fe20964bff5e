// The daemon's listening sockets: those of the settings, or those the service manager holds for it.
#pragma once

#include "base/result.h"
#include "base/task.h"
#include "net/listener.h"
#include "settings/settings.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace postern::app {

class Doors {
 public:
  /// What happens to a client of each kind.
  struct Serve {
    net::Accepted submission;  ///< unix socket and TCP alike
    net::Accepted control;
  };

  Doors(Executor loop, Serve serve) : loop_(std::move(loop)), serve_(std::move(serve)) {}

  /// Binds or takes over all sockets; clients may connect from now on, and wait. Inherited sockets named
  /// "submit", "control" and "smtp" stand in for the addresses of their kind. Failures: busy, denied, invalid, io.
  Result<void> open(const settings::Settings& settings);
  /// Begins to serve.
  void start();
  /// The SMTP addresses of new settings: what is gone is closed, what is new is opened. An address that cannot be
  /// had is logged, and the rest goes on. The unix sockets stay where they are until a restart.
  void reconfigure(const settings::Settings& settings);
  void close();

 private:
  struct Door {
    std::string address;  ///< as in the settings; empty: inherited
    std::unique_ptr<net::Listener> listener;
  };

  Result<void> open_inherited();
  Result<void> open_local(std::vector<Door>& doors, const std::string& path);
  Result<void> open_smtp(const std::string& address);
  static void start(std::vector<Door>& doors, const net::Accepted& serve);

  Executor loop_;
  Serve serve_;
  std::vector<Door> submit_;
  std::vector<Door> control_;
  std::vector<Door> smtp_;
  bool smtp_inherited_ = false;
};

}  // namespace postern::app
