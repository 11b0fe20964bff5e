#include "app/parties.h"

#include "base/log.h"
#include "base/result.h"
#include "base/user_range.h"

#include <pwd.h>
#include <sys/stat.h>
#include <cerrno>
#include <cstdint>
#include <fstream>
#include <optional>
#include <utility>
#include <vector>

namespace postern::app {
namespace {

/// A line takes some thirty bytes.
constexpr std::size_t kLongestFile = std::size_t{4} << 20U;
/// Of the list of users.
constexpr std::size_t kLongestEntry = 16U << 10U;

Result<std::string> start_of(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) return system_error(errno, "open " + path);
  std::string text(kLongestFile, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) return system_error(errno, "read " + path);
  text.resize(static_cast<std::size_t>(file.gcount()));
  text.shrink_to_fit();
  return text;
}

std::optional<std::uint32_t> uid_of(const std::string& name) {
  std::vector<char> bytes(kLongestEntry);
  passwd entry{};
  passwd* found = nullptr;
  (void)::getpwnam_r(name.c_str(), &entry, bytes.data(), bytes.size(), &found);
  return found == nullptr ? std::nullopt : std::optional<std::uint32_t>(found->pw_uid);
}

}  // namespace

mail::Parties read_parties(const std::string& subordinate_ids, std::uint32_t overflow) {
  const Result<std::string> text = start_of(subordinate_ids);
  if (!text) {
    // Most machines without containers have none.
    if (text.error().failure != Failure::not_found) {
      log(Level::warning, "the users of containers count each for itself",
          {{"file", subordinate_ids}, {"why", text.error().text}});
    }
    return mail::Parties({}, overflow);
  }
  mail::SubordinateIds found = mail::parse_subordinate_ids(*text, uid_of);
  if (found.broken > 0) {
    log(Level::warning, "lines that are not \"user:first:count\" are left out, whose users count each for itself",
        {{"file", subordinate_ids}, {"lines", found.broken}, {"first", found.first_broken_at}});
  }
  return mail::Parties(std::move(found.ranges), overflow);
}

std::optional<PartiesFile::Stamp> PartiesFile::stamp() const {
  struct stat status{};
  if (::stat(path_.c_str(), &status) != 0) return std::nullopt;
  return Stamp{status.st_ino, status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec};
}

mail::Parties PartiesFile::read() {
  const std::lock_guard lock(mutex_);
  read_ = stamp();  // first: a change in between is read once more
  return read_parties(path_);
}

std::optional<mail::Parties> PartiesFile::read_if_changed() {
  {
    const std::lock_guard lock(mutex_);
    if (stamp() == read_) return std::nullopt;
  }
  return read();
}

}  // namespace postern::app
