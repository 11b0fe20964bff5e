// The other end of a socket pair as a daemon of SMTP that says what it is told to say.
#pragma once

#include "base/fd.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include <poll.h>
#include <sys/socket.h>

namespace postern::shim {

inline std::array<UniqueFd, 2> make_pair() {
  std::array<int, 2> fds{};
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds.data()), 0);
  return {UniqueFd(fds[0]), UniqueFd(fds[1])};
}

/// The daemon's side: says a reply for each command line, then hangs up. Reads data after a 354.
struct Script {
  std::vector<std::string> replies;  ///< the greeting first; where they end the connection ends
  std::string heard;
  bool hangs = false;  ///< it does not end where they end, and says and reads nothing more
};

inline void serve(Script& script, UniqueFd socket) {
  std::string unread;
  const auto say = [&](const std::string& reply) {
    const std::string line = reply + "\r\n";
    return ::send(socket.get(), line.data(), line.size(), MSG_NOSIGNAL) > 0;
  };
  const auto hear_until = [&](std::string_view end) {
    while (unread.find(end) == std::string::npos) {
      std::array<char, 4096> piece{};
      const ssize_t count = ::recv(socket.get(), piece.data(), piece.size(), 0);
      if (count <= 0) return false;
      unread.append(piece.data(), static_cast<std::size_t>(count));
    }
    const std::size_t size = unread.find(end) + end.size();
    script.heard += unread.substr(0, size);
    unread.erase(0, size);
    return true;
  };
  bool data = false;
  for (std::size_t i = 0; i < script.replies.size(); ++i) {
    if (i > 0 && !hear_until(data ? "\r\n.\r\n" : "\r\n")) return;
    data = script.replies[i].starts_with("354");
    if (!say(script.replies[i])) return;
  }
  if (script.hangs) {
    pollfd closed{socket.get(), 0, 0};
    ::poll(&closed, 1, -1);
    return;
  }
  // What is still coming is read, so that the close is an end of file and no reset.
  ::shutdown(socket.get(), SHUT_WR);
  std::array<char, 4096> piece{};
  while (::recv(socket.get(), piece.data(), piece.size(), 0) > 0) continue;
}

}  // namespace postern::shim
