#include "sendmail-shim/channel.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <utility>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

namespace postern::shim {
namespace {

constexpr std::chrono::milliseconds kPause(50);
constexpr std::size_t kInbox = 32UL << 20U;

Exit temporary(std::string text) { return Exit{EX_TEMPFAIL, std::move(text)}; }

bool passes_by_itself(int error) { return error == ENOENT || error == ECONNREFUSED || error == EAGAIN; }

void pause_once() {
  const timespec pause{0, std::chrono::nanoseconds(kPause).count()};
  ::nanosleep(&pause, nullptr);
}

/// connect(2) on a full backlog waits without end unless it is told how long; then it fails with EAGAIN.
void limit_connect(int socket, std::chrono::seconds time) {
  const timeval limit{time.count(), 0};
  ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}

}  // namespace

Outcome<Channel> Channel::connect(const std::string& path, std::chrono::milliseconds patience) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return Exit{EX_CONFIG, "the socket's path is too long: " + path};
  std::memcpy(address.sun_path, path.data(), path.size());
  for (std::chrono::milliseconds waited(0);; waited += kPause) {
    UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!socket) return temporary(std::string("no socket can be made: ") + std::strerror(errno));
    limit_connect(socket.get(), kBusy);
    // The generic sockaddr is what the call takes for every family.
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
      limit_connect(socket.get(), std::chrono::seconds(0));
      return Channel(std::move(socket));
    }
    const int error = errno;
    if (!passes_by_itself(error) || waited >= patience) {
      return temporary("the mail daemon cannot be reached at " + path + ": " + std::strerror(error));
    }
    if (error == EAGAIN) waited += kBusy;
    pause_once();
  }
}

std::optional<Exit> Channel::wait(short events) {
  pollfd entry{socket_.get(), events, 0};
  while (true) {
    const int ready = ::poll(&entry, 1, static_cast<int>(silence_.count()));
    if (ready > 0) return std::nullopt;
    silent_ = ready == 0;
    if (silent_) return temporary("the mail daemon did not answer in time");
    if (errno != EINTR) return temporary(std::string("poll: ") + std::strerror(errno));
  }
}

std::optional<Exit> Channel::receive() {
  std::array<char, 16384> piece{};
  const ssize_t count = ::recv(socket_.get(), piece.data(), piece.size(), MSG_DONTWAIT);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return std::nullopt;
  if (count <= 0) {
    ended_ = true;  // whether closed or reset: what came before it still counts
    return std::nullopt;
  }
  inbox_.append(piece.data(), static_cast<std::size_t>(count));
  if (inbox_.size() > kInbox) return temporary("the mail daemon answers without end");
  return std::nullopt;
}

std::optional<Exit> Channel::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(count));
      continue;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN)
      return temporary(std::string("the mail daemon closed the connection: ") + std::strerror(errno));
    if (auto exit = wait(POLLOUT | POLLIN)) return exit;
    if (auto exit = receive()) return exit;
    if (ended_) return temporary("the mail daemon closed the connection");
  }
  return std::nullopt;
}

Outcome<std::string> Channel::read() {
  while (inbox_.empty() && !ended_) {
    if (auto exit = wait(POLLIN)) return std::move(*exit);
    if (auto exit = receive()) return std::move(*exit);
  }
  return std::exchange(inbox_, {});
}

}  // namespace postern::shim
