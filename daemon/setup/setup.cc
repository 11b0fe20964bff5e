#include "setup/setup.h"

#include "base/durable_file.h"
#include "base/text.h"
#include "mail/address.h"
#include "settings/account.h"
#include "settings/load.h"
#include "settings/permissions.h"
#include "setup/account.h"
#include "setup/changed_files.h"
#include "setup/find_server.h"
#include "setup/line_diff.h"
#include "setup/present_root.h"
#include "setup/settings_edit.h"
#include "setup/settings_text.h"
#include "setup/taken_over.h"

#include <fmt/format.h>
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
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

Result<std::string> address_of(const std::string& text) {
  auto address = mail::parse_address(text, mail::Utf8::allow);
  if (!address) return Error{Failure::invalid, "'" + printable(text) + "' is no mail address: " + address.error().text};
  if (mail::split_address(*address).domain.empty()) {
    return Error{Failure::invalid, "'" + printable(text) + "' has no domain; write it as name@example.com"};
  }
  return address;
}

/// Asks until the answer is a mail address; `empty` is an answer where it is allowed.
Result<std::string> ask_address(Terminal& terminal, const std::string& question, const std::string& standard) {
  while (true) {
    const auto answer = terminal.ask(question, standard);
    if (!answer) return Error{Failure::cancelled, "nothing was changed"};
    auto address = address_of(*answer);
    if (address) return address;
    terminal.complain(address.error().text);
  }
}

Result<std::string> account_address(const Options& options, Terminal& terminal) {
  if (!options.address.empty()) return address_of(options.address);
  if (options.no_login || !options.user.empty()) return std::string();
  if (!terminal.interactive()) {
    return Error{Failure::invalid,
                 "say the mail address of the account that sends this machine's mail: postern setup "
                 "alerts@example.com --password-file FILE --root admin@example.com"};
  }
  return ask_address(terminal, "Mail address of the account that sends this machine's mail", "");
}

/// Nothing: it stays as it is. What a file of aliases says is not said again.
Result<std::optional<std::string>> root_address(const Options& options, const OldFile& old, const std::string& address,
                                                Terminal& terminal) {
  const PresentRoot present = present_root(old.settings);
  const auto wanted = [&](std::string root) {
    if (present.of_file && root == present.target) return std::optional<std::string>();
    if (!present.file.empty()) terminal.say("This goes before the alias for root in " + printable(present.file) + ".");
    return std::optional(std::move(root));
  };
  if (!options.root.empty()) {
    auto root = address_of(options.root);
    if (!root) return root.error();
    return wanted(std::move(*root));
  }
  if (!terminal.interactive()) {
    if (!present.target.empty()) return std::optional<std::string>();
    if (!address.empty()) return std::optional(address);
    return Error{Failure::invalid, "say where root's mail goes: --root admin@example.com"};
  }
  const auto answer = terminal.ask("Where mail for root goes: cron's, RAID alarms, failed backups",
                                   present.target.empty() ? address : present.target);
  if (!answer) return Error{Failure::cancelled, "nothing was changed"};
  if (*answer == present.target) return std::optional<std::string>();
  auto root = address_of(*answer);
  if (root) return wanted(std::move(*root));
  terminal.complain(root.error().text);
  auto again = ask_address(terminal, "Where mail for root goes", address);
  if (!again) return again.error();
  return wanted(std::move(*again));
}

/// `reader`: who will run it.
Result<std::vector<std::string>> program_of(const std::string& text, const settings::User& reader) {
  const std::vector<std::string_view> found = split_words(text);
  std::vector<std::string> words(found.begin(), found.end());
  if (words.empty()) return words;
  if (!words.front().starts_with('/')) {
    return Error{Failure::invalid, "'" + printable(words.front()) + "' must be the whole path of a program"};
  }
  settings::Report report("notify.command", settings::Readers::few, reader);
  settings::check_program(report, settings::Mark{}, words.front());
  const settings::Loaded checked = std::move(report).finish({});
  if (!checked.problems.empty()) return Error{Failure::invalid, checked.problems.front().text};
  return words;
}

/// Nothing: it stays as it is.
Result<std::optional<std::vector<std::string>>> alarm_program(const Options& options, const OldFile& old,
                                                              Terminal& terminal) {
  using Program = std::optional<std::vector<std::string>>;
  if (options.notify_command) {
    auto words = program_of(*options.notify_command, settings::reader_of(old.path));
    if (!words) return words.error();
    return words->empty() ? Program() : Program(std::move(*words));
  }
  const bool there = !old.settings.queue.notify.command.empty();
  if (!terminal.interactive() || there) return Program();
  terminal.say(
      "Mail that says that mail is broken does not arrive. A program of yours (a pager, a chat, wall) can be run\n"
      "then, with two more arguments: \"trouble\" or \"well\", and a line of text.");
  while (true) {
    const auto answer = terminal.ask("Program with its arguments, nothing for none", "");
    if (!answer) return Error{Failure::cancelled, "nothing was changed"};
    auto words = program_of(*answer, settings::reader_of(old.path));
    if (words) return words->empty() ? Program() : Program(std::move(*words));
    terminal.complain(words.error().text);
  }
}

