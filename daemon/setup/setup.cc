#include "setup/setup.h"

#include "base/durable_file.h"
#include "base/text.h"
#include "settings/load.h"
#include "setup/account.h"
#include "setup/changed_files.h"
#include "setup/credential_file.h"
#include "setup/find_server.h"
#include "setup/line_diff.h"
#include "setup/questions.h"
#include "setup/settings_edit.h"
#include "setup/settings_text.h"
#include "setup/taken_over.h"
#include "setup/written_files.h"

#include <fmt/format.h>
#include <sysexits.h>
#include <unistd.h>

#include <filesystem>
#include <utility>

namespace postern::setup {
namespace {

using settings::Settings;
using settings::Smarthost;

constexpr std::size_t kLargestSettings = std::size_t{1} << 20U;
constexpr mode_t kSettingsMode = 0644;
constexpr mode_t kPermissions = 07777;

int exit_for(Failure failure) {
  switch (failure) {
    case Failure::invalid:
    case Failure::exists: return EX_USAGE;
    case Failure::denied:
    case Failure::rejected: return EX_NOPERM;
    case Failure::io:
    case Failure::no_space: return EX_IOERR;
    case Failure::cancelled: return EX_TEMPFAIL;
    default: return EX_UNAVAILABLE;
  }
}

int told(Terminal& terminal, const Error& error) {
  terminal.complain(error.text);
  return exit_for(error.failure);
}

/// The file that is there now.
struct OldFile {
  std::string path;  ///< without symbolic links
  std::optional<std::string> text;
  FileAccess access{kSettingsMode, {}};
  Settings settings;  ///< as far as they can be read
};

/// Failures: denied; those of reading.
Result<OldFile> old_file(const std::string& config) {
  std::error_code error;
  OldFile old;
  old.path = std::filesystem::weakly_canonical(std::filesystem::absolute(config, error), error).string();
  if (error) return system_error(error.value(), "cannot find " + config);
  const std::string directory = std::filesystem::path(old.path).parent_path().string();
  if (access(directory.c_str(), F_OK) != 0) {
    return Error{Failure::not_found,
                 "there is no directory " + directory + "; make it, or name another file with --config"};
  }
  if (access(directory.c_str(), W_OK) != 0) {
    return Error{Failure::denied, "you may not write into " + directory + "; run it as root: sudo postern setup"};
  }
  struct stat status{};
  auto text = read_file(old.path, kLargestSettings, &status);
  if (!text && text.error().failure == Failure::not_found) return old;
  if (!text) return text.error();
  old.access = FileAccess{status.st_mode & kPermissions, status.st_gid};
  old.text = std::move(*text);
  // Also where a file that they name is missing or open to others, which may be why set-up runs again.
  if (auto written = written_settings(*old.text)) old.settings = std::move(*written);
  return old;
}

/// Somebody may have written it while questions were open.
Result<void> still_as_read(const OldFile& old) {
  const auto now = read_file(old.path, kLargestSettings);
  const bool same = old.text ? now && *now == *old.text : !now && now.error().failure == Failure::not_found;
  if (same) return {};
  return Error{Failure::exists, old.path + " was changed meanwhile, and nothing was written; run postern setup again"};
}

/// The file of authorities by its whole path, since the daemon is in another directory. What is no file is told before
/// a FIFO could be waited for.
Result<void> with_authorities(Options& options) {
  if (options.tls_ca_file.empty()) return {};
  std::error_code error;
  const auto path = std::filesystem::absolute(options.tls_ca_file, error).lexically_normal();
  if (!std::filesystem::is_regular_file(path, error)) {
    return Error{Failure::invalid, "there is no file " + printable(path.string()) + " with the authorities to trust"};
  }
  options.tls_ca_file = path.string();
  return {};
}

std::string whole_text(const Change& change) {
  Proposal proposal;
  proposal.origin = "postern setup";
  proposal.smarthosts = {*change.smarthost};
  if (change.root) proposal.aliases["root"] = {*change.root};
  std::string text = settings_text(proposal);
  if (!change.command) return text;
  Change rest;
  rest.command = change.command;
  auto more = edited(text, rest);
  return more ? std::move(*more) : text;
}

/// The settings could not be changed in their place: beside them, with the difference.
int leave_beside(const OldFile& old, const Change& change, const Error& why, Terminal& terminal) {
  const std::string path = old.path + ".new";
  const std::string text = whole_text(change);
  const auto written = write_files(path, text, {});
  if (!written) return told(terminal, written.error());
  terminal.complain(fmt::format("{} was left as it is, since no line of it can be changed safely: {}", old.path,
                                printable(why.text)));
  for (const std::string& kept : written->kept) terminal.say(fmt::format("What was in {} is kept as {}.", path, kept));
  terminal.say("What it would be is in " + path + "; the difference:\n" + line_diff(*old.text, text));
  const std::string& password = change.smarthost->password_file;
  terminal.say("Carry over what you need of the old file, and put the new one in its place." +
               (password.empty() ? std::string() : " Write the password:\n" + how_to_make(password)) +
               "\nThen: postern reload && postern check");
  return EX_CONFIG;
}

struct Plan {
  Change change;
  std::optional<CredentialFile> credential;
  bool by_browser = false;
};

/// An account with its login, and where root's mail may go.
struct Ready {
  Account account;
  RootStandard root;
};

Result<Ready> account_by_address(const Options& options, Terminal& terminal, const World& world) {
  const auto address = account_address(options, terminal);
  if (!address) return address.error();
  const auto found = find_server(options, *address, terminal, world);
  if (!found) return found.error();
  if (found->provider != nullptr) terminal.say("Provider: " + found->provider->title);
  auto account = log_in(*found, options, *address, terminal, world);
  if (!account) return account.error();
  RootStandard root{*address, false};
  return Ready{std::move(*account), std::move(root)};
}

Result<Ready> account_of(const Options& options, Terminal& terminal, const World& world) {
  const auto taken = take_over(options, terminal, world);
  if (!taken) return taken.error();
  if (!*taken) return account_by_address(options, terminal, world);
  const Proposal& proposal = **taken;
  auto account = log_in_as(proposal.smarthosts.front(), options, terminal, world);
  if (!account) return account.error();
  // A name of this machine leads nowhere without its own alias.
  RootStandard root;
  for (const char* name : {"root", "*"}) {
    const auto alias = proposal.aliases.find(name);
    if (alias == proposal.aliases.end() || alias->second.empty()) continue;
    if (address_of(alias->second.front())) {
      root = RootStandard{alias->second.front(), !proposal.followed_etc_aliases};
    }
    break;
  }
  return Ready{std::move(*account), std::move(root)};
}

Result<Plan> make_plan(const Options& options, const OldFile& old, Terminal& terminal, const World& world) {
  auto ready = account_of(options, terminal, world);
  if (!ready) return ready.error();
  Account* const account = &ready->account;
  const settings::User reader = settings::reader_of(old.path);
  auto root = root_address(options, old.settings, reader, ready->root, terminal);
  if (!root) return root.error();
  auto program = alarm_program(options, old.settings, reader, terminal);
  if (!program) return program.error();
  Plan plan;
  plan.by_browser = account->by_browser;
  if (!account->smarthost.password.empty()) {
    const std::string directory = std::filesystem::path(old.path).parent_path().string();
    plan.credential = CredentialFile{password_path(account->smarthost, old.settings.smarthosts, directory),
                                     account->smarthost.password};
    account->smarthost.password_file = plan.credential->path;
    account->smarthost.password = Secret();
  }
  plan.change = Change{std::move(account->smarthost), std::move(*root), std::move(*program), options.from.has_value()};
  return plan;
}

/// With the TLS that the settings will ask of it, so that a password goes to no server that they refuse.
Smarthost as_trusted(Smarthost smarthost, const std::vector<Smarthost>& there) {
  if (const auto place = replaced_index(smarthost, there)) keep_trust(smarthost, there[*place]);
  return smarthost;
}

/// Of the smarthost in the settings that hold it now.
std::string name_of(const Smarthost& smarthost, const Settings& settings) {
  const auto place = replaced_index(smarthost, settings.smarthosts);
  return place ? settings.smarthosts[*place].name : smarthost.host;
}

/// How the daemon is started that reads these settings.
std::string how_to_start(const std::string& path) {
  const bool systems = path == settings::kSystemSettings;
  const bool systemd = access("/run/systemd/system", F_OK) == 0;
  return "posternd does not run: " + (!systems  ? "posternd --config " + path
                                      : systemd ? "systemctl start postern"
                                                : "posternd, as the user postern");
}

/// A daemon runs, but not with these settings.
bool reads_another(const Reloaded& reloaded, const std::string& path) {
  std::error_code error;
  return !reloaded.config.empty() && !std::filesystem::equivalent(reloaded.config, path, error);
}

/// What follows the writing: the daemon takes it over, a login in a browser, a test as cron would send it.
int begin(const Options& options, const Plan& plan, const OldFile& old, const std::string& site, Terminal& terminal,
          const World& world) {
  const Reloaded reloaded = world.reload();
  if (reloaded.exit == EX_UNAVAILABLE) {
    terminal.say(how_to_start(old.path) + "\nThen: postern check && postern send-test root");
    return options.no_test ? EX_OK : reloaded.exit;
  }
  if (reads_another(reloaded, old.path)) {
    terminal.complain("the posternd that runs has its settings in " + printable(reloaded.config) +
                      ", so nothing was tried with these; start one with: posternd --config " + old.path);
    return options.no_test ? EX_OK : EX_UNAVAILABLE;
  }
  if (reloaded.exit != EX_OK) {
    terminal.complain("posternd has not taken the settings over; postern setup --undo puts those of before back");
    return reloaded.exit;
  }
  if (plan.by_browser) {
    if (const int agreed = world.login(site); agreed != EX_OK) {
      terminal.complain("the login is not made yet: postern login");
      return agreed;
    }
  }
  if (options.no_test) return EX_OK;
  terminal.say("A test to root, as cron would send it:");
  const int sent = world.send_test("root");
  if (sent == EX_OK) {
    terminal.say("Done. postern status shows how things are, postern setup --undo takes this back.");
  } else {
    terminal.complain("the test has not arrived yet; postern status says why, postern setup --undo takes this back");
  }
  return sent;
}

}  // namespace

int set_up(const Options& said, Terminal& terminal, const World& world) {
  const auto old = old_file(said.config);
  if (!old) return told(terminal, old.error());
  Options options = said;
  if (const auto whole = with_authorities(options); !whole) return told(terminal, whole.error());
  World here = world;
  here.hostname = old->settings.names.hostname;
  here.try_smarthost = [&](const Smarthost& smarthost, const std::string& hostname) {
    return world.try_smarthost(as_trusted(smarthost, old->settings.smarthosts), hostname);
  };
  const auto plan = make_plan(options, *old, terminal, here);
  if (!plan) return told(terminal, plan.error());
  std::string text = whole_text(plan->change);
  if (old->text) {
    auto changed_text = edited(*old->text, plan->change);
    if (!changed_text) return leave_beside(*old, plan->change, changed_text.error(), terminal);
    text = std::move(*changed_text);
  }
  const std::string difference = line_diff(old->text.value_or(""), text);
  terminal.say(difference.empty() ? old->path + " stays as it is." : old->path + ":\n" + difference);
  if (terminal.interactive()) {
    const auto answer = terminal.ask("Write it? (yes or no)", "yes");
    if (!answer || answer->empty() || to_lower(answer->front()) != 'y') {
      return told(terminal, Error{Failure::cancelled, "nothing was changed"});
    }
  }
  const NewSettings fresh{old->path, text, old->access};
  const bool written = !stands_already(fresh, plan->credential);
  settings::Loaded loaded;
  const auto load = [&]() -> Result<void> {
    loaded = settings::load(old->path, settings::reader_of(old->path));
    for (const settings::Problem& warning : loaded.warnings) terminal.complain(warning.str() + " (warning)");
    for (const settings::Problem& problem : loaded.problems) terminal.complain(problem.str());
    if (loaded.settings) return {};
    return Error{Failure::invalid, "so the files of before were put back"};
  };
  if (!written) {
    if (!load()) return EX_CONFIG;
  } else {
    if (const auto same = still_as_read(*old); !same) return told(terminal, same.error());
    if (const auto done = write_changed(fresh, plan->credential, load); !done) {
      const int status = told(terminal, done.error());
      return loaded.problems.empty() ? status : EX_CONFIG;
    }
    terminal.say("Wrote " + old->path + (plan->credential ? " and " + plan->credential->path : std::string()) + ".");
  }
  return begin(options, *plan, *old, name_of(*plan->change.smarthost, *loaded.settings), terminal, world);
}

int undo(const Options& options, Terminal& terminal, const World& world) {
  const auto old = old_file(options.config);
  if (!old) return told(terminal, old.error());
  const auto back = undo_changed(old->path);
  if (!back) return told(terminal, back.error());
  for (const std::string& path : *back) {
    terminal.say((access(path.c_str(), F_OK) == 0 ? "Put back " : "Removed ") + printable(path) + ".");
  }
  const Reloaded reloaded = world.reload();
  if (reloaded.exit == EX_UNAVAILABLE) terminal.say(how_to_start(old->path));
  return reloaded.exit == EX_UNAVAILABLE || reads_another(reloaded, old->path) ? EX_OK : reloaded.exit;
}

}  // namespace postern::setup
