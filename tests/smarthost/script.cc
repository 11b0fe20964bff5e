#include "script.h"

#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace postern::practice {
namespace {

constexpr std::array<std::string_view, 10> kScriptedSteps{"connect", "greeting", "ehlo", "starttls",    "auth",
                                                          "mail",    "rcpt",     "data", "end-of-data", "quit"};

Error wrong(std::string text) { return {Failure::invalid, std::move(text)}; }

// The next word of the line, which is then removed.
std::string_view take_word(std::string_view& line) {
  line = trim(line);
  const std::size_t end = std::min(line.find_first_of(" \t"), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(end);
  return word;
}

Result<Action> parse_reply(std::string_view rest) {
  const std::string_view text = trim(rest);
  const std::string_view code = text.substr(0, std::min(text.find(' '), text.size()));
  const std::optional<std::uint64_t> number = parse_number(code);
  if (!number || code.size() != 3 || *number < 200) return wrong("reply needs a code of 200 to 599 and a text");
  if (*number > 599) return wrong("reply needs a code of 200 to 599 and a text");
  return Action{Action::Kind::reply, std::string(text), Seconds(0)};
}

Result<Action> parse_stall(std::string_view rest) {
  const std::optional<std::uint64_t> seconds = parse_number(trim(rest));
  if (!seconds || *seconds > 86400) return wrong("stall needs a number of seconds, at most a day");
  return Action{Action::Kind::stall, {}, Seconds(*seconds)};
}

template <Action::Kind kind>
Result<Action> parse_plain(std::string_view rest) {
  if (!trim(rest).empty()) return wrong("nothing may follow this action");
  return Action{kind, {}, Seconds(0)};
}

struct ActionName {
  std::string_view name;
  Result<Action> (*parse)(std::string_view rest);
};

constexpr std::array kActions{
    ActionName{"reply", parse_reply},
    ActionName{"close", parse_plain<Action::Kind::close>},
    ActionName{"stall", parse_stall},
    ActionName{"garbage", parse_plain<Action::Kind::garbage>},
    ActionName{"drip", parse_plain<Action::Kind::drip>},
};

}  // namespace

Result<Script::Rule> Script::parse_rule(std::string_view line) {
  if (take_word(line) != "at") return wrong("a rule begins with \"at\"");
  Rule rule;
  const std::string_view place = take_word(line);
  const std::size_t colon = std::min(place.find(':'), place.size());
  rule.step = std::string(place.substr(0, colon));
  if (std::find(kScriptedSteps.begin(), kScriptedSteps.end(), rule.step) == kScriptedSteps.end()) {
    return wrong(fmt::format("\"{}\" is no step; there are: {}", printable(rule.step), fmt::join(kScriptedSteps, " ")));
  }
  if (colon < place.size()) {
    rule.detail = to_upper(place.substr(colon + 1));
    if (rule.step != "auth" || rule.detail.empty()) return wrong("only auth takes a detail: auth:MECHANISM");
  }
  std::string_view word = take_word(line);
  if (word != "do") {
    if (word != "always") {
      const std::optional<std::uint64_t> count = parse_number(word);
      if (!count || *count == 0) return wrong("after the step comes a number from 1, \"always\" or \"do\"");
      rule.count = *count;
    }
    word = take_word(line);
  }
  if (word != "do") return wrong("\"do\" is missing");
  const std::string_view name = take_word(line);
  const auto* const known =
      std::find_if(kActions.begin(), kActions.end(), [&](const ActionName& action) { return action.name == name; });
  if (known == kActions.end()) return wrong(fmt::format("\"{}\" is no action", printable(name)));
  const Result<Action> action = known->parse(line);
  if (!action) return action.error();
  rule.action = *action;
  return rule;
}

Result<Script> Script::parse(std::string_view text, std::string_view file) {
  Script script;
  std::size_t number = 0;
  while (!text.empty()) {
    ++number;
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trim(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line.front() == '#') continue;
    Result<Rule> rule = parse_rule(line);
    if (!rule) return Error{Failure::invalid, fmt::format("{}:{}: {}", file, number, rule.error().text)};
    script.rules_.push_back(std::move(*rule));
  }
  return script;
}

Action Script::reached(std::string_view step, std::string_view detail) {
  Action chosen;
  for (Rule& rule : rules_) {
    if (rule.step != step || (!rule.detail.empty() && !iequals(rule.detail, detail))) continue;
    ++rule.seen;
    const bool fits = rule.count == 0 || rule.count == rule.seen;
    if (fits && chosen.kind == Action::Kind::none) chosen = rule.action;
  }
  return chosen;
}

}  // namespace postern::practice
