// The selection in a request: {"filter":{"state":"waiting","sender":"cron@","older_than":3600},"order":"newest",
// "after":ID}. Names and meanings are those of queue/selection.h; ages are seconds.
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "queue/selection.h"

#include <boost/json/object.hpp>

namespace postern::control {

/// Failure: invalid; the text names the member.
Result<queue::Selection> selection_of(const boost::json::object& request, WallTime now);

}  // namespace postern::control
