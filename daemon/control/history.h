// `history` and `history show`, and what `queue show` tells of a message that is gone.
#pragma once

#include "base/result.h"
#include "base/task.h"
#include "control/commands.h"

#include <string>

namespace postern::control {

Task<Result<int>> run_history(Call& call);
Task<Result<int>> run_history_show(Call& call);

/// The whole way of a message that is not in the queue, one line a record, if the caller may see it. `id` may be the
/// beginning of one. `unknown`: of one of which nothing is known. Failures: invalid (several begin so), those of
/// outcome_of() and of Answer.
Task<Result<int>> show_story(Call& call, std::string id, Error unknown);

}  // namespace postern::control
