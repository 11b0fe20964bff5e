#include "base/fd.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>

namespace postern {
namespace {

/// Another process may have told the open file, which it shares with us, not to block. False: errno tells why.
bool wait_until_writable(int fd) {
  pollfd entry{fd, POLLOUT, 0};
  return ::poll(&entry, 1, -1) >= 0 || errno == EINTR;
}

}  // namespace

void UniqueFd::reset(int fd) {
  const int old = std::exchange(fd_, fd);
  if (old >= 0) ::close(old);
}

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count < 0 && (errno == EINTR || (errno == EAGAIN && wait_until_writable(fd)))) continue;
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

}  // namespace postern
