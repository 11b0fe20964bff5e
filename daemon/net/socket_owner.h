// Whose the other end of a TCP connection on this machine is, by the kernel's word (sock_diag(7)).
#pragma once

#include "net/socket_address.h"

#include <sys/types.h>
#include <optional>

namespace postern::net {

/// The uid that holds the socket whose own address is `peer` and whose other end is `local`, our address of the same
/// connection. Asks without waiting. Nothing: it is on another machine or in another network namespace, has been
/// closed, or the kernel does not tell.
[[nodiscard]] std::optional<uid_t> socket_owner(const SocketAddress& peer, const SocketAddress& local);

}  // namespace postern::net
