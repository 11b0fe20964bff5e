#include "setup/questions.h"

#include "base/text.h"
#include "mail/address.h"
#include "settings/permissions.h"
#include "settings/report.h"
#include "setup/present_root.h"
#include "setup/program_words.h"

#include <utility>

namespace postern::setup {
namespace {

using settings::Settings;
using Program = std::optional<std::vector<std::string>>;

Error left() { return Error{Failure::cancelled, "nothing was changed"}; }

/// Asks until the answer is a mail address.
Result<std::string> ask_address(Terminal& terminal, const std::string& question, const std::string& standard) {
  while (true) {
    const auto answer = terminal.ask(question, standard);
    if (!answer) return left();
    auto address = address_of(*answer);
    if (address) return address;
    terminal.complain(address.error().text);
  }
}

Result<Program> program_of(const std::string& text, const settings::User& reader) {
  auto words = program_words(text);
  if (!words) return words.error();
  if (words->empty()) return Program();
  if (!words->front().starts_with('/')) {
    return Error{Failure::invalid, "'" + printable(words->front()) + "' must be the whole path of a program"};
  }
  settings::Report report("notify.command", settings::Readers::few, reader);
  settings::check_program(report, settings::Mark{}, words->front());
  const settings::Loaded checked = std::move(report).finish({});
  if (!checked.problems.empty()) return Error{Failure::invalid, checked.problems.front().text};
  return Program(std::move(*words));
}

}  // namespace

Result<std::string> address_of(const std::string& text) {
  auto address = mail::parse_address(text, mail::Utf8::allow);
  if (!address) return Error{Failure::invalid, "'" + printable(text) + "' is no mail address: " + address.error().text};
  if (mail::split_address(*address).domain.empty()) {
    return Error{Failure::invalid, "'" + printable(text) + "' has no domain; write it as name@example.com"};
  }
  return address;
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

Result<std::optional<std::string>> root_address(const Options& options, const Settings& now,
                                                const settings::User& reader, const RootStandard& standard,
                                                Terminal& terminal) {
  const PresentRoot present = present_root(now, reader);
  const bool stays = !present.target.empty() && !(present.of_file && standard.before_file);
  // What a file of aliases says is not said again.
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
    if (present.of_file && stays) {
      terminal.say("Mail for root goes to " + printable(present.target) + ", as " + printable(present.file) +
                   " has it.");
    }
    if (stays) return std::optional<std::string>();
    if (!standard.address.empty()) return wanted(standard.address);
    return Error{Failure::invalid, "say where root's mail goes: --root admin@example.com"};
  }
  const auto answer = terminal.ask("Where mail for root goes: cron's, RAID alarms, failed backups",
                                   stays ? present.target : standard.address);
  if (!answer) return left();
  if (*answer == present.target) return std::optional<std::string>();
  auto root = address_of(*answer);
  if (root) return wanted(std::move(*root));
  terminal.complain(root.error().text);
  auto again = ask_address(terminal, "Where mail for root goes", standard.address);
  if (!again) return again.error();
  return wanted(std::move(*again));
}

Result<Program> alarm_program(const Options& options, const Settings& now, const settings::User& reader,
                              Terminal& terminal) {
  if (options.notify_command) return program_of(*options.notify_command, reader);
  if (!terminal.interactive() || !now.queue.notify.command.empty()) return Program();
  terminal.say(
      "Mail that says that mail is broken does not arrive. A program of yours (a pager, a chat, wall) can be run\n"
      "then, with two more arguments: \"trouble\" or \"well\", and a line of text.");
  while (true) {
    const auto answer = terminal.ask("Program with its arguments, nothing for none", "");
    if (!answer) return left();
    auto program = program_of(*answer, reader);
    if (program) return program;
    terminal.complain(program.error().text);
  }
}

}  // namespace postern::setup
