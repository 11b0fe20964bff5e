#include "net/socket_owner.h"

#include "base/fd.h"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace postern::net {
namespace {

/// One end as the kernel's tables have it: an IPv4 address in IPv6 clothes is IPv4 there.
struct End {
  int family = AF_UNSPEC;
  std::array<std::uint32_t, 4> address{};  ///< network byte order; the first word alone of IPv4
  std::uint16_t port = 0;                  ///< network byte order

  friend bool operator==(const End&, const End&) = default;
};

End end_of(const SocketAddress& socket) {
  End end;
  if (socket.family() == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &socket.storage, sizeof v4);
    end.family = AF_INET;
    end.address[0] = v4.sin_addr.s_addr;
    end.port = v4.sin_port;
  } else if (socket.family() == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &socket.storage, sizeof v6);
    const bool mapped = IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr);
    end.family = mapped ? AF_INET : AF_INET6;
    const auto* const bytes = v6.sin6_addr.s6_addr;
    std::memcpy(end.address.data(), mapped ? bytes + 12 : bytes, mapped ? 4 : 16);
    end.port = v6.sin6_port;
  }
  return end;
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

/// The kernel may answer with a listening socket of that port, and of one that nobody holds any more it says uid 0:
/// neither has an inode and these two ends.
std::optional<uid_t> owner_in(const inet_diag_msg& told, const End& peer, const End& local) {
  const bool ours = told.id.idiag_sport == peer.port && told.id.idiag_dport == local.port;
  if (!ours || told.idiag_inode == 0) return {};
  return told.idiag_uid;
}

}  // namespace

std::optional<uid_t> socket_owner(const SocketAddress& peer_address, const SocketAddress& local_address) {
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

}  // namespace postern::net
