// What may be done with messages: one row for each command, for one message by its id or for all that a filter selects.
#pragma once

#include "control/commands.h"

#include <boost/json/object.hpp>

#include <string_view>

namespace postern::control {

struct Handling {
  std::string_view command;  ///< "queue hold"
  std::string_view kind;     ///< of the answer's line: "held"
  Task<Result<void>> (*act)(Call& call, QueueId id);
};

[[nodiscard]] const Handling* find_handling(std::string_view command);

/// With "id": {"kind":"held","id":...}. With "filter": {"kind":"problem","id":...,"text":...} for each of the first
/// that could not be handled, then {"kind":"held","count":N,"left":M}. Others' messages are passed over in a selection
/// and refused by id.
Task<Result<int>> run_handling(Call& call);

/// As run_handling, with "to": the name of a configured smarthost, or "any": true.
Task<Result<int>> run_reroute(Call& call);

}  // namespace postern::control
