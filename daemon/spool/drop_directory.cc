#include "spool/drop_directory.h"

#include "base/user_range.h"
#include "spool/names.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>

namespace postern::spool {
namespace {

constexpr std::string_view kUnfinished = "tmp.";

std::chrono::sys_time<std::chrono::nanoseconds> time_of(const timespec& time) {
  // What the owner sets may be beyond what 64 bits of nanoseconds hold.
  constexpr std::int64_t kFurthest = std::int64_t{1} << 33U;
  const auto seconds = std::clamp<std::int64_t>(time.tv_sec, -kFurthest, kFurthest);
  return std::chrono::sys_time<std::chrono::nanoseconds>(std::chrono::seconds(seconds) +
                                                         std::chrono::nanoseconds(time.tv_nsec));
}

/// The helper holds a lock on its file for as long as it runs. Where the file system has none, nobody is seen.
bool has_writer(int directory, const std::string& name) {
  const UniqueFd file(::openat(directory, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  return file && ::flock(file.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

Error invalid(const char* text) { return Error{Failure::invalid, text}; }

}  // namespace

Result<std::string> DroppedFile::read(std::size_t limit) {
  std::string bytes(limit, '\0');
  while (true) {
    const ssize_t count = ::read(file_.get(), bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_error(errno, "a dropped file cannot be read");
    bytes.resize(static_cast<std::size_t>(count));
    return bytes;
  }
}

Result<void> DropDirectory::visit(const std::function<void(Entry)>& each) {
  directory_.reset(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!directory_) return system_error(errno, path_);
  // What cannot be removed would be taken again and again.
  if (::faccessat(directory_.get(), ".", W_OK | X_OK, AT_EACCESS) != 0) return system_error(errno, path_);
  const WallTime now = system_clock().wall();
  return each_name(directory_.get(), [&](const std::string& name) {
    if (name.starts_with(kUnfinished)) {
      static_cast<void>(sweep(name, now));  // tried again each time
      return;
    }
    struct stat status{};
    const bool seen = ::fstatat(directory_.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0;
    if (!seen && errno == ENOENT) return;
    each({name, seen ? status.st_uid : overflow_uid(), time_of(status.st_mtim)});
  });
}

Result<DropDirectory::Lying> DropDirectory::lying() const {
  Lying lying;
  const UniqueFd directory(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!directory && errno == ENOENT) return lying;
  if (!directory) return system_error(errno, path_);
  const auto read = each_name(directory.get(), [&](const std::string& name) {
    if (name.starts_with(kUnfinished)) return;
    ++lying.files;
    struct stat status{};
    if (::fstatat(directory.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return;
    const WallTime since{std::chrono::seconds(status.st_ctim.tv_sec)};
    if (lying.oldest && *lying.oldest <= since) return;
    lying.oldest = since;
    lying.oldest_uid = status.st_uid;
  });
  if (!read) return read.error();
  return lying;
}

/// A helper that was killed may leave one; its caller was told nothing. One that is stopped keeps what it has written
/// on the disk, whatever becomes of the name: it goes on counting for its owner.
Result<void> DropDirectory::sweep(const std::string& name, WallTime now) {
  struct stat status{};
  if (::fstatat(directory_.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return system_error(errno, name);
  const WallTime changed{std::chrono::seconds(status.st_ctim.tv_sec)};
  if (now - changed < abandoned_) return {};
  if (S_ISREG(status.st_mode) && has_writer(directory_.get(), name)) return {};
  const int flags = S_ISDIR(status.st_mode) ? AT_REMOVEDIR : 0;
  if (::unlinkat(directory_.get(), name.c_str(), flags) != 0) return system_error(errno, name);
  return {};
}

Result<std::shared_ptr<DroppedFile>> DropDirectory::open(const std::string& name, std::uint64_t limit) {
  // O_NONBLOCK: a FIFO would wait for its writer.
  constexpr int kFlags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
  UniqueFd file(::openat(directory_.get(), name.c_str(), kFlags));
  if (!file && errno == ELOOP) return invalid("it is a symbolic link");
  if (!file && errno == ENXIO) return invalid("it is a socket");
  if (!file && errno == EACCES) return Error{Failure::denied, "its mode does not let the daemon read it", EACCES};
  if (!file) return system_error(errno, "a dropped file cannot be opened");
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return system_error(errno, "a dropped file cannot be examined");
  if (!S_ISREG(status.st_mode)) return invalid("it is no regular file");
  if (status.st_nlink != 1) return invalid("it has more than one name, or none");
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (size > limit) return invalid("it is larger than a message may be");
  return std::make_shared<DroppedFile>(std::move(file), status.st_uid, size);
}

Result<void> DropDirectory::remove(const std::string& name) {
  if (::unlinkat(directory_.get(), name.c_str(), 0) != 0)
    return system_error(errno, "a dropped file cannot be removed");
  if (::fsync(directory_.get()) != 0) return system_error(errno, "the drop directory cannot be synced");
  return {};
}

Result<DropDirectory::Aside> DropDirectory::set_aside(const std::string& name, const RefusedDirectory& refused) {
  struct stat status{};
  if (::fstatat(directory_.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return system_error(errno, path_);
  Aside aside{status.st_uid, {}};
  if (!S_ISREG(status.st_mode)) {
    const int flags = S_ISDIR(status.st_mode) ? AT_REMOVEDIR : 0;
    if (::unlinkat(directory_.get(), name.c_str(), flags) != 0) return system_error(errno, "it cannot be removed");
    return aside;
  }
  // The helper may have told somebody that it is safe.
  auto kept = refused.take(directory_.get(), name);
  if (!kept) return kept.error();
  aside.kept = std::move(*kept);
  return aside;
}

}  // namespace postern::spool
