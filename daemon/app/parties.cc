#include "app/parties.h"

#include "base/log.h"
#include "base/result.h"
#include "base/user_range.h"

#include <pwd.h>
#include <sys/stat.h>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace postern::app {
namespace {

/// A line takes some thirty bytes.
constexpr std::size_t kLongestFile = std::size_t{4} << 20U;
/// Of the list of users; behind a longer line none is read.
constexpr std::size_t kLongestEntry = 64U << 10U;

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

/// Of /etc/passwd alone: a server of users may be away for as long as the machine starts, and mail does not wait for
/// it. Where a user is not in there each range counts as one of its own.
std::map<std::string, std::uint32_t> local_users() {
  std::map<std::string, std::uint32_t> users;
  const auto close = [](std::FILE* file) { (void)std::fclose(file); };
  const std::unique_ptr<std::FILE, decltype(close)> file(std::fopen("/etc/passwd", "re"), close);
  std::vector<char> bytes(kLongestEntry);
  passwd entry{};
  passwd* found = nullptr;
  while (file && ::fgetpwent_r(file.get(), &entry, bytes.data(), bytes.size(), &found) == 0) {
    users.try_emplace(found->pw_name, found->pw_uid);
  }
  return users;
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
  const auto uid_of = [users = local_users()](const std::string& name) {
    const auto user = users.find(name);
    return user == users.end() ? std::nullopt : std::optional(user->second);
  };
  mail::SubordinateIds found = mail::parse_subordinate_ids(*text, uid_of);
  if (found.broken > 0) {
    log(Level::warning, "lines that are not \"user:first:count\" are left out, whose users count each for itself",
        {{"file", subordinate_ids}, {"lines", found.broken}, {"first", found.first_broken_at}});
  }
  if (found.over_accounts > 0) {
    log(Level::warning, "ranges that begin below 65536 are left out, since users of the machine may be in them",
        {{"file", subordinate_ids}, {"lines", found.over_accounts}});
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
