// Private to net/: what a connection has to tell about its resumption of an earlier TLS session.
#pragma once

namespace postern::net {

/// Shared by the connection and whoever made it: it is known only when the connection has ended.
struct Resumption {
  bool wanted = true;   ///< false: the handshake is done in full
  bool failed = false;  ///< a session was offered, and the connection ended before the server had said anything inside
};

}  // namespace postern::net
