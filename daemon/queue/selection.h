// Which messages a listing or a command means, and in which order it takes them. Pure.
#pragma once

#include "base/clock.h"
#include "base/ids.h"

#include <cstdint>
#include <optional>
#include <string>

namespace postern::queue {

enum class State;
struct Entry;

/// `next`: the time of the next attempt, those that have none at the end. Of equals the oldest is first.
enum class Order : std::uint8_t { oldest, newest, next, largest };

/// What is set must fit; nothing set means every message.
struct Selection {
  std::optional<State> state{};
  std::optional<std::string> sender{};     ///< a part of it, letters of either case; "<>" is the null one alone
  std::optional<std::string> recipient{};  ///< likewise, of any recipient
  std::optional<std::string> site{};       ///< whole name of the smarthost it waits for, letters of either case
  std::optional<std::string> route{};      ///< whole text of a route that it goes by, see is_same_route()
  std::optional<std::string> text{};       ///< a part of the reason why it waits
  std::optional<WallTime> before{};        ///< accepted earlier than this
  std::optional<WallTime> since{};         ///< accepted at this time or later
  std::optional<std::uint32_t>
      owner{};  ///< uid of the local user who handed it in; others' files are not read where that is known
  std::optional<QueueId> through{};  ///< this one or an older one
  Order order = Order::oldest;
  std::optional<QueueId> after{};  ///< begins behind this one; of the orders oldest and newest only
};

/// Two texts of routes (route.h), blanks and the case of letters aside.
[[nodiscard]] bool is_same_route(const std::string& a, const std::string& b);

/// What the id and the state tell, without a look at the file: false means that matches() is false.
[[nodiscard]] bool may_match(const Selection& selection, const QueueId& id, State state);
[[nodiscard]] bool matches(const Selection& selection, const Entry& entry);

}  // namespace postern::queue
