// The daemon's listening sockets: those of the settings, or those the service manager holds for it.
#pragma once

#include "app/door.h"
#include "base/network.h"
#include "base/result.h"
#include "base/task.h"
#include "net/listen_options.h"
#include "net/listener.h"

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
  /// "submit", "control" and "smtp" stand in for the addresses of their kind. One that cannot be had is told and tried
  /// again, and keeps no other shut. An inherited one that few of its clients may use is told of. Failures: busy,
  /// denied, invalid, io: no mail can come in by any of them, or there are too few descriptors for all of them.
  Result<void> open(const net::ListenOptions& listen, const std::vector<Network>& networks);
  /// Begins to serve.
  void start();
  /// The SMTP addresses of new settings: what is gone is closed, what is new is opened, what is shut is tried at once.
  /// The unix sockets stay where they are until a restart, unless they could not be had.
  void reconfigure(const net::ListenOptions& listen, const std::vector<Network>& networks);
  void close();
  /// A sentence for each address where nobody can connect, one if the service manager's sockets are not those that
  /// `listen.smtp` says, and those of moved().
  [[nodiscard]] std::vector<std::string> troubles() const;
  /// A sentence for each unix socket that is elsewhere than the settings say until a restart.
  [[nodiscard]] std::vector<std::string> moved() const;

 private:
  using List = std::vector<std::unique_ptr<Door>>;

  Result<void> open_all();
  void open_inherited();
  void warn_of_inherited(const net::ListenOptions& listen, const std::vector<Network>& networks) const;
  void unusable(std::string what);
  [[nodiscard]] std::string overridden() const;
  void reconfigure_local(List& doors, const std::string& wanted, const net::Accepted& serve);
  [[nodiscard]] static bool is_moved(const List& doors, const std::string& wanted);
  void add_local(List& doors, const std::string& path, const net::Accepted& serve);
  void add_smtp(const std::string& address);

  Executor loop_;
  Serve serve_;
  List submit_;
  List control_;
  List smtp_;
  bool smtp_inherited_ = false;
  net::ListenOptions wanted_;          ///< as in the settings
  std::vector<std::string> unusable_;  ///< what the service manager gave that is none
};

}  // namespace postern::app
