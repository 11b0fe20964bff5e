#include "console/history_arguments.h"

#include "console/moments.h"
#include "console/slips.h"
#include "console/users.h"
#include "control/members.h"

#include <CLI/CLI.hpp>

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace postern::console {
namespace {

namespace members = control::members;

struct AskedText {
  const char* name;
  std::string_view key;
  const char* type;
  const char* description;
};
constexpr std::array kAsked{
    AskedText{"--to", members::kRecipient, "TEXT", "only where a recipient, or whom the sender named, contains this"},
    AskedText{"--from", members::kSender, "TEXT", "only where the sender contains this; <> is the null sender"},
    AskedText{"--subject", members::kSubject, "TEXT", "only where the subject contains this"},
    AskedText{"--user", members::kUser, "USER", "only what this local user handed in, by name or number"},
    AskedText{"--id", members::kId, "ID", "only of messages whose queue ids begin so"},
    AskedText{"--message-id", members::kMessageId, "TEXT", "only where the Message-ID contains this"},
    AskedText{"--state", members::kState, "OUTCOME",
              "only these: accepted, delivered, deferred, failed, bounced, deleted, corrupt (damaged and set aside), "
              "gathered (in a storm digest) or refused; all: the whole way"},
    AskedText{"--site", members::kSite, "NAME", "only what this smarthost said"},
};

struct AskedTime {
  const char* name;
  std::string_view key;
  const char* description;
};
constexpr std::array kAskedTimes{
    AskedTime{"--since", members::kSince, "not before: yesterday, 24h, 03:00, 2026-11-29, \"2026-11-29 03:00\""},
    AskedTime{"--until", members::kUntil, "before this time"},
};

void take_text(const AskedText& option, const std::string& value, boost::json::object& filter) {
  if (value.empty()) throw CLI::ValidationError(option.name, "an empty text would mean everything; leave it out");
  if (option.key == members::kState) {
    const std::string wrong = unknown_word("state", value, members::kHistoryStates);
    if (!wrong.empty()) throw CLI::ValidationError(option.name, wrong);
  }
  if (option.key == members::kUser) {
    const auto uid = uid_of(value);
    if (!uid) throw CLI::ValidationError(option.name, "there is no user " + value);
    filter[option.key] = *uid;
    return;
  }
  filter[option.key] = value;
}

}  // namespace

void add_history_options(CLI::App& command, boost::json::object& filter, WallTime now) {
  for (const AskedText& one : kAsked) {
    const auto take = [&filter, &one](const std::string& value) { take_text(one, value, filter); };
    command.add_option_function<std::string>(one.name, take, one.description)->type_name(one.type);
  }
  for (const AskedTime& one : kAskedTimes) {
    const auto take = [&filter, now, &one](const std::string& value) {
      // So that nothing of an hour that was there twice is left out.
      const Twice twice = one.key == members::kSince ? Twice::earlier : Twice::later;
      const std::optional<WallTime> time = parse_moment(value, now, twice);
      if (!time) {
        throw CLI::ValidationError(one.name, "\"" + value +
                                                 "\" is no time like today, yesterday, 24h, 03:00, 2026-11-29, "
                                                 "\"2026-11-29 03:00\" or 2026-11-29T03:00:00+01:00");
      }
      filter[one.key] = to_rfc3339(*time);
    };
    command.add_option_function<std::string>(one.name, take, one.description)->type_name("TIME");
  }
  command.parse_complete_callback([&filter] {
    if (!filter.contains(members::kSince) || !filter.contains(members::kUntil)) return;
    // Both are RFC 3339 in UTC with three digits of a second.
    if (filter[members::kSince].as_string() < filter[members::kUntil].as_string()) return;
    throw CLI::ValidationError("--until", "the time is not after that of --since: nothing lies between");
  });
}

}  // namespace postern::console
