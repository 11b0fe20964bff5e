// Private to net/: socket addresses as text.
#pragma once

#include "base/network.h"
#include "base/result.h"

#include <sys/socket.h>
#include <optional>
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
/// Nothing for a unix socket.
[[nodiscard]] std::optional<IpAddress> ip_of(const SocketAddress& address);

}  // namespace postern::net
