#include "base/line_file.h"

#include "base/durable_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace postern {
namespace {

Result<std::string> read_if_there(const std::string& path, std::uint64_t limit) {
  auto text = read_file(path, limit);
  if (!text && text.error().failure == Failure::not_found) return std::string();
  return text;
}

}  // namespace

Result<std::string> LineFile::read() const {
  auto older = read_if_there(path_ + ".old", 4 * longest_);
  if (!older) return older;
  auto newer = read_if_there(path_, 4 * longest_);
  if (!newer) return newer;
  return *older + "\n" + *newer;
}

Result<void> LineFile::open() {
  if (size_ >= longest_) {
    file_.reset();
    if (std::rename(path_.c_str(), (path_ + ".old").c_str()) != 0 && errno != ENOENT) return system_error(errno, path_);
  }
  if (file_) return {};
  file_.reset(::open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600));
  struct stat status{};
  if (!file_ || ::fstat(file_.get(), &status) != 0) return system_error(errno, path_);
  if (!S_ISREG(status.st_mode)) {
    file_.reset();
    return Error{Failure::invalid, path_ + " is not a file"};
  }
  size_ = static_cast<std::uint64_t>(status.st_size);
  return {};
}

Result<void> LineFile::append(std::string_view lines, Against against) {
  const std::scoped_lock lock(mutex_);
  const bool first = !file_;
  if (auto opened = open(); !opened) return opened;
  // The last line may have been cut.
  const std::string text = (first && size_ > 0 ? "\n" : "") + std::string(lines);
  const ssize_t written = ::write(file_.get(), text.data(), text.size());
  if (written < 0 || static_cast<std::size_t>(written) != text.size()) {
    const int error = written < 0 ? errno : ENOSPC;
    file_.reset();  // the next line begins anew
    return system_error(error, path_);
  }
  size_ += text.size();
  if (against == Against::crash) return {};
  // A second sync of this file would say yes to what the first one lost: the next line opens it anew.
  if (::fdatasync(file_.get()) == 0) return {};
  const int error = errno;
  file_.reset();
  return system_error(error, path_);
}

}  // namespace postern
