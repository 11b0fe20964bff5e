// Whose the other end of a TCP connection on this machine is, by the kernel's word (sock_diag(7)).
#pragma once

#include "net/socket_address.h"

#include <sys/types.h>

namespace postern::net {

struct SocketOwner {
  enum class Kind {
    user,      ///< `uid` holds it
    nobody,    ///< it was closed: whoever wrote cannot read an answer, nor is it known who that was
    not_told,  ///< it is on another machine, in another network namespace or reset, or the kernel does not tell
  };
  Kind kind = Kind::not_told;
  uid_t uid = 0;
};

/// Who holds the socket whose own address is `peer` and whose other end is `local`, our address of the same
/// connection. Asks without waiting.
[[nodiscard]] SocketOwner socket_owner(const SocketAddress& peer, const SocketAddress& local);
/// The other end of this connection has reset it: nobody there reads, though what was written before can be read here.
[[nodiscard]] bool was_reset(int fd);

}  // namespace postern::net
