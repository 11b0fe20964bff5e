// The selection in a request: {"filter":{"state":"waiting","sender":"cron@","older_than":3600},"order":"newest",
// "after":ID}. Names and meanings are those of queue/selection.h; ages are seconds. An empty text selects nothing by
// itself, and is refused: a variable that a script forgot to set would mean the whole queue.
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "queue/selection.h"

#include <boost/json/object.hpp>

namespace postern::control {

// Failure: invalid; the text names the member.
/// What a listing shows.
Result<queue::Selection> selection_of(const boost::json::object& request, WallTime now);
/// What a command means: the filter alone, oldest first. In an order that the command itself changes, a message that
/// was handled could come again and again.
Result<queue::Selection> filter_of(const boost::json::object& request, WallTime now);

/// The filter of the request has none, but for where it ends.
[[nodiscard]] bool has_no_condition(const boost::json::object& request);
/// The request means every message of its caller.
[[nodiscard]] bool means_all(const boost::json::object& request);

}  // namespace postern::control
