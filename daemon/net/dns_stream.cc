#include "net/dns_stream.h"

#include "base/fd.h"

#include <arpa/nameser.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <string_view>

namespace postern::net {
namespace {

constexpr std::size_t kLength = 2;  // before each message (RFC 1035 4.2.2)

/// Waits for that; false: the time is over, or the connection is.
bool waits_for(int fd, short event, SteadyTime end) {
  for (;;) {
    const auto left = std::chrono::ceil<Milliseconds>(end - std::chrono::steady_clock::now());
    if (left <= Milliseconds(0)) return false;
    pollfd wanted{fd, event, 0};
    const int ready = ::poll(&wanted, 1, static_cast<int>(left.count()));
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

bool connects(int fd, const sockaddr* address, socklen_t size, SteadyTime end) {
  if (::connect(fd, address, size) == 0) return true;
  if (errno != EINPROGRESS || !waits_for(fd, POLLOUT, end)) return false;
  int error = 0;
  socklen_t length = sizeof(error);
  return ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) == 0 && error == 0;
}

bool sends(int fd, std::string_view bytes, SteadyTime end) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno != EINTR && (errno != EAGAIN || !waits_for(fd, POLLOUT, end))) {
      return false;
    }
  }
  return true;
}

/// So many bytes, or nothing.
std::optional<std::string> receive(int fd, std::size_t size, SteadyTime end) {
  std::string bytes(size, '\0');
  std::size_t got = 0;
  while (got < size) {
    const ssize_t more = ::recv(fd, bytes.data() + got, size - got, 0);
    if (more > 0) {
      got += static_cast<std::size_t>(more);
    } else if (more == 0 || (errno != EINTR && (errno != EAGAIN || !waits_for(fd, POLLIN, end)))) {
      return std::nullopt;
    }
  }
  return bytes;
}

std::size_t length_of(std::string_view two) {
  return static_cast<std::size_t>(static_cast<unsigned char>(two[0])) << 8U | static_cast<unsigned char>(two[1]);
}

std::optional<std::string> ask_one(const sockaddr* address, socklen_t size, const std::string& query, SteadyTime end) {
  const UniqueFd fd(::socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (fd.get() < 0 || !connects(fd.get(), address, size, end)) return std::nullopt;
  const std::string length{static_cast<char>(query.size() >> 8U), static_cast<char>(query.size() & 0xFFU)};
  if (!sends(fd.get(), length + query, end)) return std::nullopt;
  const auto announced = receive(fd.get(), kLength, end);
  if (!announced) return std::nullopt;
  auto answer = receive(fd.get(), length_of(*announced), end);
  // Its number, and the mark of an answer (RFC 1035 4.1.1).
  const bool fits = answer && answer->size() >= NS_HFIXEDSZ && answer->compare(0, kLength, query, 0, kLength) == 0 &&
                    (static_cast<unsigned char>((*answer)[2]) & 0x80U) != 0;
  // Any other code says nothing of the name: that this server is in trouble, say (SERVFAIL).
  const bool tells = fits && (code_of(*answer) == ns_r_noerror || code_of(*answer) == ns_r_nxdomain);
  return tells ? answer : std::nullopt;
}

}  // namespace

unsigned code_of(std::string_view message) { return static_cast<unsigned char>(message[3]) & 0x0FU; }

std::optional<std::string> ask_by_stream(struct __res_state& state, const std::string& name, int kind) {
  std::array<unsigned char, NS_PACKETSZ> made{};
  const int size =
      res_nmkquery(&state, ns_o_query, name.c_str(), ns_c_in, kind, nullptr, 0, nullptr, made.data(), made.size());
  if (size <= 0) return std::nullopt;
  const std::string query(made.begin(), made.begin() + size);
  const SteadyTime end = std::chrono::steady_clock::now() + kStreamPatience;
  const int count = std::min(state.nscount, MAXNS);
  for (int i = 0; i < count; ++i) {
    // Of the C library's two lists one has the server's address, by its family.
    const sockaddr_in& four = state.nsaddr_list[i];
    const sockaddr_in6* six = state._u._ext.nsaddrs[i];
    const bool is_six = four.sin_family != AF_INET && six != nullptr;
    const auto* address = is_six ? reinterpret_cast<const sockaddr*>(six) : reinterpret_cast<const sockaddr*>(&four);
    // What is left is shared: a server that says nothing leaves the next ones time to answer.
    const SteadyTime now = std::chrono::steady_clock::now();
    const SteadyTime until = now + (end - now) / (count - i);
    auto answer = ask_one(address, is_six ? sizeof(*six) : sizeof(four), query, until);
    if (answer) return answer;
  }
  return std::nullopt;
}

}  // namespace postern::net
