#include "spool/names.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string_view>

namespace postern::spool {
namespace {

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

}  // namespace

Result<void> each_name(int directory, const std::function<void(const std::string& name)>& each) {
  // A place of its own in the directory: a duplicate would go on where the last one ended.
  const int own = ::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const std::unique_ptr<DIR, CloseDirectory> open(own < 0 ? nullptr : ::fdopendir(own));
  if (!open) {
    const int error = errno;
    if (own >= 0) ::close(own);
    return system_error(error, "a directory cannot be read");
  }
  errno = 0;
  while (const dirent* entry = ::readdir(open.get())) {
    const std::string_view name(entry->d_name);
    if (name != "." && name != "..") each(std::string(name));
    errno = 0;
  }
  if (errno != 0) return system_error(errno, "a directory cannot be read");
  return {};
}

}  // namespace postern::spool
