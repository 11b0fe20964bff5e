#include "control/selections.h"

#include "control/members.h"
#include "control/message_named.h"
#include "control/requests.h"
#include "mail/wanted_address.h"
#include "queue/queue.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace postern::control {
namespace {

using boost::json::object;
using queue::Order;
using queue::Selection;
using queue::State;

/// As members::kOrders names them.
constexpr std::array kOrders{Order::oldest, Order::newest, Order::next, Order::largest};
static_assert(kOrders.size() == members::kOrders.size());
constexpr std::array kStates{State::waiting, State::active, State::storm, State::held, State::failed, State::corrupt};
static_assert(kStates.size() == members::kStates.size());

struct TextMember {
  std::string_view key;
  std::optional<std::string> Selection::* member;
};
constexpr std::array kTextMembers{
    TextMember{members::kSender, &Selection::sender}, TextMember{members::kRecipient, &Selection::recipient},
    TextMember{members::kSite, &Selection::site},     TextMember{members::kRoute, &Selection::route},
    TextMember{members::kText, &Selection::text},
};

constexpr std::array<std::string_view, 4> kOtherMembers{members::kState, members::kOlderThan, members::kNewerThan,
                                                        members::kThrough};

bool is_member(std::string_view key) {
  return std::ranges::count(kOtherMembers, key) > 0 || std::ranges::count(kTextMembers, key, &TextMember::key) > 0;
}

/// A member that is not understood, or has no value, would select nothing: what is left would mean more than was asked.
Result<void> check_members(const object& filter) {
  for (const auto& member : filter) {
    if (!is_member(member.key())) {
      return Error{Failure::invalid,
                   fmt::format("a filter has no \"{}\"", std::string_view(member.key()).substr(0, 64))};
    }
    if (member.value().is_null())
      return Error{Failure::invalid, fmt::format("\"{}\" is null", std::string_view(member.key()))};
  }
  return {};
}

template <std::size_t N>
Error unknown(std::string_view key, const std::string& value, const std::array<std::string_view, N>& known) {
  return {Failure::invalid,
          fmt::format("\"{}\" is no {}; there is: {}", value.substr(0, 64), key, fmt::join(known, ", "))};
}

Result<void> read_state(const object& filter, Selection& into) {
  if (!filter.contains(members::kState)) return {};
  const Result<std::string> word = text_of(filter, members::kState, "");
  if (!word) return word.error();
  for (const State state : kStates) {
    if (queue::name(state) == *word) into.state = state;
  }
  if (!into.state) return unknown(members::kState, *word, members::kStates);
  return {};
}

Result<void> read_texts(const object& filter, Selection& into) {
  for (const auto& [key, member] : kTextMembers) {
    if (!filter.contains(key)) continue;
    Result<std::string> text = text_of(filter, key, "");
    if (!text) return text.error();
    if (text->empty()) {
      return Error{Failure::invalid, fmt::format("\"{}\" is empty, and so would mean every message; --all means them "
                                                 "all, and \"<>\" is the null sender",
                                                 key)};
    }
    if (key == members::kSender || key == members::kRecipient) text = mail::address_to_find(*text);
    if (!text) return text.error();
    into.*member = std::move(*text);
  }
  return {};
}

Result<void> read_age(const object& filter, std::string_view key, WallTime now, std::optional<WallTime>& into) {
  constexpr std::uint64_t kCentury = 100ULL * 366 * 24 * 3600;
  if (!filter.contains(key)) return {};
  const Result<std::uint64_t> seconds = number_of(filter, key, 0);
  if (!seconds) return seconds.error();
  into = now - Seconds(std::min(*seconds, kCentury));
  return {};
}

Result<void> read_id(const object& from, std::string_view key, std::optional<QueueId>& into) {
  if (!from.contains(key)) return {};
  const Result<QueueId> id = id_of(from, key);
  if (!id) return id.error();
  into = *id;
  return {};
}

Result<void> read_filter(const object& filter, WallTime now, Selection& into) {
  if (auto checked = check_members(filter); !checked) return checked;
  if (auto read = read_state(filter, into); !read) return read;
  if (auto read = read_texts(filter, into); !read) return read;
  if (auto read = read_age(filter, members::kOlderThan, now, into.before); !read) return read;
  if (auto read = read_age(filter, members::kNewerThan, now, into.since); !read) return read;
  return read_id(filter, members::kThrough, into.through);
}

/// By an id or the beginning of one: behind all that begin so.
Result<void> read_after(const object& request, Selection& into) {
  const Result<std::string> given = text_of(request, members::kAfter, "");
  if (!given) return given.error();
  into.after = outermost(*given, into.order == Order::newest ? '0' : 'z');
  return into.after ? Result<void>() : read_id(request, members::kAfter, into.after);
}

Result<void> read_order(const object& request, Selection& into) {
  const Result<std::string> word = text_of(request, members::kOrder, "oldest");
  if (!word) return word.error();
  const auto* const found = std::ranges::find(members::kOrders, *word);
  if (found == members::kOrders.end()) return unknown(members::kOrder, *word, members::kOrders);
  into.order = kOrders[static_cast<std::size_t>(found - members::kOrders.begin())];
  if (auto read = read_after(request, into); !read) return read;
  if (into.after && into.order != Order::oldest && into.order != Order::newest) {
    return Error{Failure::invalid, fmt::format("\"after\" has no meaning in the order \"{}\"", *word)};
  }
  return {};
}

}  // namespace

Result<Selection> filter_of(const object& request, WallTime now) {
  Selection selection;
  if (const boost::json::value* filter = request.if_contains(members::kFilter); filter != nullptr) {
    if (!filter->is_object()) return Error{Failure::invalid, "\"filter\" must be an object"};
    if (auto read = read_filter(filter->get_object(), now, selection); !read) return read.error();
  }
  return selection;
}

Result<Selection> selection_of(const object& request, WallTime now) {
  Result<Selection> selection = filter_of(request, now);
  if (!selection) return selection;
  if (auto read = read_order(request, *selection); !read) return read.error();
  return selection;
}

bool has_no_condition(const object& request) {
  const boost::json::value* filter = request.if_contains(members::kFilter);
  if (filter == nullptr || !filter->is_object()) return filter == nullptr;
  return std::ranges::all_of(filter->get_object(),
                             [](const auto& member) { return member.key() == members::kThrough; });
}

bool means_all(const object& request) {
  return !request.contains(members::kId) && !request.contains(members::kIds) && has_no_condition(request);
}

}  // namespace postern::control
