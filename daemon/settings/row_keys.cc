#include "settings/row_keys.h"

#include "settings/key_table.h"
#include "settings/route_values.h"
#include "settings/sender_rule_values.h"
#include "settings/sender_values.h"

namespace postern::settings {
namespace {

using W = submission::SenderRule;
using T = queue::RouteRule;
using Z = queue::StormRule;

// clang-format off
constexpr auto kSenderKeys = std::to_array<Key<W>>({
    {"user", "name or list of names", "", "", "none",
     "the users that the row is for; \"*\" for those of no other row", set<account_names_value, &W::users>},
    {"group", "name or list of names", "", "", "none",
     "the groups whose users the row is for", set<account_names_value, &W::groups>},
    {"may", "pattern or list of patterns", "", "", "required",
     "the senders that they may use", set<sender_patterns_value, &W::may>},
});

constexpr auto kRouteKeys = std::to_array<Key<T>>({
    {"sender", "pattern or list of patterns", "", "", "any",
     "the senders whose mail it is; \"<>\" for none", set<route_senders_value, &T::senders>},
    {"recipient", "pattern or list of patterns", "", "", "any",
     "the recipients who get it", set<sender_patterns_value, &T::recipients>},
    {"user", "name or list of names", "", "", "any",
     "the users who hand it in", set<account_names_value, &T::users>},
    {"group", "name or list of names", "", "", "any",
     "the groups whose users hand it in", set<account_names_value, &T::groups>},
    {"smarthosts", "name or list of names", "", "", "required",
     "the smarthosts that it goes by, the best first", set<smarthost_names_value, &T::smarthosts>},
});

constexpr auto kStormKeys = std::to_array<Key<Z>>({
    {"sender", "pattern or list of patterns", "", "", "any",
     "the senders whose mail it is; \"<>\" for none", set<route_senders_value, &Z::senders>},
    {"user", "name or list of names", "", "", "any",
     "the users who hand it in", set<account_names_value, &Z::users>},
    {"group", "name or list of names", "", "", "any",
     "the groups whose users hand it in", set<account_names_value, &Z::groups>},
    {"window", "duration", "1s", "1d", "10m",
     "what is alike waits for the end of such a time, and goes as one digest", set<duration_value, &Z::window>},
    {"after", "number", "1", "100", "5",
     "so many messages that are alike go as they come before that", set<count_value, &Z::after>},
});
// clang-format on

}  // namespace

void read_senders(Settings& settings, const Node& node, Scope& scope) {
  const Beginning begin{"each row with '- user: NAME' or '- group: NAME'", "'- user: NAME'", ""};
  Report& report = scope.report;
  read_list(node, kSenderKeys, begin, settings.submission.senders, scope, [&](const std::string& shown, Mark mark) {
    if (!report.was_written(shown + ".user") && !report.was_written(shown + ".group")) {
      report.error(mark, "'" + shown + "' has neither 'user' nor 'group'; say whom it is for");
    }
    if (!report.was_written(shown + ".may")) {
      report.error(mark, "'" + shown + "' has no 'may'; list the senders, or write \"*\" for all");
    }
  });
}

std::vector<KeyInfo> sender_keys(const std::string& prefix) { return described(kSenderKeys, prefix); }

void read_routes(Settings& settings, const Node& node, Scope& scope) {
  const Beginning begin{"each row with '- sender: ADDRESS'", "'- sender: ADDRESS'", "sender"};
  Report& report = scope.report;
  read_list(node, kRouteKeys, begin, settings.queue.routes, scope, [&](const std::string& shown, Mark mark) {
    settings.queue.routes.back().line = mark.line;
    if (report.was_written(shown + ".smarthosts")) return;
    report.error(mark, "'" + shown + "' has no 'smarthosts'; name one of them, or more in their order");
  });
}

std::vector<KeyInfo> route_keys(const std::string& prefix) { return described(kRouteKeys, prefix); }

void read_storms(Settings& settings, const Node& node, Scope& scope) {
  const Beginning begin{"each row with '- user: NAME'", "'- user: NAME'", "user"};
  read_list(node, kStormKeys, begin, settings.queue.storms, scope,
            [&](const std::string&, Mark mark) { settings.queue.storms.back().line = mark.line; });
}

std::vector<KeyInfo> storm_keys(const std::string& prefix) { return described(kStormKeys, prefix); }

}  // namespace postern::settings
