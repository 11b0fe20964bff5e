#include "console/arguments.h"

#include "base/measures.h"
#include "console/slips.h"
#include "control/members.h"

#include <CLI/CLI.hpp>

#include <array>

namespace postern::console {
namespace {

namespace members = control::members;

struct TextOption {
  const char* name;
  std::string_view key;
  const char* type;
  const char* description;
};
constexpr std::array kTexts{
    TextOption{"--state", members::kState, "STATE", "only these: waiting, active, storm, held, failed or corrupt"},
    TextOption{"--sender", members::kSender, "TEXT", "only where the sender contains this; <> is the null sender"},
    TextOption{"--recipient", members::kRecipient, "TEXT", "only where a recipient contains this"},
    TextOption{"--site", members::kSite, "NAME", "only those that wait for this smarthost or were last tried at it"},
    TextOption{"--route", members::kRoute, "NAMES", "only those that go by this route: its smarthosts, main,backup"},
    TextOption{"--text", members::kText, "TEXT", "only where the reason for the wait contains this"},
};

struct AgeOption {
  const char* name;
  std::string_view key;
  const char* description;
};
constexpr std::array kAges{
    AgeOption{"--older-than", members::kOlderThan, "only those accepted longer ago, like 30m, 4h or 2d"},
    AgeOption{"--newer-than", members::kNewerThan, "only those accepted since then"},
};

}  // namespace

std::optional<std::uint64_t> parse_age(std::string_view text) {
  constexpr std::uint64_t kMost = 1'000'000'000;
  const std::optional<std::uint64_t> seconds = parse_duration(text);
  return seconds && *seconds <= kMost ? seconds : std::nullopt;
}

void add_filter_options(CLI::App& command, boost::json::object& filter) {
  for (const TextOption& one : kTexts) {
    const auto take = [&filter, name = one.name, key = one.key](const std::string& value) {
      if (value.empty()) {
        throw CLI::ValidationError(name,
                                   "an empty text would mean every message; --all means them all, and <> is the "
                                   "null sender");
      }
      if (key == members::kState) {
        const std::string wrong = unknown_word("state", value, members::kStates);
        if (!wrong.empty()) throw CLI::ValidationError(name, wrong);
      }
      filter[key] = value;
    };
    command.add_option_function<std::string>(one.name, take, one.description)->type_name(one.type);
  }
  for (const AgeOption& one : kAges) {
    const auto take = [&filter, name = one.name, key = one.key](const std::string& value) {
      const std::optional<std::uint64_t> seconds = parse_age(value);
      if (!seconds) throw CLI::ValidationError(name, "\"" + value + "\" is no age like 90s, 30m, 4h, 2d or 1w");
      filter[key] = *seconds;
    };
    command.add_option_function<std::string>(one.name, take, one.description)->type_name("AGE");
  }
}

}  // namespace postern::console
