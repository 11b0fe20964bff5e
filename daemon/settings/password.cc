#include "base/fd.h"
#include "settings/load.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <string_view>

namespace postern::settings {
namespace {

constexpr std::size_t kLongestPassword = 64U << 10U;

Result<std::string> read_all(int fd, const std::string& path) {
  // Room for the whole file at once: growing would leave copies of the password in freed memory.
  std::string text(kLongestPassword + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t count = read(fd, text.data() + size, text.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      Error error = system_error(errno, "cannot read the password file " + path);
      wipe(text);
      return error;
    }
    if (count == 0) break;
    size += static_cast<std::size_t>(count);
  }
  text.resize(size);
  return text;
}

}  // namespace

Result<Secret> read_password(const std::string& path) {
  const UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat status{};
  if (!file || fstat(file.get(), &status) != 0) {
    return system_error(errno, "cannot read the password file " + path);
  }
  if (!S_ISREG(status.st_mode)) return Error{Failure::invalid, "the password file " + path + " is not a file"};
  if ((status.st_mode & (S_IROTH | S_IWOTH)) != 0) {
    return Error{Failure::denied, "the password file " + path + " is open to every user; run: chmod o-rwx " + path};
  }
  auto text = read_all(file.get(), path);
  if (!text) return text.error();
  std::string bytes = std::move(*text);
  const char* reason = nullptr;
  if (bytes.size() > kLongestPassword) reason = " is larger than 64 KiB";
  if (bytes.ends_with('\n')) {
    bytes.pop_back();
    if (bytes.ends_with('\r')) bytes.pop_back();
  }
  if (bytes.empty()) reason = " is empty";
  if (reason == nullptr && bytes.find_first_of(std::string_view("\0\r\n", 3)) != std::string::npos) {
    reason = " must hold one line, the password and nothing else";
  }
  if (reason != nullptr) {
    wipe(bytes);
    return Error{Failure::invalid, "the password file " + path + reason};
  }
  Secret secret(std::move(bytes));
  return secret;
}

}  // namespace postern::settings
