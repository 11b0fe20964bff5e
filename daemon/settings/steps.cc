// The facts that trust.h judges.
#include "base/user_range.h"
#include "settings/trust.h"
#include "settings/user.h"

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <memory>
#include <string_view>
#include <system_error>

namespace postern::settings {
namespace {

constexpr int kMostLinks = 40;  // as the kernel
constexpr std::size_t kEntry = std::size_t{64} << 10U;
constexpr gid_t kFirstOrdinaryGroup = 1000;  // GID_MIN in login.defs(5)

/// Whether the group is the first one of somebody who has an account on this machine, besides root and `own`.
bool is_first_of_others(gid_t gid, const std::string& own) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen("/etc/passwd", "re"), &std::fclose);
  if (!file) return true;
  std::vector<char> bytes(kEntry);
  passwd entry{};
  passwd* found = nullptr;
  while (::fgetpwent_r(file.get(), &entry, bytes.data(), bytes.size(), &found) == 0) {
    if (entry.pw_gid == gid && entry.pw_uid != 0 && own != entry.pw_name) return true;
  }
  return false;
}

/// Whether others than root and the service's user are in the group. Root's group and the user's own usually have
/// nobody else (Debian's ssh judges so too), nor has a group of the system such as "staff", to which Debian gave
/// /usr/local. Of other groups a directory service may know more members than it tells.
bool has_others(gid_t gid, uid_t user) {
  std::vector<char> bytes(kEntry);
  group entry{};
  group* found = nullptr;
  if (::getgrgid_r(gid, &entry, bytes.data(), bytes.size(), &found) != 0 || found == nullptr) return gid != 0;
  const std::string own = user_name(user);
  if (gid >= kFirstOrdinaryGroup && own != entry.gr_name) return true;
  for (char** member = entry.gr_mem; *member != nullptr; ++member) {
    if (own != *member && std::string_view(*member) != "root") return true;
  }
  return gid != 0 && is_first_of_others(gid, own);
}

/// Files that a container has been given to read. Below systemd it tells nothing: ProtectSystem= makes /etc read-only
/// for the service alone, and others write there all the same.
bool is_read_only(const std::string& path) {
  struct statvfs about{};
  return std::getenv("INVOCATION_ID") == nullptr && ::statvfs(path.c_str(), &about) == 0 &&
         (about.f_flag & ST_RDONLY) != 0;
}

Step step_of(const std::string& path, const struct stat& status, uid_t user) {
  Step step;
  step.path = path;
  step.kind = S_ISDIR(status.st_mode)   ? Step::Kind::directory
              : S_ISLNK(status.st_mode) ? Step::Kind::link
                                        : Step::Kind::file;
  step.uid = status.st_uid;
  step.gid = status.st_gid;
  step.mode = status.st_mode;
  const bool by_group = (status.st_mode & S_IWGRP) != 0 && step.kind != Step::Kind::link;
  step.shared_group = by_group && has_others(status.st_gid, user);
  if (status.st_uid == 0) return step;
  // In a user namespace the files of those whom it does not know seem to be the overflow user's.
  static const bool part = !knows_every_user();
  step.outside = part && status.st_uid == overflow_uid();
  return step;
}

bool worth_asking(const Step& step) {
  return step.kind != Step::Kind::link && (step.uid != 0 || (step.mode & (S_IWGRP | S_IWOTH)) != 0);
}

void prepend(std::deque<std::string>& rest, const std::filesystem::path& path) {
  std::vector<std::string> parts;
  for (const auto& part : path.relative_path()) parts.push_back(part.string());
  rest.insert(rest.begin(), parts.begin(), parts.end());
}

}  // namespace

std::vector<Step> steps_to(const std::string& path, uid_t user) {
  std::vector<Step> steps;
  std::deque<std::string> rest;
  std::filesystem::path here = "/";
  prepend(rest, path);
  rest.emplace_front(".");  // the root directory itself is a step
  int links = 0;
  while (!rest.empty()) {
    const std::string part = rest.front();
    rest.pop_front();
    if (part == "..") {
      here = here.parent_path();
      continue;
    }
    if (part.empty() || (part == "." && !steps.empty())) continue;
    const std::filesystem::path next = part == "." ? here : here / part;
    struct stat status{};
    if (::lstat(next.c_str(), &status) != 0) break;
    Step step = step_of(next.string(), status, user);
    if (worth_asking(step)) step.read_only = is_read_only(step.path);
    steps.push_back(std::move(step));
    if (!S_ISLNK(status.st_mode)) {
      here = next;
      continue;
    }
    std::error_code error;
    const auto target = std::filesystem::read_symlink(next, error);
    if (error || ++links > kMostLinks) break;
    if (target.is_absolute()) here = "/";
    prepend(rest, target);
  }
  return steps;
}

}  // namespace postern::settings
