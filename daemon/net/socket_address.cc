#include "net/socket_address.h"

#include "base/endpoint.h"
#include "base/text.h"

#include <netinet/in.h>
#include <sys/un.h>
#include <cstddef>
#include <cstring>

namespace postern::net {
namespace {

constexpr std::size_t kMappedPrefix = 12;  // bytes before the IPv4 address in an IPv4-mapped one

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
  const auto endpoint = NumericEndpoint::parse(text);
  if (!endpoint) {
    return Error{Failure::invalid, "not an address with a port like 127.0.0.1:25 or [::1]:25: " + printable(text)};
  }
  SocketAddress address;
  if (endpoint->v6) {
    auto& in6 = *reinterpret_cast<sockaddr_in6*>(&address.storage);
    in6.sin6_family = AF_INET6;
    in6.sin6_port = htons(endpoint->port);
    std::memcpy(&in6.sin6_addr, endpoint->address.data(), sizeof(in6.sin6_addr));
    address.size = sizeof(in6);
    return address;
  }
  auto& in = *reinterpret_cast<sockaddr_in*>(&address.storage);
  in.sin_family = AF_INET;
  in.sin_port = htons(endpoint->port);
  std::memcpy(&in.sin_addr, endpoint->address.data() + kMappedPrefix, sizeof(in.sin_addr));
  address.size = sizeof(in);
  return address;
}

std::string to_text(const SocketAddress& address) {
  if (address.is_unix()) return unix_path(address);
  const auto ip = ip_of(address);
  if (!ip) return "unknown";
  const bool is_v6 = address.family() == AF_INET6;
  const NumericEndpoint endpoint{*ip, is_v6, ntohs(is_v6 ? v6(address).sin6_port : v4(address).sin_port)};
  return endpoint.str();
}

std::optional<IpAddress> ip_of(const SocketAddress& address) {
  IpAddress ip{};
  if (address.family() == AF_INET6) {
    std::memcpy(ip.data(), &v6(address).sin6_addr, ip.size());
    return ip;
  }
  if (address.family() != AF_INET) return std::nullopt;
  ip[10] = ip[11] = 0xFF;  // RFC 4291 section 2.5.5.2
  std::memcpy(ip.data() + kMappedPrefix, &v4(address).sin_addr, sizeof(in_addr));
  return ip;
}

}  // namespace postern::net
