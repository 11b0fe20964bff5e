// Private to net/: several addresses of one host tried at a time, and the first one that serves wins (RFC 8305
// section 5). It knows no sockets: a Runner makes the connection, and tests have runners of their own.
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "base/task.h"
#include "net/address_order.h"
#include "net/resumption.h"
#include "net/stream.h"

#include <functional>
#include <memory>

namespace postern::net {

/// A connection that can be used, inside TLS if that comes first.
struct Reached {
  std::unique_ptr<Stream> stream;
  std::shared_ptr<const Resumption> resumption;
};

/// Makes the connection to one address. Its time is its own: run() ends by itself.
class Runner {
 public:
  virtual ~Runner() = default;
  /// Once. Calls `connected` when there is a connection but the TLS handshake is still to come. The error's text names
  /// the address.
  virtual Task<Result<Reached>> run(std::function<void()> connected) = 0;
  /// run() ends soon, with an error. Also before it has begun.
  virtual void cancel() = 0;
};

using MakeRunner = std::function<std::unique_ptr<Runner>(const Endpoint& endpoint)>;

struct RaceTimes {
  Milliseconds delay{250};        ///< from the start of one to that of the next, unless it fails before (RFC 8305 8)
  Milliseconds handshake{2'000};  ///< for the TLS handshake before the next one starts: it takes a few round trips, and
                                  ///< servers count connections that were made for nothing
};

struct Won {
  Reached reached;
  Endpoint endpoint;
  Endpoints others;  ///< those that did not fail, in their order
};

/// One after another is started in the order given; all that were started have ended when this returns. The error, if
/// none serves, has the texts of all and the failure that tells most. Cancellation ends them, and is an error
/// (cancelled) here. `order` is not empty.
Task<Result<Won>> race(Executor executor, MakeRunner make, Endpoints order, RaceTimes times);

}  // namespace postern::net
