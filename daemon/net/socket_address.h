// Private to net/: socket addresses as text.
#pragma once

#include "base/result.h"

#include <sys/socket.h>
#include <string>

namespace postern::net {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = sizeof(sockaddr_storage);

  [[nodiscard]] sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  [[nodiscard]] int family() const { return storage.ss_family; }
  [[nodiscard]] bool is_unix() const { return family() == AF_UNIX; }
};

/// "127.0.0.1:25" or "[::1]:25": an address, never a name. Failure: invalid.
Result<SocketAddress> parse_socket_address(const std::string& text);
/// The inverse; for a unix socket its path, "local" if it has none.
[[nodiscard]] std::string to_text(const SocketAddress& address);
/// 127.0.0.0/8, ::1, and the former mapped into IPv6.
[[nodiscard]] bool is_loopback(const SocketAddress& address);

}  // namespace postern::net
