// What may be done with messages: one row for each command, for one message by its id or for all that a filter selects.
#pragma once

#include "control/commands.h"

#include <boost/json/object.hpp>

#include <optional>
#include <string_view>

namespace postern::control {

/// Of a message that was given up also whether its sender knows.
using Acted = Result<std::optional<queue::Told>>;

struct Handling {
  std::string_view command;  ///< "queue hold"
  std::string_view kind;     ///< of the answer's line: "held"
  Task<Acted> (*act)(Call& call, QueueId id);
  /// In a selection what is being tried already is as it was to be: the attempt at one message may begin that at
  /// others.
  bool wants_attempt = false;
};

[[nodiscard]] const Handling* find_handling(std::string_view command);

/// With "id": {"kind":"held","id":...}. With "filter": {"kind":"problem","id":...,"text":...} for each of the first
/// that could not be handled, then {"kind":"held","count":N,"left":M}. With "ids" too: of these messages alone, as far
/// as they fit the filter. Others' messages are passed over in a selection and refused by id.
/// "bounced" has "told": "now", "later" or "never" with an id; of a selection "told_later" and "told_never" are how
/// many of the count.
Task<Result<int>> run_handling(Call& call);

/// As run_handling, with "to": the name of a configured smarthost, or "any": true.
Task<Result<int>> run_reroute(Call& call);

}  // namespace postern::control