/// The file for the password: the one that the settings name, if it is for this account alone.
std::string credential_path(const OldFile& old, const Smarthost& smarthost) {
  const std::vector<Smarthost>& there = old.settings.smarthosts;
  const auto place = replaced_index(smarthost, there);
  const auto used_by_others = [&](const std::string& path) {
    for (std::size_t i = 0; i < there.size(); ++i) {
      if (i != place && there[i].password_file == path) return true;
    }
    return false;
  };
  if (place && !there[*place].password_file.empty() && !used_by_others(there[*place].password_file)) {
    return there[*place].password_file;
  }
  const std::string first = (std::filesystem::path(old.path).parent_path() / "password").string();
  return used_by_others(first) ? first + "-" + smarthost.host : first;
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
  if (const auto done = replace_file(path, text, old.access); !done) return told(terminal, done.error());
  terminal.complain(fmt::format("{} was left as it is, since no line of it can be changed safely: {}", old.path,
                                printable(why.text)));
  terminal.say("What it would be is in " + path + "; the difference:\n" + line_diff(*old.text, text));
  terminal.say(
      "Carry over what you need of the old file, put the new one in its place, write the password into the file\n"
      "that it names, and then: postern reload && postern check");
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
  std::string root;  ///< empty: nothing is known
};

Result<Ready> account_by_address(const Options& options, Terminal& terminal, const World& world) {
  const auto address = account_address(options, terminal);
  if (!address) return address.error();
  const auto found = find_server(options, *address, terminal, world);
  if (!found) return found.error();
  if (found->provider != nullptr) terminal.say("Provider: " + found->provider->title);
  auto account = log_in(*found, options, *address, terminal, world);
  if (!account) return account.error();
  return Ready{std::move(*account), *address};
}

Result<Ready> account_of(const Options& options, Terminal& terminal, const World& world) {
  const auto taken = take_over(options, terminal, world);
  if (!taken) return taken.error();
  if (!*taken) return account_by_address(options, terminal, world);
  const Proposal& proposal = **taken;
  auto account = log_in_as(proposal.smarthosts.front(), options, terminal, world);
  if (!account) return account.error();
  // A name of this machine leads nowhere without its own alias.
  const auto root = proposal.aliases.find("root");
  const bool known = root != proposal.aliases.end() && !root->second.empty() && address_of(root->second.front());
  return Ready{std::move(*account), known ? root->second.front() : std::string()};
}

Result<Plan> make_plan(const Options& options, const OldFile& old, Terminal& terminal, const World& world) {
  auto ready = account_of(options, terminal, world);
  if (!ready) return ready.error();
  Account* const account = &ready->account;
  auto root = root_address(options, old, ready->root, terminal);
  if (!root) return root.error();
  auto program = alarm_program(options, old, terminal);
  if (!program) return program.error();
  Plan plan;
  plan.by_browser = account->by_browser;
  if (!account->smarthost.password.empty()) {
    plan.credential = CredentialFile{credential_path(old, account->smarthost), account->smarthost.password};
    account->smarthost.password_file = plan.credential->path;
    account->smarthost.password = Secret();
  }
  plan.change = Change{std::move(account->smarthost), std::move(*root), std::move(*program), options.from.has_value()};
  return plan;
}

/// Of the smarthost in the settings that hold it now.
std::string name_of(const Smarthost& smarthost, const Settings& settings) {
  const auto place = replaced_index(smarthost, settings.smarthosts);
  return place ? settings.smarthosts[*place].name : smarthost.host;
}

/// What follows the writing: the daemon takes it over, a login in a browser, a test as cron would send it.
int begin(const Options& options, const Plan& plan, const std::string& site, Terminal& terminal, const World& world) {
  const int reloaded = world.reload();
  if (reloaded == EX_UNAVAILABLE) {
    terminal.say("posternd does not run: systemctl start postern. Then: postern check && postern send-test root");
    return options.no_test ? EX_OK : reloaded;
  }
  if (reloaded != EX_OK) {
    terminal.complain("posternd has not taken the settings over; postern setup --undo puts those of before back");
    return reloaded;
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

int set_up(const Options& options, Terminal& terminal, const World& world) {
  const auto old = old_file(options.config);
  if (!old) return told(terminal, old.error());
  const auto plan = make_plan(options, *old, terminal, world);
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
  if (written) {
    if (const auto done = write_changed(fresh, plan->credential); !done) return told(terminal, done.error());
  }
  const settings::Loaded loaded = settings::load(old->path, settings::reader_of(old->path));
  for (const settings::Problem& warning : loaded.warnings) terminal.complain(warning.str() + " (warning)");
  if (!loaded.settings) {
    for (const settings::Problem& problem : loaded.problems) terminal.complain(problem.str());
    if (!written) return EX_CONFIG;
    const auto back = undo_changed(old->path);
    terminal.complain(back ? "so the files of before were put back" : back.error().text);
    return EX_CONFIG;
  }
  if (written) {
    terminal.say("Wrote " + old->path + (plan->credential ? " and " + plan->credential->path : std::string()) + ".");
  }
  return begin(options, *plan, name_of(*plan->change.smarthost, *loaded.settings), terminal, world);
}

int undo(const Options& options, Terminal& terminal, const World& world) {
  const auto old = old_file(options.config);
  if (!old) return told(terminal, old.error());
  const auto back = undo_changed(old->path);
  if (!back) return told(terminal, back.error());
  for (const std::string& path : *back) {
    terminal.say((access(path.c_str(), F_OK) == 0 ? "Put back " : "Removed ") + printable(path) + ".");
  }
  const int reloaded = world.reload();
  if (reloaded == EX_UNAVAILABLE) terminal.say("posternd does not run: systemctl start postern");
  return reloaded == EX_UNAVAILABLE ? EX_OK : reloaded;
}

}  // namespace postern::setup
