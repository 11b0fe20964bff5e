// One listening socket of the settings. What cannot be had now (the port is taken, no IPv6, an address that comes
// later) is told, and tried again until it can be had.
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "base/task.h"
#include "net/listener.h"

#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace postern::app {

class Door {
 public:
  using Open = std::function<Result<std::unique_ptr<net::Listener>>()>;

  /// `open` makes the listener. The pause between two tries grows from `pause` to a minute.
  Door(Executor loop, std::string address, Open open, net::Accepted serve, Milliseconds pause = Seconds(1));
  /// One that listens already, from the service manager.
  Door(Executor loop, std::unique_ptr<net::Listener> listener, net::Accepted serve);
  Door(const Door&) = delete;
  Door& operator=(const Door&) = delete;

  /// As in the settings; empty: from the service manager.
  [[nodiscard]] const std::string& address() const { return address_; }
  /// With the real port, once it is open.
  [[nodiscard]] std::string listens_at() const { return listener_ ? listener_->address() : address_; }
  /// Clients may connect from now on, and wait; or it is logged why not. Once.
  void open();
  /// Serves those who connect, now or as soon as the socket can be had.
  void start();
  /// Tries it at once if it is shut: what was in the way may be gone.
  void hurry();
  /// Why nobody can connect; nothing: they can.
  [[nodiscard]] const std::optional<Error>& trouble() const { return trouble_; }
  void close();

 private:
  void try_again();
  void listen();

  Executor loop_;
  std::string address_;
  Open open_;
  net::Accepted serve_;
  std::unique_ptr<net::Listener> listener_;
  std::optional<Error> trouble_;
  bool serving_ = false;
  Milliseconds first_pause_;
  Milliseconds pause_ = first_pause_;
  boost::asio::steady_timer timer_;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);  ///< a timer that has run out already looks for it
};

}  // namespace postern::app
