#include "control/arguments.h"

#include "base/text.h"

#include <CLI/CLI.hpp>

#include <array>

namespace postern::control {
namespace {

struct TextOption {
  const char* name;
  const char* key;
  const char* type;
  const char* description;
};
constexpr std::array kTexts{
    TextOption{"--state", "state", "STATE", "only these: waiting, active, held, failed or corrupt"},
    TextOption{"--sender", "sender", "TEXT", "only where the sender contains this; <> is the null sender"},
    TextOption{"--recipient", "recipient", "TEXT", "only where a recipient contains this"},
    TextOption{"--site", "site", "NAME", "only those that wait for this smarthost or were last tried at it"},
    TextOption{"--text", "text", "TEXT", "only where the reason for the wait contains this"},
};

struct AgeOption {
  const char* name;
  const char* key;
  const char* description;
};
constexpr std::array kAges{
    AgeOption{"--older-than", "older_than", "only those accepted longer ago, like 30m, 4h or 2d"},
    AgeOption{"--newer-than", "newer_than", "only those accepted since then"},
};

}  // namespace

std::optional<std::uint64_t> parse_age(std::string_view text) {
  struct Unit {
    char letter;
    std::uint64_t seconds;
  };
  constexpr std::array kUnits{Unit{'s', 1}, Unit{'m', 60}, Unit{'h', 3600}, Unit{'d', 86400}};
  constexpr std::uint64_t kMost = 1'000'000'000;
  std::uint64_t factor = 1;
  for (const Unit& unit : kUnits) {
    if (!text.ends_with(unit.letter)) continue;
    factor = unit.seconds;
    text.remove_suffix(1);
    break;
  }
  const std::optional<std::uint64_t> number = parse_number(text);
  if (!number || *number > kMost / factor) return std::nullopt;
  return *number * factor;
}

void add_filter_options(CLI::App& command, boost::json::object& filter) {
  for (const TextOption& one : kTexts) {
    const auto take = [&filter, name = one.name, key = one.key](const std::string& value) {
      if (value.empty()) {
        throw CLI::ValidationError(name,
                                   "an empty text would mean every message; --all means them all, and <> is the "
                                   "null sender");
      }
      filter[key] = value;
    };
    command.add_option_function<std::string>(one.name, take, one.description)->type_name(one.type);
  }
  for (const AgeOption& one : kAges) {
    const auto take = [&filter, name = one.name, key = one.key](const std::string& value) {
      const std::optional<std::uint64_t> seconds = parse_age(value);
      if (!seconds) throw CLI::ValidationError(name, "\"" + value + "\" is no age like 90s, 30m, 4h or 2d");
      filter[key] = *seconds;
    };
    command.add_option_function<std::string>(one.name, take, one.description)->type_name("AGE");
  }
}

}  // namespace postern::control
