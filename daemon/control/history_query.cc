#include "control/history_query.h"

#include "control/members.h"
#include "control/requests.h"
#include "mail/wanted_address.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace postern::control {
namespace {

using boost::json::object;
using history::Query;

struct TextOfQuery {
  std::string_view key;
  std::optional<std::string> Query::* member;
};
constexpr std::array kTextsOfQuery{
    TextOfQuery{members::kSender, &Query::from},     TextOfQuery{members::kRecipient, &Query::to},
    TextOfQuery{members::kSubject, &Query::subject}, TextOfQuery{members::kMessageId, &Query::message_id},
    TextOfQuery{members::kId, &Query::id},           TextOfQuery{members::kSite, &Query::site},
};
struct TimeOfQuery {
  std::string_view key;
  std::optional<WallTime> Query::* member;
};
constexpr std::array kTimesOfQuery{TimeOfQuery{members::kSince, &Query::since},
                                   TimeOfQuery{members::kUntil, &Query::until}};

Result<void> read_text(const object& filter, const TextOfQuery& row, Query& into) {
  if (!filter.contains(row.key)) return {};
  Result<std::string> text = text_of(filter, row.key, "");
  if (!text) return text.error();
  if (text->empty()) return Error{Failure::invalid, fmt::format("\"{}\" is empty; leave it out for all", row.key)};
  if (row.key == members::kSender || row.key == members::kRecipient) text = mail::address_to_find(*text);
  if (!text) return text.error();
  into.*row.member = std::move(*text);
  return {};
}

Result<void> read_time(const object& filter, const TimeOfQuery& row, Query& into) {
  if (!filter.contains(row.key)) return {};
  const Result<std::string> text = text_of(filter, row.key, "");
  if (!text) return text.error();
  into.*row.member = parse_rfc3339(*text);
  if (into.*row.member) return {};
  return Error{Failure::invalid, fmt::format("\"{}\" must be a time as 2026-11-30T03:00:00Z", row.key)};
}

Result<void> read_kind(const object& filter, Query& into) {
  if (!filter.contains(members::kState)) return {};
  const Result<std::string> word = text_of(filter, members::kState, "");
  if (!word) return word.error();
  if (*word == members::kAllStates) return {};
  const std::optional<history::Kind> kind = history::kind_named(*word);
  if (!kind || std::ranges::find(members::kHistoryStates, *word) == members::kHistoryStates.end()) {
    return Error{Failure::invalid, fmt::format("\"{}\" is no state; there is: {}", word->substr(0, 64),
                                               fmt::join(members::kHistoryStates, ", "))};
  }
  into.kinds = {*kind};
  return {};
}

Result<void> read_user(const object& filter, Query& into) {
  if (!filter.contains(members::kUser)) return {};
  const Result<std::uint64_t> uid = number_of(filter, members::kUser, 0);
  if (!uid) return uid.error();
  if (*uid > std::numeric_limits<std::uint32_t>::max()) {
    return Error{Failure::invalid, fmt::format("\"{}\" is no uid: {}", members::kUser, *uid)};
  }
  into.uid = static_cast<std::uint32_t>(*uid);
  return {};
}

bool is_of_query(std::string_view key) {
  return key == members::kState || key == members::kUser ||
         std::ranges::count(kTextsOfQuery, key, &TextOfQuery::key) > 0 ||
         std::ranges::count(kTimesOfQuery, key, &TimeOfQuery::key) > 0;
}

Result<Query> query_in(const object& filter) {
  Query query;
  for (const auto& member : filter) {
    if (!is_of_query(member.key())) {
      return Error{Failure::invalid,
                   fmt::format("a filter of the history has no \"{}\"", std::string_view(member.key()).substr(0, 64))};
    }
    if (member.value().is_null()) {
      return Error{Failure::invalid, fmt::format("\"{}\" is null", std::string_view(member.key()))};
    }
  }
  for (const TextOfQuery& row : kTextsOfQuery) {
    if (auto read = read_text(filter, row, query); !read) return read.error();
  }
  for (const TimeOfQuery& row : kTimesOfQuery) {
    if (auto read = read_time(filter, row, query); !read) return read.error();
  }
  if (auto read = read_user(filter, query); !read) return read.error();
  if (auto read = read_kind(filter, query); !read) return read.error();
  return query;
}

}  // namespace

Result<Query> query_of(const object& request) {
  const boost::json::value* filter = request.if_contains(members::kFilter);
  if (filter == nullptr) return Query();
  if (!filter->is_object()) return Error{Failure::invalid, "\"filter\" must be an object"};
  return query_in(filter->get_object());
}

}  // namespace postern::control
