// A library to preload: the kernel as seen by one program, made worse. POSTERN_FAULT is one of
//
//   short_one, short_half, short_less   every write takes 1 byte, half, or all but 1 byte
//   interrupt                           every third write, pwrite, pread and openat is interrupted (EINTR)
//   no_fdatasync, no_fsync, no_sync     the call (no_sync: both) says yes and does nothing
//
// Writes to standard output and error are left alone. Static and set-id programs do not see it.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdlib>
#include <cstring>

namespace {

bool asked(const char* fault) {
  const char* value = std::getenv("POSTERN_FAULT");
  return value != nullptr && std::strcmp(value, fault) == 0;
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

int fdatasync(int fd) {
  static Sync* const next = real<Sync>("fdatasync");
  return asked("no_fdatasync") || asked("no_sync") ? 0 : next(fd);
}

int fsync(int fd) {
  static Sync* const next = real<Sync>("fsync");
  return asked("no_fsync") || asked("no_sync") ? 0 : next(fd);
}

}  // extern "C"
