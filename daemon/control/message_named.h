// The message that a request names, by its id or by the beginning of it.
#pragma once

#include "base/ids.h"
#include "base/result.h"
#include "base/task.h"
#include "control/commands.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace postern::control {

/// So many characters of an id stand for it where no other message that the caller may see begins with them. Fewer are
/// too easily a slip.
inline constexpr std::size_t kShortestBeginning = 4;
/// For what cannot be undone. Ten characters are the time: messages that come between the look at a list and the
/// command begin as those that were there.
inline constexpr std::size_t kLastingBeginning = 12;

/// The first ('0') or the last ('z') of all ids that begin so; nothing where the text is no beginning of one.
[[nodiscard]] std::optional<QueueId> outermost(std::string_view beginning, char filled_with);

/// By the member "id". Of an id that is given whole it is not looked whether there is such a message. Failures: invalid
/// (no id, fewer than `shortest` characters of one, or several begin so: the text names them), not_found (none begins
/// so).
Task<Result<QueueId>> message_named(Call& call, std::size_t shortest = kShortestBeginning);

/// Where the log tells of it, as commands to type.
[[nodiscard]] std::string in_the_log(std::string_view id);
/// What to tell of one that cannot be found: where to read what became of it, if it was one. Other errors stay as they
/// are.
[[nodiscard]] Error not_here(Error error, QueueId id);
/// The same where the history was asked, and knows nothing of it.
[[nodiscard]] Error not_known(Error error, QueueId id);

}  // namespace postern::control
