#include "console/slips.h"

#include "base/ids.h"
#include "base/nearest.h"
#include "base/text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

namespace postern::console {
namespace {

constexpr std::size_t kShownOfSlip = 64;

/// What is called so by other commands, in pairs.
constexpr std::array<std::array<std::string_view, 2>, 4> kElsewhere{
    {{"--sender", "--from"}, {"--recipient", "--to"}, {"--newer-than", "--since"}, {"--older-than", "--until"}}};

std::optional<std::string> called_here(const std::string& word, const std::vector<std::string>& known) {
  for (const auto& [one, other] : kElsewhere) {
    const std::string_view here = word == one ? other : word == other ? one : std::string_view();
    if (std::ranges::find(known, here) != known.end()) return std::string(here);
  }
  return std::nullopt;
}

std::string guess(const std::string& word, const std::vector<std::string>& known) {
  if (const auto here = called_here(word, known)) return fmt::format("here it is called {}; ", *here);
  const std::optional<std::string> near = nearest(word, known);
  return near ? fmt::format("did you mean {}? ", *near) : std::string();
}

std::vector<std::string> commands_below(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::App* below : command.get_subcommands([](const CLI::App* one) { return !one->get_name().empty(); })) {
    if (std::ranges::find(names, below->get_name()) == names.end()) names.push_back(below->get_name());
  }
  return names;
}

void add_options_of(const CLI::App& command, std::vector<std::string>& names) {
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  // A group of options is a command without a name.
  for (const CLI::App* group : command.get_subcommands([](const CLI::App* one) { return one->get_name().empty(); }))
    add_options_of(*group, names);
}

/// Letters and digits of queue ids, and a digit: no command has one.
bool may_be_id(std::string_view word) {
  constexpr std::size_t kShortest = 4;
  constexpr std::string_view kDigits = "0123456789";
  if (word.size() < kShortest || word.size() > QueueId::kLength) return false;
  if (word.find_first_of(kDigits) == std::string_view::npos) return false;
  const std::string filled = std::string(word) + std::string(QueueId::kLength - word.size(), '0');
  return QueueId::read(filled).has_value();
}

/// The commands with this name at or below `command`, as they are written.
void add_named(const CLI::App& command, const std::string& name, std::vector<std::string>& found) {
  for (const CLI::App* below : command.get_subcommands([](const CLI::App*) { return true; })) {
    if (below->get_name() == name) found.push_back("`" + full_name(*below) + "`");
    add_named(*below, name, found);
  }
}

/// What is meant by a word that is a command, or the id of a message, elsewhere; empty: it is none.
std::string meant_elsewhere(const CLI::App& command, const std::string& word) {
  if (word == "help") {
    const std::string name = full_name(command);
    return "`postern help" + name.substr(std::min(name.find(' '), name.size())) + "`";
  }
  const bool id = may_be_id(word);
  std::vector<std::string> found;
  for (const CLI::App* at = &command; at != nullptr && found.empty(); at = at->get_parent()) {
    add_named(*at, id ? "show" : word, found);
  }
  if (id) {
    for (std::string& one : found) one.insert(one.size() - 1, " " + word);
  }
  return fmt::format("{}", fmt::join(found, " or "));
}

/// Those of the commands above are taken, too.
std::vector<std::string> options_of(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::App* one = &command; one != nullptr; one = one->get_parent()) add_options_of(*one, names);
  return names;
}

}  // namespace

std::string unknown_word(std::string_view kind, const std::string& word, std::span<const std::string_view> known) {
  if (std::ranges::find(known, word) != known.end()) return {};
  const std::vector<std::string> names(known.begin(), known.end());
  return fmt::format("\"{}\" is no {}; {}there is: {}", printable(word.substr(0, kShownOfSlip)), kind,
                     guess(word, names), fmt::join(known, ", "));
}

const CLI::App& reached(const CLI::App& app) {
  const CLI::App* at = &app;
  while (!at->get_subcommands().empty()) at = at->get_subcommands().front();
  return *at;
}

std::string full_name(const CLI::App& command) {
  const CLI::App* parent = command.get_parent();
  return parent == nullptr ? command.get_name() : full_name(*parent) + " " + command.get_name();
}

std::string unknown_argument(const CLI::App& command, const std::string& word) {
  const std::string shown = printable(word.substr(0, kShownOfSlip));
  const std::string name = full_name(command);
  const std::string own = command.get_parent() == nullptr ? "there is" : name + " has";
  if (word.starts_with("-")) {
    const std::string given = word.substr(0, word.find('='));
    return fmt::format("{} no option {}; {}`{} --help` shows what there is", own, shown,
                       guess(given, options_of(command)), name);
  }
  const std::vector<std::string> below = commands_below(command);
  const std::string_view kind = below.empty() ? "argument" : "command";
  const std::string meant = below.empty() && !may_be_id(word) ? std::string() : meant_elsewhere(command, word);
  if (!meant.empty()) return fmt::format("{} no {} \"{}\"; did you mean {}?", own, kind, shown, meant);
  if (below.empty()) return fmt::format("{} no argument \"{}\"; `{} --help` shows what there is", own, shown, name);
  return fmt::format("{} no command \"{}\"; {}there is: {}", own, shown, guess(word, below), fmt::join(below, ", "));
}

}  // namespace postern::console
