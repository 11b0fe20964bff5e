// The connections of one smarthost: idle ones to be used again, those at work so that they can be ended.
#pragma once

#include "relay/client_session.h"
#include "relay/smtp_relay.h"

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>

#include <memory>
#include <optional>
#include <vector>

namespace postern::relay {

class Pool : public std::enable_shared_from_this<Pool> {
 public:
  Pool(Executor executor, PoolLimits limits);

  /// The connection that was used last, or null. Whoever takes one gives it back to put_back() or drops it.
  [[nodiscard]] std::unique_ptr<ClientSession> take();
  /// Keeps the connection for the next message; ends it if it is worn, and drops it if it is broken.
  void put_back(std::unique_ptr<ClientSession> session);
  /// Says QUIT in the background.
  void retire(std::unique_ptr<ClientSession> session);
  /// Until those that say QUIT are gone, but no longer than that: a server that allows few connections counts them,
  /// too.
  Task<void> farewells(Seconds patience);

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

  /// Runs what makes a connection, so that close() can end it in every phase (name, TCP, TLS): then cancelled,
  /// also where the connection was there at that moment.
  Task<Result<net::Connected>> connecting(Task<Result<net::Connected>> task);

  /// The earliest ClientSession::waiting_since() of those at work that do more than say QUIT.
  [[nodiscard]] std::optional<SteadyTime> silent_since() const;
  [[nodiscard]] bool closing() const { return closing_; }
  /// QUIT on all idle connections at once, for kFarewell at most; those at work have the grace and are then cancelled.
  /// May be called again, while an earlier call waits too: the shorter grace counts, and none cancels before its own
  /// has passed.
  Task<void> close(Seconds grace);

 private:
  struct Idle {
    std::unique_ptr<ClientSession> session;
    SteadyTime since;
  };
  static Task<void> say_quit(std::shared_ptr<Pool> self, std::unique_ptr<ClientSession> session,
                             std::unique_ptr<AtWork> leaving);
  [[nodiscard]] bool drained() const { return at_work_.empty() && connecting_.empty(); }
  Task<void> drain(SteadyTime until);
  void ended();
  void arm();
  void reap();

  Executor executor_;
  PoolLimits limits_;
  boost::asio::steady_timer reaper_;  // the one timer: of the connection idle longest
  std::vector<Idle> idle_;            // in the order of their last use
  std::vector<ClientSession*> at_work_;
  std::vector<ClientSession*> leaving_;  // those at work that only say QUIT
  std::vector<boost::asio::cancellation_signal*> connecting_;
  std::vector<boost::asio::steady_timer*> draining_;  // one for each drain() that waits
  std::vector<boost::asio::steady_timer*> parting_;   // likewise farewells()
  bool armed_ = false;
  bool closing_ = false;
  bool cancelled_ = false;  ///< the grace of a close() has passed
};

}  // namespace postern::relay
