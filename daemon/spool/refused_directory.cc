#include "spool/refused_directory.h"

#include "base/fd.h"
#include "base/random.h"
#include "base/text.h"
#include "spool/names.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace postern::spool {
namespace {

constexpr std::uint64_t kBlock = 512;  // of st_blocks, see inode(7)

RefusedFile refused_file(const std::string& name, const struct stat& status) {
  const std::chrono::nanoseconds part(status.st_ctim.tv_nsec);
  return {name, status.st_uid, static_cast<std::uint64_t>(status.st_blocks) * kBlock,
          WallTime{std::chrono::seconds(status.st_ctim.tv_sec) + std::chrono::floor<Milliseconds>(part)}};
}

}  // namespace

Result<void> RefusedDirectory::visit(const std::function<void(RefusedFile)>& each) const {
  const UniqueFd directory(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!directory && errno == ENOENT) return {};
  if (!directory) return system_error(errno, path_);
  return each_name(directory.get(), [&](const std::string& name) {
    struct stat status{};
    if (::fstatat(directory.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0) each(refused_file(name, status));
  });
}

Result<RefusedFile> RefusedDirectory::take(int directory, const std::string& name) const {
  if (::mkdir(path_.c_str(), 0700) != 0 && errno != EEXIST) return system_error(errno, path_);
  const std::string fresh = hex(random_bytes(16));
  const std::string path = path_ + "/" + fresh;
  if (::renameat(directory, name.c_str(), AT_FDCWD, path.c_str()) != 0) return system_error(errno, path_);
  struct stat status{};
  if (::lstat(path.c_str(), &status) != 0) return system_error(errno, path);
  return refused_file(fresh, status);
}

Result<void> RefusedDirectory::remove(const std::string& name) const {
  const std::string path = path_ + "/" + name;
  if (::unlink(path.c_str()) != 0) return system_error(errno, path + " cannot be removed");
  return {};
}

Result<Space> RefusedDirectory::space() const {
  const UniqueFd directory(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!directory) return system_error(errno, path_);
  return posix_disk().space(directory.get());
}

std::string RefusedDirectory::beginning(const std::string& name, std::size_t limit) const {
  const UniqueFd file(::open((path_ + "/" + name).c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!file) return {};
  std::string bytes(limit, '\0');
  const ssize_t count = ::read(file.get(), bytes.data(), bytes.size());
  bytes.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  return bytes;
}

}  // namespace postern::spool
