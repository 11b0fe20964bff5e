// Private to net/: the Dial over sockets.
#pragma once

#include "base/task.h"
#include "net/address_order.h"
#include "net/connection.h"
#include "net/race.h"

#include <memory>

namespace postern::net {

/// Over the addresses in the order given, which is not empty.
[[nodiscard]] std::shared_ptr<Dial> make_dial(Executor executor, ClientOptions options, Endpoints order,
                                              RaceTimes times);

}  // namespace postern::net
