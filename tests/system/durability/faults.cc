// A library to preload: the kernel as seen by one program, made worse. POSTERN_FAULT names one fault, or several with
// commas between them:
//
//   short_one, short_half, short_less   every write takes 1 byte, half, or all but 1 byte
//   interrupt                           every third write, pwrite, pread and openat is interrupted (EINTR)
//   no_fdatasync, no_fsync, no_sync     the call (no_sync: both) says yes and does nothing
//   no_drop_sync                        fsync of a directory "drop" says yes and does nothing
//   no_claim_sync                       fdatasync of a file "submissions" says yes and does nothing
//   killed_unlinking                    SIGKILL in place of the first unlinkat
//
// Writes to standard output and error are left alone. Static and set-id programs do not see it.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

bool asked(std::string_view fault) {
  const char* value = std::getenv("POSTERN_FAULT");
  for (std::string_view rest = value == nullptr ? "" : value; !rest.empty();) {
    const std::string_view one = rest.substr(0, rest.find(','));
    if (one == fault) return true;
    rest.remove_prefix(std::min(one.size() + 1, rest.size()));
  }
  return false;
}

bool is_named(int fd, std::string_view name) {
  char path[4096];
  const std::string link = "/proc/self/fd/" + std::to_string(fd);
  const ssize_t length = ::readlink(link.c_str(), path, sizeof path);
  return length > 0 && std::string_view(path, static_cast<std::size_t>(length)).ends_with(name);
}

std::size_t shortened(std::size_t length) {
  if (length < 2) return length;
  if (asked("short_one")) return 1;
  if (asked("short_half")) return length / 2;
  if (asked("short_less")) return length - 1;
  return length;
}

bool interrupted() {
  static std::atomic<unsigned> calls = 0;
  if (!asked("interrupt") || ++calls % 3 != 0) return false;
  errno = EINTR;
  return true;
}

template <class Function>
Function* real(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

using Write = ssize_t(int, const void*, std::size_t);
using Pwrite = ssize_t(int, const void*, std::size_t, off_t);
using Pread = ssize_t(int, void*, std::size_t, off_t);
using Openat = int(int, const char*, int, ...);
using Sync = int(int);
using Unlinkat = int(int, const char*, int);

}  // namespace

extern "C" {

ssize_t write(int fd, const void* bytes, std::size_t length) {
  static Write* const next = real<Write>("write");
  if (fd <= STDERR_FILENO) return next(fd, bytes, length);
  return interrupted() ? -1 : next(fd, bytes, shortened(length));
}

ssize_t pwrite64(int fd, const void* bytes, std::size_t length, off_t offset) {
  static Pwrite* const next = real<Pwrite>("pwrite64");
  return interrupted() ? -1 : next(fd, bytes, shortened(length), offset);
}

ssize_t pwrite(int fd, const void* bytes, std::size_t length, off_t offset) {
  return pwrite64(fd, bytes, length, offset);
}

ssize_t pread(int fd, void* into, std::size_t length, off_t offset) {
  static Pread* const next = real<Pread>("pread");
  return interrupted() ? -1 : next(fd, into, length, offset);
}

int openat(int directory, const char* path, int flags, ...) {
  static Openat* const next = real<Openat>("openat");
  if (interrupted()) return -1;
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  return next(directory, path, flags, mode);
}

int unlinkat(int directory, const char* path, int flags) {
  static Unlinkat* const next = real<Unlinkat>("unlinkat");
  if (asked("killed_unlinking")) ::kill(::getpid(), SIGKILL);
  return next(directory, path, flags);
}

int fdatasync(int fd) {
  static Sync* const next = real<Sync>("fdatasync");
  if (asked("no_claim_sync") && is_named(fd, "/submissions")) return 0;
  return asked("no_fdatasync") || asked("no_sync") ? 0 : next(fd);
}

int fsync(int fd) {
  static Sync* const next = real<Sync>("fsync");
  if (asked("no_drop_sync") && is_named(fd, "/drop")) return 0;
  return asked("no_fsync") || asked("no_sync") ? 0 : next(fd);
}

}  // extern "C"
