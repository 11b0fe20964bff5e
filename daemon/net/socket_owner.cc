#include "net/socket_owner.h"

#include "base/fd.h"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <span>

namespace postern::net {
namespace {

/// One end as the kernel's tables have it: an IPv4 address in IPv6 clothes is IPv4 there.
struct End {
  int family = AF_UNSPEC;
  std::array<std::uint32_t, 4> address{};  ///< network byte order; the first word alone of IPv4
  std::uint16_t port = 0;                  ///< network byte order

  friend bool operator==(const End&, const End&) = default;
};

End make_end(int family, std::span<const std::uint32_t, 4> address, std::uint16_t port) {
  End end{family, {}, port};
  std::ranges::copy(address, end.address.begin());
  if (family == AF_INET6 && address[0] == 0 && address[1] == 0 && address[2] == htonl(0xFFFF)) {
    end.family = AF_INET;
    end.address = {address[3]};
  }
  return end;
}

End end_of(const SocketAddress& socket) {
  std::array<std::uint32_t, 4> address{};
  if (socket.family() == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &socket.storage, sizeof v4);
    address[0] = v4.sin_addr.s_addr;
    return make_end(AF_INET, address, v4.sin_port);
  }
  if (socket.family() != AF_INET6) return {};
  sockaddr_in6 v6{};
  std::memcpy(&v6, &socket.storage, sizeof v6);
  std::memcpy(address.data(), &v6.sin6_addr, sizeof v6.sin6_addr);
  return make_end(AF_INET6, address, v6.sin6_port);
}

/// What is asked of the kernel, and in the same layout.
struct Question {
  nlmsghdr header{};
  inet_diag_req_v2 request{};
};

Question question(const End& peer, const End& local) {
  Question asked;
  asked.header.nlmsg_len = sizeof asked;
  asked.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  asked.header.nlmsg_flags = NLM_F_REQUEST;
  asked.request.sdiag_family = static_cast<std::uint8_t>(peer.family);
  asked.request.sdiag_protocol = IPPROTO_TCP;
  asked.request.idiag_states = ~0U;
  inet_diag_sockid& id = asked.request.id;
  id.idiag_sport = peer.port;
  id.idiag_dport = local.port;
  std::ranges::copy(peer.address, id.idiag_src);
  std::ranges::copy(local.address, id.idiag_dst);
  std::ranges::fill(id.idiag_cookie, INET_DIAG_NOCOOKIE);
  return asked;
}

/// The kernel may answer with a listening socket of that port, which has not these two ends; of one that nobody holds
/// any more it says uid 0, and no inode.
SocketOwner owner_in(const inet_diag_msg& told, const End& peer, const End& local) {
  const inet_diag_sockid& id = told.id;
  const bool ours = make_end(told.idiag_family, id.idiag_src, id.idiag_sport) == peer &&
                    make_end(told.idiag_family, id.idiag_dst, id.idiag_dport) == local;
  if (!ours) return {};
  if (told.idiag_inode == 0) return {SocketOwner::Kind::nobody, 0};
  return {SocketOwner::Kind::user, told.idiag_uid};
}

}  // namespace

SocketOwner socket_owner(const SocketAddress& peer_address, const SocketAddress& local_address) {
  const End peer = end_of(peer_address);
  const End local = end_of(local_address);
  if (peer.family == AF_UNSPEC || peer.family != local.family) return {};
  const UniqueFd socket(::socket(AF_NETLINK, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
  if (!socket) return {};
  const Question asked = question(peer, local);
  if (::send(socket.get(), &asked, sizeof asked, 0) != sizeof asked) return {};
  // The kernel has answered when send() returns.
  std::array<char, 1024> answer{};
  const ssize_t got = ::recv(socket.get(), answer.data(), answer.size(), MSG_DONTWAIT);
  nlmsghdr header{};
  inet_diag_msg told{};
  if (got < static_cast<ssize_t>(NLMSG_HDRLEN + sizeof told)) return {};
  std::memcpy(&header, answer.data(), sizeof header);
  if (header.nlmsg_type != SOCK_DIAG_BY_FAMILY) return {};
  std::memcpy(&told, answer.data() + NLMSG_HDRLEN, sizeof told);
  return owner_in(told, peer, local);
}

bool was_reset(int fd) {
  tcp_info info{};
  socklen_t size = sizeof info;
  return ::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 && info.tcpi_state == TCP_CLOSE;
}

}  // namespace postern::net
