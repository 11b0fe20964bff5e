// What may be done with messages, for one by its id or for all that a filter selects. What the commands are called
// stands in queue_commands.h.
#pragma once

#include "control/commands.h"
#include "control/queue_commands.h"

#include <boost/json/object.hpp>

#include <optional>
#include <span>
#include <string_view>

namespace postern::control {

/// Of a message that was given up also whether its sender knows.
using Acted = Result<std::optional<queue::Told>>;

/// With "id": {"kind":"held","id":...}. With "filter": {"kind":"problem","id":...,"text":...} for each of the first
/// that could not be handled, then {"kind":"held","count":N,"left":M}. With "ids" too: of these messages alone, as far
/// as they fit the filter. Others' messages are passed over in a selection and refused by id.
/// "bounced" has "told": "now", "later" or "never" with an id; of a selection "told_later" and "told_never" are how
/// many of the count. "queue reroute" wants "to" besides, the name of a configured smarthost, or "any": true.
Task<Result<int>> run_handling(Call& call);

struct Handling {
  const QueueCommand* words;
  Task<Acted> (*act)(Call& call, QueueId id);
  /// In a selection what is being tried already is as it was to be: the attempt at one message may begin that at
  /// others.
  bool wants_attempt = false;
  Task<Result<int>> (*run)(Call& call) = run_handling;
};

/// Null: there is no such command.
[[nodiscard]] const Handling* find_handling(std::string_view command);
/// Their rows in the table of all commands.
[[nodiscard]] std::span<const Command> handling_commands();

}  // namespace postern::control
