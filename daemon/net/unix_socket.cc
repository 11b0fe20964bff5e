#include "net/unix_socket.h"

#include "base/text.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <utility>

namespace postern::net {
namespace {

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::copy(path.begin(), path.end(), std::begin(address.sun_path));
  return address;
}

UniqueFd unix_socket() { return UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)); }

int bind_to(int fd, const sockaddr_un& address) {
  return ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
}

/// Only a refused connection proves that nobody listens: a full backlog (EAGAIN) is a living listener.
bool dead(const sockaddr_un& address) {
  const UniqueFd probe = unix_socket();
  if (!probe) return false;
  return ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 &&
         errno == ECONNREFUSED;
}

Result<void> remove_stale(const std::string& path, const sockaddr_un& address) {
  struct stat found{};
  if (::lstat(path.c_str(), &found) != 0) {
    if (errno == ENOENT) return {};
    return system_error(errno, printable(path));
  }
  if (!S_ISSOCK(found.st_mode)) {
    return Error{Failure::exists, printable(path) + " exists and is not a socket; move it away"};
  }
  if (found.st_uid != ::geteuid()) {
    return Error{Failure::denied, printable(path) + " is a socket of uid " + std::to_string(found.st_uid) +
                                      "; remove it if nothing uses it"};
  }
  if (!dead(address)) return Error{Failure::busy, printable(path) + " is in use by another process", EADDRINUSE};
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return system_error(errno, "remove stale " + printable(path));
  return {};
}

}  // namespace

SocketFile::SocketFile(std::string path) {
  struct stat found{};
  if (::lstat(path.c_str(), &found) != 0) return;
  path_ = std::move(path);
  device_ = found.st_dev;
  inode_ = found.st_ino;
}

SocketFile::SocketFile(SocketFile&& other) noexcept
    : path_(std::exchange(other.path_, {})), device_(other.device_), inode_(other.inode_) {}

void SocketFile::remove() {
  const std::string path = std::exchange(path_, {});
  struct stat found{};
  if (path.empty() || ::lstat(path.c_str(), &found) != 0) return;
  if (found.st_dev == device_ && found.st_ino == inode_) ::unlink(path.c_str());
}

Result<UniqueFd> bind_unix(const std::string& path, unsigned mode) {
  if (path.empty() || path.size() >= sizeof(sockaddr_un::sun_path)) {
    return Error{Failure::invalid, "a socket path must have 1 to " + std::to_string(sizeof(sockaddr_un::sun_path) - 1) +
                                       " bytes: " + printable(path)};
  }
  const sockaddr_un address = address_of(path);
  UniqueFd fd = unix_socket();
  if (!fd) return system_error(errno, "socket");
  if (bind_to(fd.get(), address) != 0) {
    if (errno != EADDRINUSE) return system_error(errno, "listen on " + printable(path));
    if (auto removed = remove_stale(path, address); !removed) return removed.error();
    if (bind_to(fd.get(), address) != 0) return system_error(errno, "listen on " + printable(path));
  }
  if (::chmod(path.c_str(), static_cast<mode_t>(mode)) != 0) {
    const int error = errno;
    ::unlink(path.c_str());
    return system_error(error, "set the mode of " + printable(path));
  }
  return fd;
}

}  // namespace postern::net
