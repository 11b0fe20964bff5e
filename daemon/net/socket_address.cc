#include "net/socket_address.h"

#include "base/text.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>
#include <array>
#include <cstddef>
#include <cstring>

namespace postern::net {
namespace {

const sockaddr_in& v4(const SocketAddress& address) { return *reinterpret_cast<const sockaddr_in*>(&address.storage); }
const sockaddr_in6& v6(const SocketAddress& address) {
  return *reinterpret_cast<const sockaddr_in6*>(&address.storage);
}

std::string unix_path(const SocketAddress& address) {
  const auto& name = *reinterpret_cast<const sockaddr_un*>(&address.storage);
  if (address.size <= offsetof(sockaddr_un, sun_path) || name.sun_path[0] == '\0') return "local";
  return printable(std::string_view(name.sun_path, strnlen(name.sun_path, sizeof(name.sun_path))));
}

}  // namespace

Result<SocketAddress> parse_socket_address(const std::string& text) {
  const Error wrong{Failure::invalid, "not an address with a port like 127.0.0.1:25 or [::1]:25: " + printable(text)};
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos) return wrong;
  const auto port = parse_number(std::string_view(text).substr(colon + 1));
  if (!port || *port > 65535) return wrong;
  std::string host = text.substr(0, colon);
  SocketAddress address;
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
    auto& in6 = *reinterpret_cast<sockaddr_in6*>(&address.storage);
    in6.sin6_family = AF_INET6;
    in6.sin6_port = htons(static_cast<std::uint16_t>(*port));
    address.size = sizeof(in6);
    if (inet_pton(AF_INET6, host.c_str(), &in6.sin6_addr) != 1) return wrong;
    return address;
  }
  auto& in = *reinterpret_cast<sockaddr_in*>(&address.storage);
  in.sin_family = AF_INET;
  in.sin_port = htons(static_cast<std::uint16_t>(*port));
  address.size = sizeof(in);
  if (inet_pton(AF_INET, host.c_str(), &in.sin_addr) != 1) return wrong;
  return address;
}

std::string to_text(const SocketAddress& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  switch (address.family()) {
    case AF_UNIX: return unix_path(address);
    case AF_INET:
      inet_ntop(AF_INET, &v4(address).sin_addr, text.data(), text.size());
      return std::string(text.data()) + ":" + std::to_string(ntohs(v4(address).sin_port));
    case AF_INET6:
      inet_ntop(AF_INET6, &v6(address).sin6_addr, text.data(), text.size());
      return "[" + std::string(text.data()) + "]:" + std::to_string(ntohs(v6(address).sin6_port));
    default: return "unknown";
  }
}

std::optional<IpAddress> ip_of(const SocketAddress& address) {
  IpAddress ip{};
  if (address.family() == AF_INET6) {
    std::memcpy(ip.data(), &v6(address).sin6_addr, ip.size());
    return ip;
  }
  if (address.family() != AF_INET) return std::nullopt;
  ip[10] = ip[11] = 0xFF;  // RFC 4291 section 2.5.5.2
  std::memcpy(ip.data() + 12, &v4(address).sin_addr, 4);
  return ip;
}

}  // namespace postern::net
