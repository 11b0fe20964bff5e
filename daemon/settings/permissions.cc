#include "settings/permissions.h"

#include "base/ascii.h"
#include "base/fd.h"
#include "settings/user.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <string_view>
#include <vector>

namespace postern::settings {
namespace {

using Commands = std::vector<std::string>;

/// As a shell reads it as one word.
std::string word(const std::string& file) {
  constexpr std::string_view kPlain = "/._-+,:@%=";
  const auto plain = [&](char c) { return is_alnum(c) || kPlain.find(c) != std::string_view::npos; };
  if (std::ranges::all_of(file, plain)) return file;
  std::string quoted = "'";
  // Not by a backslash, which messages show as an escape.
  for (const char c : file) quoted += c == '\'' ? std::string("'\"'\"'") : std::string(1, c);
  return quoted + "'";
}

std::string joined(const Commands& commands) {
  std::string text;
  for (const std::string& each : commands) text += (text.empty() ? "" : "; ") + each;
  return text;
}

bool inside(const std::string& path, std::string_view directory) {
  return path.starts_with(directory) && (path.size() == directory.size() || path[directory.size()] == '/');
}

/// Directories that the unit hides from the service, and by what.
struct Hidden {
  std::string_view directory;
  std::string_view setting;
};
constexpr std::array<Hidden, 5> kHidden{{{"/home", "ProtectHome="},
                                         {"/root", "ProtectHome="},
                                         {"/run/user", "ProtectHome="},
                                         {"/tmp", "PrivateTmp="},
                                         {"/var/tmp", "PrivateTmp="}}};

const Hidden* hidden(const std::string& file) {
  const auto* const row =
      std::ranges::find_if(kHidden, [&](const Hidden& each) { return inside(file, each.directory); });
  return row == kHidden.end() ? nullptr : row;
}

bool for_the_group(const User& user, const Step& step, mode_t bit) {
  return user.in(step.gid) && (step.mode & bit) != 0;
}

/// How the user gets into a directory or reads or runs a file, where the mode in the way is that of `step`.
void let_in(const User& user, Thing thing, const Step& step, Commands& commands) {
  const std::string name = user_name(user.uid);
  const std::string file = word(step.path);
  if (step.kind == Step::Kind::directory) {
    // Never the group of a directory whose group may mean something.
    if (step.gid != 0 && !user.in(step.gid)) return commands.push_back("chmod o+x " + file);
    if (!user.in(step.gid)) commands.push_back("chgrp " + name + " " + file);
    return commands.push_back("chmod g+x " + file);
  }
  if (thing == Thing::authorities || thing == Thing::certificate || thing == Thing::aliases)
    return commands.push_back("chmod o+r " + file);
  const mode_t bit = thing == Thing::program ? S_IXGRP : S_IRGRP;
  if (step.gid != 0 && !user.in(step.gid) && (step.mode & bit) != 0 && (step.mode & S_IRWXO) == 0) {
    return commands.push_back("usermod -a -G " + group_name(step.gid) + " " + name);
  }
  const std::string group = group_name(user.groups.front());
  if (step.gid != user.groups.front()) commands.push_back("chgrp " + group + " " + file);
  commands.push_back(std::string(thing == Thing::program ? "chmod 750 " : "chmod 640 ") + file);
}

/// What the user needs that cannot do `how` with the file; empty: nobody knows (an access list, a security module).
std::string mending(const Report& report, Thing thing, const std::string& file) {
  const User& user = report.user();
  if (const Hidden* home = hidden(file); home != nullptr && home->setting == "ProtectHome=") {
    const std::string to = thing == Thing::program ? "/usr/local/bin/" : "/etc/postern/";
    const std::string mode = thing == Thing::program ? "750" : "640";
    return "install -g " + group_name(user.groups.front()) + " -m " + mode + " " + word(file) + " " + to +
           ", and name that file";
  }
  Commands commands;
  for (const Step& step : steps_to(file, user.uid)) {
    const bool directory = step.kind == Step::Kind::directory;
    if (step.kind == Step::Kind::link) continue;
    const mode_t owners = directory || thing == Thing::program ? S_IXUSR : S_IRUSR;
    const mode_t groups = directory || thing == Thing::program ? S_IXGRP : S_IRGRP;
    const mode_t others = directory || thing == Thing::program ? S_IXOTH : S_IROTH;
    // Here the modes are looked at, since a directory behind a closed one cannot be tried. A user who is kept out by
    // something else is told so by the trial of the file.
    const bool may = step.uid == user.uid ? (step.mode & owners) != 0
                     : user.in(step.gid)  ? (step.mode & groups) != 0
                                          : (step.mode & others) != 0;
    if (!may) let_in(user, thing, step, commands);
  }
  return joined(commands);
}

std::string as_whom(const Report& report) {
  return report.user().other ? " for the user " + user_name(report.user().uid) : std::string();
}

Error refused(const Report& report, Thing thing, const std::string& file, const std::string& what, int error) {
  Error told = system_error(error, what);
  if (error != EACCES && error != EPERM) return told;
  told.text += as_whom(report);
  const std::string commands = mending(report, thing, file);
  if (!commands.empty()) told.text += "; run: " + commands;
  return told;
}

/// As far as this process can see: who may run a script and not read it cannot tell.
bool is_script(const std::string& file) {
  const UniqueFd opened(open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  std::array<char, 2> first{};
  return opened && read(opened.get(), first.data(), first.size()) == 2 && first == std::array{'#', '!'};
}

std::string who_says(const Opening& opening) {
  const Step& step = opening.step;
  const std::string file = step.path;
  switch (opening.who) {
    case Opening::Who::everybody: return file + " is writable for every user";
    case Opening::Who::group: return file + " is writable for the group " + group_name(step.gid);
    case Opening::Who::owner: return file + " belongs to " + user_name(step.uid);
    case Opening::Who::next_comer: break;
  }
  return file + " lies in a directory where everybody may put a file of that name when it is gone";
}

std::string shut(const Opening& opening) {
  const std::string file = word(opening.step.path);
  switch (opening.who) {
    case Opening::Who::everybody: return "chmod o-w " + file;
    case Opening::Who::group: return "chmod g-w " + file;
    case Opening::Who::owner: return (opening.step.kind == Step::Kind::link ? "chown -h root " : "chown root ") + file;
    case Opening::Who::next_comer: break;
  }
  return "mv " + file + " /usr/local/bin/, and name that file";
}

std::string_view word_for(Thing thing) {
  switch (thing) {
    case Thing::settings: return "these settings, and so run programs with the service's rights";
    case Thing::program: return "what is run with the service's rights";
    case Thing::secret: return "the secret";
    case Thing::authorities: return "which servers are trusted";
    case Thing::aliases: return "where mail for root and other local names goes";
    case Thing::certificate: break;
  }
  return "the certificate";
}

}  // namespace

Result<struct stat> readable(const Report& report, Thing thing, const std::string& file, const std::string& what) {
  const std::string reading = "cannot read " + what;
  // O_NONBLOCK: opening a FIFO must not wait for its writer.
  const UniqueFd opened(open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat status{};
  if (!opened || fstat(opened.get(), &status) != 0) return refused(report, thing, file, reading, errno);
  if (!S_ISREG(status.st_mode)) return Error{Failure::invalid, what + " is not a file"};
  if (!report.user().other) return status;
  const int error = try_access(report.user(), file, R_OK);
  if (error != 0) return refused(report, thing, file, reading, error);
  return status;
}

std::string closing(const Report& report, const std::string& file) {
  const User& user = report.user();
  struct stat status{};
  const bool known = stat(file.c_str(), &status) == 0;
  Step step;
  step.path = file;
  step.gid = status.st_gid;
  step.mode = status.st_mode & ~static_cast<mode_t>(S_IRWXO);
  const bool stays = user.uid == 0 || user.uid == status.st_uid || for_the_group(user, step, S_IRGRP);
  if (!known || stays) return "chmod o-rwx " + word(file);
  Commands commands;
  let_in(user, Thing::secret, step, commands);
  return joined(commands);
}

Trust trust_in(const Report& report, Thing thing, const std::string& file) {
  if (!file.starts_with('/')) return {};
  Gravity gravest = Gravity::none;
  std::string reasons;
  Commands commands;
  for (const Opening& each : openings(steps_to(file, report.user().uid), report.user().uid)) {
    const Gravity one = gravity(thing, each.who);
    if (one == Gravity::none) continue;
    gravest = std::max(gravest, one);
    reasons += (reasons.empty() ? "" : ", ") + who_says(each);
    commands.push_back(shut(each));
  }
  if (gravest == Gravity::none) return {};
  return {gravest, "others can change " + std::string(word_for(thing)) + ": " + reasons + "; run: " + joined(commands)};
}

void check_openings(Report& report, Mark where, Thing thing, const std::string& file) {
  const Trust trust = trust_in(report, thing, file);
  if (trust.lack == Gravity::error) report.error(where, trust.text);
  if (trust.lack == Gravity::warning) report.warning(where, trust.text);
}

void check_sight(Report& report, Mark where, const std::string& file) {
  if (!report.user().other) return;
  const Hidden* row = hidden(file);
  if (row == nullptr) return;
  report.warning(where, "the service does not see " + file + ", since " + std::string(row->setting) +
                            " in its unit hides " + std::string(row->directory));
}

void check_spool(Report& report, const std::string& spool) {
  if (!report.user().other || inside(spool, "/var/spool/postern") || inside(spool, "/var/lib/postern")) return;
  report.warning(report.place("spool"), "the unit of the service lets it write into /var/spool/postern, and not into " +
                                            spool + ": give it ReadWritePaths=" + spool +
                                            " by systemctl edit postern, "
                                            "or it does not start; postern.yaml(5) has the whole of it under 'spool'");
}

void check_public_file(Report& report, Mark where, Thing thing, const std::string& file) {
  if (file.empty()) return;
  const auto status = readable(report, thing, file, file);
  if (!status) return report.error(where, status.error().text);
  check_openings(report, where, thing, file);
  check_sight(report, where, file);
}

void check_program(Report& report, Mark where, const std::string& file) {
  const std::string running = "cannot run " + file;
  struct stat status{};
  if (stat(file.c_str(), &status) != 0) {
    return report.error(where, refused(report, Thing::program, file, running, errno).text);
  }
  const bool program = S_ISREG(status.st_mode) && (status.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)) != 0;
  if (!program) return report.error(where, running + ": it is not a program that this user may execute");
  if (const int error = try_access(report.user(), file, X_OK); error != 0) {
    return report.error(where, refused(report, Thing::program, file, running, error).text);
  }
  if (const int error = try_access(report.user(), file, R_OK); error != 0 && is_script(file)) {
    const Error why = system_error(error, running + ", a script that its interpreter cannot read");
    Commands commands;
    if (const auto steps = steps_to(file, report.user().uid); !steps.empty()) {
      let_in(report.user(), Thing::program, steps.back(), commands);
    }
    return report.error(where, why.text + as_whom(report) + "; run: " + joined(commands));
  }
  check_openings(report, where, Thing::program, file);
  check_sight(report, where, file);
}

}  // namespace postern::settings
