// The connections of one smarthost: idle ones to be used again, those at work so that they can be ended.
#pragma once

#include "relay/client_session.h"
#include "relay/smtp_relay.h"

#include <boost/asio/steady_timer.hpp>

#include <memory>
#include <vector>

namespace postern::relay {

class Pool : public std::enable_shared_from_this<Pool> {
 public:
  Pool(Executor executor, PoolLimits limits);

  /// The connection that was used last, or null. Whoever takes one gives it back to put_back() or drops it.
  [[nodiscard]] std::unique_ptr<ClientSession> take();
  /// Keeps the connection for the next message; ends it if it has carried enough, and drops it if it is broken.
  void put_back(std::unique_ptr<ClientSession> session);
  /// Says QUIT in the background.
  void retire(std::unique_ptr<ClientSession> session);

  /// While it lives the session is at work: close() waits for it and then cancels it.
  class AtWork {
   public:
    AtWork(Pool& pool, ClientSession& session);
    ~AtWork();
    AtWork(const AtWork&) = delete;
    AtWork& operator=(const AtWork&) = delete;

   private:
    Pool& pool_;
    ClientSession& session_;
  };

  [[nodiscard]] bool closing() const { return closing_; }
  Task<void> close(Seconds grace);

 private:
  struct Idle {
    std::unique_ptr<ClientSession> session;
    SteadyTime since;
  };
  static Task<void> say_quit(std::shared_ptr<Pool> self, std::unique_ptr<ClientSession> session);
  void arm();
  void reap();

  Executor executor_;
  PoolLimits limits_;
  boost::asio::steady_timer reaper_;  // the one timer: of the connection idle longest
  boost::asio::steady_timer drained_;
  std::vector<Idle> idle_;  // in the order of their last use
  std::vector<ClientSession*> at_work_;
  bool armed_ = false;
  bool closing_ = false;
};

}  // namespace postern::relay
