#include "control/selections.h"

#include "control/requests.h"
#include "queue/queue.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace postern::control {
namespace {

using boost::json::object;
using queue::Order;
using queue::Selection;
using queue::State;

struct OrderName {
  std::string_view name;
  Order order;
};
constexpr std::array kOrders{
    OrderName{"oldest", Order::oldest},
    OrderName{"newest", Order::newest},
    OrderName{"next", Order::next},
    OrderName{"largest", Order::largest},
};
constexpr std::array kStates{State::active, State::waiting, State::held, State::failed, State::corrupt};

struct TextMember {
  std::string_view key;
  std::optional<std::string> Selection::* member;
};
constexpr std::array kTextMembers{
    TextMember{"sender", &Selection::sender},
    TextMember{"recipient", &Selection::recipient},
    TextMember{"site", &Selection::site},
    TextMember{"text", &Selection::text},
};

constexpr std::array<std::string_view, 4> kOtherMembers{"state", "older_than", "newer_than", "through"};

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

Error unknown(std::string_view key, const std::string& value) {
  return {Failure::invalid, fmt::format("\"{}\" is no {}", value.substr(0, 64), key)};
}

Result<void> read_state(const object& filter, Selection& into) {
  if (!filter.contains("state")) return {};
  const Result<std::string> word = text_of(filter, "state", "");
  if (!word) return word.error();
  for (const State state : kStates) {
    if (queue::name(state) == *word) into.state = state;
  }
  if (!into.state) return unknown("state", *word);
  return {};
}

Result<void> read_texts(const object& filter, Selection& into) {
  for (const auto& [key, member] : kTextMembers) {
    if (!filter.contains(key)) continue;
    const Result<std::string> text = text_of(filter, key, "");
    if (!text) return text.error();
    if (text->empty()) {
      return Error{Failure::invalid, fmt::format("\"{}\" is empty, and so would mean every message; --all means them "
                                                 "all, and \"<>\" is the null sender",
                                                 key)};
    }
    into.*member = *text;
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
  if (auto read = read_age(filter, "older_than", now, into.before); !read) return read;
  if (auto read = read_age(filter, "newer_than", now, into.since); !read) return read;
  return read_id(filter, "through", into.through);
}

Result<void> read_order(const object& request, Selection& into) {
  const Result<std::string> word = text_of(request, "order", "oldest");
  if (!word) return word.error();
  const auto* const found =
      std::find_if(kOrders.begin(), kOrders.end(), [&](const OrderName& one) { return one.name == *word; });
  if (found == kOrders.end()) return unknown("order", *word);
  into.order = found->order;
  if (auto read = read_id(request, "after", into.after); !read) return read;
  if (into.after && into.order != Order::oldest && into.order != Order::newest) {
    return Error{Failure::invalid, fmt::format("\"after\" has no meaning in the order \"{}\"", *word)};
  }
  return {};
}

}  // namespace

Result<Selection> filter_of(const object& request, WallTime now) {
  Selection selection;
  if (const boost::json::value* filter = request.if_contains("filter"); filter != nullptr) {
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

bool means_all(const object& request) {
  if (request.contains("id") || request.contains("ids")) return false;
  const boost::json::value* filter = request.if_contains("filter");
  if (filter == nullptr || !filter->is_object()) return filter == nullptr;
  return std::ranges::all_of(filter->get_object(), [](const auto& member) { return member.key() == "through"; });
}

}  // namespace postern::control
