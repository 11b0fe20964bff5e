#include "settings/user.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>

namespace postern::settings {
namespace {

constexpr std::size_t kLongestEntry = std::size_t{64} << 10U;  // of a group with very many members

/// In the child. The primary group is the first of all groups.
bool become(const User& user) {
  return ::setgroups(user.groups.size(), user.groups.data()) == 0 && ::setgid(user.groups.front()) == 0 &&
         ::setuid(user.uid) == 0;
}

/// What the child found: an errno as its exit status, which has room for every one of them.
int outcome(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return errno;
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : EIO;
}

}  // namespace

bool User::in(gid_t gid) const { return std::ranges::find(groups, gid) != groups.end(); }

User this_user() {
  User user;
  user.uid = ::geteuid();
  user.groups.push_back(::getegid());
  const int count = ::getgroups(0, nullptr);
  if (count <= 0) return user;
  user.groups.resize(1 + static_cast<std::size_t>(count));
  const int got = ::getgroups(count, user.groups.data() + 1);
  user.groups.resize(1 + static_cast<std::size_t>(std::max(got, 0)));
  return user;
}

Result<User> user_named(const std::string& name) {
  std::vector<char> bytes(kLongestEntry);
  passwd entry{};
  passwd* found = nullptr;
  const int error = ::getpwnam_r(name.c_str(), &entry, bytes.data(), bytes.size(), &found);
  if (error != 0 && error != ENOENT) return system_error(error, "cannot look for the user " + name);
  if (found == nullptr) return Error{Failure::not_found, "there is no user " + name};
  User user;
  user.uid = entry.pw_uid;
  int count = 1 << 16;  // NGROUPS_MAX, the most that the kernel takes
  user.groups.resize(static_cast<std::size_t>(count));
  ::getgrouplist(name.c_str(), entry.pw_gid, user.groups.data(), &count);
  user.groups.resize(static_cast<std::size_t>(std::max(count, 0)));
  // getgrouplist puts the given group first; sure is sure.
  if (user.groups.empty() || user.groups.front() != entry.pw_gid) user.groups.insert(user.groups.begin(), entry.pw_gid);
  user.other = user.uid != ::geteuid();
  return user;
}

bool may_be_group(const std::string& name) {
  std::vector<char> bytes(kLongestEntry);
  group row{};
  group* found = nullptr;
  const int error = ::getgrnam_r(name.c_str(), &row, bytes.data(), bytes.size(), &found);
  return found != nullptr || (error != 0 && error != ENOENT);
}

bool is_systems(const std::string& file) {
  std::error_code error;
  if (std::filesystem::equivalent(file, kSystemSettings, error)) return true;
  const std::filesystem::path own = std::filesystem::path(kSystemSettings).parent_path();
  const auto whole = std::filesystem::absolute(file, error).lexically_normal();
  return whole.parent_path() == own || std::filesystem::equivalent(whole.parent_path(), own, error);
}

User reader_of(const std::string& file) {
  if (::geteuid() != 0 || !is_systems(file)) return this_user();
  auto service = user_named(kServiceUser);
  return service ? *std::move(service) : this_user();
}

std::string user_name(uid_t uid) {
  std::vector<char> bytes(kLongestEntry);
  passwd entry{};
  passwd* found = nullptr;
  ::getpwuid_r(uid, &entry, bytes.data(), bytes.size(), &found);
  return found == nullptr ? std::to_string(uid) : std::string(entry.pw_name);
}

std::string group_name(gid_t gid) {
  std::vector<char> bytes(kLongestEntry);
  group entry{};
  group* found = nullptr;
  ::getgrgid_r(gid, &entry, bytes.data(), bytes.size(), &found);
  return found == nullptr ? std::to_string(gid) : std::string(entry.gr_name);
}

int try_access(const User& user, const std::string& file, int how) {
  if (!user.other) return ::faccessat(AT_FDCWD, file.c_str(), how, AT_EACCESS) == 0 ? 0 : errno;
  const pid_t child = ::fork();
  if (child < 0) return errno;
  if (child > 0) return outcome(child);
  if (!become(user)) ::_exit(errno);
  ::_exit(::access(file.c_str(), how) == 0 ? 0 : errno);
}

}  // namespace postern::settings
