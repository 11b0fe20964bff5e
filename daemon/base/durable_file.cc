#include "base/durable_file.h"

#include "base/fd.h"
#include "base/secret.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <utility>

namespace postern {
namespace {

Error io_error(const char* doing, const std::string& path) { return system_error(errno, std::string(doing) + path); }

Result<void> protect(int file, const std::string& path, const FileAccess& access) {
  // The group first: until the mode is given, nobody but the owner reads it.
  if (fchmod(file, 0600) != 0) return io_error("cannot protect ", path);
  if (access.group && fchown(file, static_cast<uid_t>(-1), *access.group) != 0) {
    return io_error("cannot give to the group the file ", path);
  }
  if (fchmod(file, access.mode) != 0) return io_error("cannot protect ", path);
  return {};
}

Result<void> put(const std::string& temporary, const std::string& path, std::string_view bytes,
                 const FileAccess& access) {
  unlink(temporary.c_str());  // of a thread of this number that was ended while it wrote
  const UniqueFd file(open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file) return io_error("cannot write ", temporary);
  if (auto done = protect(file.get(), temporary, access); !done) return done;
  if (!write_all(file.get(), bytes)) return io_error("cannot write ", temporary);
  if (fsync(file.get()) != 0) return io_error("cannot sync ", temporary);
  if (std::rename(temporary.c_str(), path.c_str()) != 0) return io_error("cannot replace ", path);
  return {};
}

std::string size_text(std::size_t bytes) {
  constexpr std::size_t kMiB = std::size_t{1} << 20U;
  return bytes % kMiB == 0 ? std::to_string(bytes / kMiB) + " MiB" : std::to_string(bytes) + " bytes";
}

void enlarge(std::string& text, std::size_t size) {
  std::string larger(size, '\0');
  std::ranges::copy(text, larger.begin());
  wipe(text);
  text = std::move(larger);
}

}  // namespace

Result<void> replace_file(const std::string& path, std::string_view bytes, const FileAccess& access) {
  // A name that no other thread writes to at the same time, and that nobody gives to a file of their own.
  const std::string temporary = path + ".new-" + std::to_string(gettid());
  if (auto done = put(temporary, path, bytes, access); !done) {
    unlink(temporary.c_str());
    return done;
  }
  const std::size_t slash = path.rfind('/');
  const std::string directory = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const UniqueFd opened(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened || fsync(opened.get()) != 0) return io_error("cannot sync the directory ", directory);
  return {};
}

Result<std::string> read_file(const std::string& path, std::size_t limit, struct stat* about) {
  const UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat status{};
  if (!file || fstat(file.get(), &status) != 0) return io_error("cannot read ", path);
  if (!S_ISREG(status.st_mode)) return Error{Failure::invalid, path + " is not a file"};
  if (about != nullptr) *about = status;
  // Room for the whole file at once, and what was outgrown is wiped: no copies of a secret are left in freed memory.
  std::string text(std::min(limit, static_cast<std::size_t>(status.st_size)) + 1, '\0');
  for (std::size_t size = 0;;) {
    if (size > limit) return Error{Failure::limit, path + " is larger than " + size_text(limit)};
    if (size == text.size()) enlarge(text, limit + 1);  // it grew meanwhile, or is one of /proc, which tell no size
    const ssize_t count = read(file.get(), text.data() + size, text.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return io_error("cannot read ", path);
    size += static_cast<std::size_t>(count);
    if (count > 0) continue;
    text.resize(size);
    return text;
  }
}

}  // namespace postern
