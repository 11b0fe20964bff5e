#include "settings/load.h"

#include "base/fd.h"
#include "base/result.h"
#include "base/secret.h"
#include "base/text.h"
#include "settings/complete.h"
#include "settings/document.h"
#include "settings/keys.h"
#include "settings/report.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>

namespace postern::settings {
namespace {

constexpr std::size_t kLargestFile = 1U << 20U;

struct File {
  std::string text;
  Readers readers = Readers::everybody;
};

/// A regular file. Failures: those of the system calls, invalid, limit.
Result<File> read_file(const std::string& path) {
  // O_NONBLOCK: opening a FIFO must not wait for its writer.
  const UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat status{};
  if (!file || fstat(file.get(), &status) != 0) return system_error(errno, "cannot read " + path);
  if (!S_ISREG(status.st_mode)) return Error{Failure::invalid, path + " is not a file"};
  std::string text(kLargestFile + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t count = read(file.get(), text.data() + size, text.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_error(errno, "cannot read " + path);
    if (count == 0) break;
    size += static_cast<std::size_t>(count);
  }
  if (size > kLargestFile) return Error{Failure::limit, path + " is larger than 1 MiB"};
  text.resize(size);
  return File{std::move(text), (status.st_mode & S_IROTH) != 0 ? Readers::everybody : Readers::few};
}

Loaded parse(const std::string& text, Report report) {
  Settings settings;
  // A configuration without a single setting is allowed, but then it says so in comments; a file of
  // nothing at all is one that was cut off while being written.
  if (trim(text).empty()) {
    report.error(Mark{}, "the file is empty");
  } else if (const auto root = read_document(text, report)) {
    if (root->kind != Node::Kind::map) {
      report.error(root->mark, "the file must hold keys with values, such as 'hostname: mail.example.com'");
    } else {
      read_keys(*root, settings, report);
      complete(settings, report);
    }
  }
  return std::move(report).finish(std::move(settings));
}

}  // namespace

Loaded load(const std::string& path) {
  auto file = read_file(path);
  if (file) {
    Loaded loaded = parse(file->text, Report(path, file->readers));
    wipe(file->text);  // a password may stand in it
    return loaded;
  }
  Report report(path);
  report.error(Mark{}, file.error().text);
  return std::move(report).finish(Settings{});
}

Loaded parse(const std::string& text, const std::string& file) { return parse(text, Report(file)); }

}  // namespace postern::settings
