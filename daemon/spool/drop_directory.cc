#include "spool/drop_directory.h"

#include "base/random.h"
#include "base/text.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <string_view>
#include <utility>

namespace postern::spool {
namespace {

constexpr std::string_view kUnfinished = "tmp.";
constexpr std::chrono::hours kAbandoned(1);

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};
using OpenDirectory = std::unique_ptr<DIR, CloseDirectory>;

std::size_t count_entries(const std::string& path) {
  std::error_code error;
  std::size_t count = 0;
  for (std::filesystem::directory_iterator entry(path, error), end; !error && entry != end; entry.increment(error))
    ++count;
  return count;
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

Result<std::vector<std::string>> DropDirectory::list(std::size_t limit) {
  directory_.reset(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!directory_) return system_error(errno, path_);
  // What cannot be removed would be taken again and again.
  if (::faccessat(directory_.get(), ".", W_OK | X_OK, AT_EACCESS) != 0) return system_error(errno, path_);
  const int copy = ::fcntl(directory_.get(), F_DUPFD_CLOEXEC, 0);
  const OpenDirectory open(copy < 0 ? nullptr : ::fdopendir(copy));
  if (!open) {
    const int error = errno;
    if (copy >= 0) ::close(copy);
    return system_error(error, path_);
  }
  aside_used_ = count_entries(aside_);
  std::vector<std::string> names;
  const WallTime now = system_clock().wall();
  errno = 0;
  while (const dirent* entry = ::readdir(open.get())) {
    const std::string name(entry->d_name);
    if (name == "." || name == "..") continue;
    if (name.starts_with(kUnfinished)) {
      static_cast<void>(sweep(name, now));  // tried again each time
    } else if (names.size() < limit) {
      names.push_back(name);
    }
    errno = 0;
  }
  if (errno != 0) return system_error(errno, path_);
  return names;
}

Result<std::size_t> DropDirectory::count() const {
  std::error_code error;
  std::size_t count = 0;
  for (std::filesystem::directory_iterator entry(path_, error), end; !error && entry != end; entry.increment(error)) {
    if (!entry->path().filename().native().starts_with(kUnfinished)) ++count;
  }
  if (!error || error == std::errc::no_such_file_or_directory) return count;
  return system_error(error.value(), path_);
}

/// A helper that was killed where files without a name cannot be had leaves one; its caller was told nothing.
Result<void> DropDirectory::sweep(const std::string& name, WallTime now) {
  struct stat status{};
  if (::fstatat(directory_.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return system_error(errno, name);
  const WallTime changed{std::chrono::seconds(status.st_ctim.tv_sec)};
  if (now - changed < kAbandoned) return {};
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

Result<DropDirectory::Aside> DropDirectory::set_aside(const std::string& name) {
  struct stat status{};
  if (::fstatat(directory_.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return system_error(errno, path_);
  Aside aside{status.st_uid, {}};
  if (!S_ISREG(status.st_mode)) {
    const int flags = S_ISDIR(status.st_mode) ? AT_REMOVEDIR : 0;
    if (::unlinkat(directory_.get(), name.c_str(), flags) != 0) return system_error(errno, "it cannot be removed");
    return aside;
  }
  // The helper may have told somebody that it is safe: such a file is never removed.
  if (aside_used_ >= kAside) {
    return Error{Failure::no_space, aside_ + " is full of refused files: look at them and remove them"};
  }
  if (::mkdir(aside_.c_str(), 0700) != 0 && errno != EEXIST) return system_error(errno, aside_);
  aside.kept = aside_ + "/" + hex(random_bytes(16));
  if (::renameat(directory_.get(), name.c_str(), AT_FDCWD, aside.kept.c_str()) != 0) return system_error(errno, aside_);
  ++aside_used_;
  return aside;
}

}  // namespace postern::spool
