// The Relay over any way to connect: what Relay::make() builds on sockets, and tests on scripts in memory.
#pragma once

#include "net/connection.h"
#include "relay/relay.h"

#include <functional>
#include <memory>

namespace postern::relay {

/// A new connection to the smarthost, inside TLS already if that is implicit.
using Connector = std::function<Task<Result<net::Connected>>()>;

struct PoolLimits {
  Milliseconds idle{Seconds{15}};  ///< a connection without work is ended after that
};

/// `refresh` does what Relay::refresh() is to do for the connector's part.
std::unique_ptr<Relay> make_relay(Executor executor, Smarthost smarthost, std::shared_ptr<MemoryStore> memory,
                                  Connector connector, PoolLimits limits, std::function<void()> refresh = {});

}  // namespace postern::relay
