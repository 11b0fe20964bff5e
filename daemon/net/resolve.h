// Private to net/: the addresses of a host.
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "base/task.h"
#include "net/address_order.h"

#include <cstdint>
#include <string>

namespace postern::net {

/// All addresses, in the order of the resolver (RFC 6724); the address itself if `host` is one. Failures: resolve, and
/// cancelled if the waiting task was.
Task<Result<Endpoints>> resolve(Executor executor, std::string host, std::uint16_t port, Milliseconds patience);

}  // namespace postern::net
