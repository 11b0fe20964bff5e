#include "spool/disk.h"

#include "spool/rename.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <utility>

namespace postern::spool {
namespace {

Error failed(std::string_view call, const std::string& name = {}) {
  const int number = errno;
  std::string what(call);
  if (!name.empty()) what += " " + name;
  if (number == EWOULDBLOCK) return Error{Failure::busy, what + ": held by another process", number};
  return system_error(number, what);
}

/// Calls again as long as a signal interrupts.
template <class Call>
auto uninterrupted(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

FileInfo from_stat(const struct stat& found) {
  FileInfo info;
  info.regular = S_ISREG(found.st_mode);
  info.size = static_cast<std::uint64_t>(found.st_size);
  info.inode = found.st_ino;
  const auto since = std::chrono::seconds(found.st_mtim.tv_sec) + std::chrono::nanoseconds(found.st_mtim.tv_nsec);
  info.modified = WallTime(std::chrono::floor<Milliseconds>(since));
  return info;
}

class PosixDisk final : public Disk {
 public:
  Result<int> open(int directory, const std::string& name, int flags, mode_t mode) override {
    const int fd = uninterrupted([&] { return ::openat(directory, name.c_str(), flags | O_CLOEXEC, mode); });
    if (fd < 0) return failed("open", name);
    return fd;
  }

  Result<void> close(int fd) override {
    // EINTR included: on Linux the descriptor is gone in any case.
    if (::close(fd) != 0) return failed("close");
    return {};
  }

  Result<std::size_t> write(int fd, std::string_view bytes) override {
    const auto done = uninterrupted([&] { return ::write(fd, bytes.data(), bytes.size()); });
    if (done < 0) return failed("write");
    return static_cast<std::size_t>(done);
  }

  Result<std::size_t> pwrite(int fd, std::string_view bytes, std::uint64_t offset) override {
    const auto at = static_cast<off_t>(offset);
    const auto done = uninterrupted([&] { return ::pwrite(fd, bytes.data(), bytes.size(), at); });
    if (done < 0) return failed("write");
    return static_cast<std::size_t>(done);
  }

  Result<std::size_t> pread(int fd, std::span<char> into, std::uint64_t offset) override {
    const auto at = static_cast<off_t>(offset);
    const auto done = uninterrupted([&] { return ::pread(fd, into.data(), into.size(), at); });
    if (done < 0) return failed("read");
    return static_cast<std::size_t>(done);
  }

  Result<void> truncate(int fd, std::uint64_t size) override {
    if (uninterrupted([&] { return ::ftruncate(fd, static_cast<off_t>(size)); }) != 0) return failed("ftruncate");
    return {};
  }

  // A failed sync is final, EINTR included: what the kernel did with the pages is unknown.
  Result<void> fdatasync(int fd) override {
    if (::fdatasync(fd) != 0) return failed("fdatasync");
    return {};
  }

  Result<void> fsync(int fd) override {
    if (::fsync(fd) != 0) return failed("fsync");
    return {};
  }

  Result<void> rename(int from, const std::string& name, int to, const std::string& new_name) override {
    return rename_no_replace(system_names(), from, name, to, new_name);
  }

  Result<void> unlink(int directory, const std::string& name) override {
    if (::unlinkat(directory, name.c_str(), 0) != 0) return failed("unlink", name);
    return {};
  }

  Result<void> mkdir(int directory, const std::string& name, mode_t mode) override {
    if (::mkdirat(directory, name.c_str(), mode) != 0) return failed("mkdir", name);
    return {};
  }

  Result<FileInfo> info(int fd) override {
    struct stat found{};
    if (::fstat(fd, &found) != 0) return failed("stat");
    return from_stat(found);
  }

  Result<FileInfo> info(int directory, const std::string& name) override {
    struct stat found{};
    if (::fstatat(directory, name.c_str(), &found, AT_SYMLINK_NOFOLLOW) != 0) return failed("stat", name);
    return from_stat(found);
  }

  Result<void> set_modified(int directory, const std::string& name, WallTime time) override {
    const auto since = time.time_since_epoch();
    const auto whole = std::chrono::floor<Seconds>(since);
    struct timespec times[2] = {};
    times[0].tv_nsec = UTIME_OMIT;
    times[1].tv_sec = static_cast<time_t>(whole.count());
    times[1].tv_nsec = static_cast<long>(std::chrono::nanoseconds(since - whole).count());
    if (::utimensat(directory, name.c_str(), times, AT_SYMLINK_NOFOLLOW) != 0) return failed("utimens", name);
    return {};
  }

  Result<std::vector<std::string>> list(int directory) override {
    // A descriptor of its own, because reading moves the position.
    const int fd = uninterrupted([&] { return ::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
    if (fd < 0) return failed("open directory");
    const auto closer = [](DIR* stream) { ::closedir(stream); };
    const std::unique_ptr<DIR, decltype(closer)> stream(::fdopendir(fd), closer);
    if (!stream) {
      const Error error = failed("read directory");
      ::close(fd);
      return error;
    }
    std::vector<std::pair<ino_t, std::string>> entries;
    errno = 0;
    while (const dirent* entry = ::readdir(stream.get())) {
      const std::string_view name(entry->d_name);
      if (name != "." && name != "..") entries.emplace_back(entry->d_ino, name);
      errno = 0;
    }
    if (errno != 0) return failed("read directory");
    std::ranges::sort(entries, {}, &std::pair<ino_t, std::string>::first);
    std::vector<std::string> names;
    names.reserve(entries.size());
    for (auto& [inode, name] : entries) names.push_back(std::move(name));
    return names;
  }

  Result<Space> space(int directory) override {
    struct statvfs found{};
    if (uninterrupted([&] { return ::fstatvfs(directory, &found); }) != 0) return failed("statvfs");
    Space space;
    space.bytes = static_cast<std::uint64_t>(found.f_bavail) * found.f_frsize;
    space.total_bytes = static_cast<std::uint64_t>(found.f_blocks) * found.f_frsize;
    space.total_inodes = static_cast<std::uint64_t>(found.f_files);
    // File systems without a fixed number of inodes (btrfs) report 0 of 0.
    space.inodes = found.f_files == 0 ? UINT64_MAX : static_cast<std::uint64_t>(found.f_favail);
    return space;
  }

  Result<void> lock(int fd) override {
    if (uninterrupted([&] { return ::flock(fd, LOCK_EX | LOCK_NB); }) != 0) return failed("lock");
    return {};
  }
};

}  // namespace

Disk& posix_disk() {
  static PosixDisk disk;
  return disk;
}

File& File::operator=(File&& other) noexcept {
  if (this == &other) return *this;
  (void)close();
  disk_ = other.disk_;
  fd_ = std::exchange(other.fd_, -1);
  return *this;
}

Result<File> File::open(Disk& disk, int directory, const std::string& name, int flags, mode_t mode) {
  const Result<int> fd = disk.open(directory, name, flags, mode);
  if (!fd) return fd.error();
  return File(disk, *fd);
}

Result<void> File::close() {
  if (fd_ < 0) return {};
  return disk_->close(std::exchange(fd_, -1));
}

Result<void> File::write_all(std::string_view bytes) {
  while (!bytes.empty()) {
    const Result<std::size_t> done = disk_->write(fd_, bytes);
    if (!done) return done.error();
    if (*done == 0) return Error{Failure::io, "write: the disk took nothing"};
    bytes.remove_prefix(*done);
  }
  return {};
}

Result<void> File::pwrite_all(std::string_view bytes, std::uint64_t offset) {
  while (!bytes.empty()) {
    const Result<std::size_t> done = disk_->pwrite(fd_, bytes, offset);
    if (!done) return done.error();
    if (*done == 0) return Error{Failure::io, "write: the disk took nothing"};
    bytes.remove_prefix(*done);
    offset += *done;
  }
  return {};
}

Result<std::size_t> File::pread_full(std::span<char> into, std::uint64_t offset) const {
  std::size_t total = 0;
  while (total < into.size()) {
    const Result<std::size_t> done = disk_->pread(fd_, into.subspan(total), offset + total);
    if (!done) return done.error();
    if (*done == 0) break;
    total += *done;
  }
  return total;
}

}  // namespace postern::spool
