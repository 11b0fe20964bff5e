// Hears from the kernel (rtnetlink(7)) that this machine's network may have come: a link is up, an address or a route
// is new. A laptop that was carried home, a modem that dialled in: mail waits no longer than that takes.
//
// Where the kernel refuses the socket (RestrictAddressFamilies without AF_NETLINK, some containers) nothing is heard,
// which is told once at debug: everything else goes on by its own schedule.
#pragma once

#include "base/clock.h"
#include "base/fd.h"
#include "base/task.h"

#include <cstddef>
#include <functional>
#include <memory>
#include <utility>

namespace postern::net {

class NetworkWatch {
 public:
  struct Pace {
    /// A network comes in pieces within a moment: link, address, route. So long after the first of them it is told ...
    Milliseconds settle{1000};
    /// ... and once more this much later, when name servers and addresses that are checked for doubles will do, too.
    Milliseconds again{15'000};
  };

  /// `came` is called on the loop.
  NetworkWatch(Executor loop, std::function<void()> came) : NetworkWatch(std::move(loop), std::move(came), Pace()) {}
  NetworkWatch(Executor loop, std::function<void()> came, Pace pace);
  ~NetworkWatch();
  NetworkWatch(const NetworkWatch&) = delete;
  NetworkWatch& operator=(const NetworkWatch&) = delete;

  /// False: the kernel does not tell.
  bool start();
  /// Hears what comes from this socket instead.
  void start(UniqueFd socket);
  void stop();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

/// Of a datagram of rtnetlink messages: one of them may mean that a network has come. What is broken means nothing.
[[nodiscard]] bool tells_of_network(const char* bytes, std::size_t size);

}  // namespace postern::net
