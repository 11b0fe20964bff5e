#include "setup/written_files.h"

#include "base/durable_file.h"
#include "base/fd.h"
#include "base/secret.h"
#include "setup/peer_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <cerrno>
#include <filesystem>
#include <string_view>
#include <system_error>

namespace postern::setup {
namespace {

constexpr int kMostKept = 1000;  // old files of one name

/// Gives the file a second name, so that it stays when a new one takes its place. Nothing: there is none, or the new
/// one says the same.
Result<void> keep_old(const std::string& path, std::string_view text, Written& written) {
  auto old = read_file(path, kLargestFile);
  if (!old && old.error().failure == Failure::not_found) return {};
  const bool same = old && *old == text;
  if (old) wipe(*old);
  if (same) return {};
  std::string name = path + ".old";
  std::error_code error;
  std::filesystem::create_hard_link(path, name, error);
  for (int i = 2; error == std::errc::file_exists && i < kMostKept; ++i) {
    name = path + ".old." + std::to_string(i);
    std::filesystem::create_hard_link(path, name, error);
  }
  if (error) return system_error(error.value(), "cannot keep " + path + " as " + name);
  written.kept.push_back(name);
  return {};
}

/// The kept file is for its owner alone, since old settings may hold a password, too. Not before the new one has taken
/// its place: until then the service reads it. A link is left as it is: what it leads to is still in use.
Result<void> close_to_others(const std::string& name) {
  const UniqueFd file(open(name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!file && errno == ELOOP) return {};
  if (!file || fchmod(file.get(), 0600) != 0) return system_error(errno, "cannot close " + name + " to others");
  return {};
}

}  // namespace

Result<Written> write_files(const std::string& settings, const std::string& text,
                            const std::vector<CredentialFile>& credentials) {
  Written written;
  for (const CredentialFile& file : credentials) {
    std::string line = std::string(file.secret.reveal()) + "\n";
    const auto kept = keep_old(file.path, line, written);
    wipe(line);
    if (!kept) return kept.error();
    if (const auto done = write_credential(file); !done) return done.error();
    written.files.push_back(file.path);
  }
  if (const auto kept = keep_old(settings, text, written); !kept) return kept.error();
  FileAccess everybody;
  everybody.mode = 0644;
  if (const auto done = replace_file(settings, text, everybody); !done) return done.error();
  written.files.push_back(settings);
  for (const std::string& name : written.kept) {
    if (const auto closed = close_to_others(name); !closed) return closed.error();
  }
  return written;
}

}  // namespace postern::setup
