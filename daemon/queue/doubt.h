// What an operator is told of a message that was refused in doubt: since when, and what settles it. Pure.
#pragma once

#include "base/clock.h"
#include "queue/decide.h"

#include <string>
#include <string_view>
#include <vector>

namespace postern::queue {

/// One sentence in the time zone of this machine; empty: no recipient's last answer is doubtful. It speaks of the
/// recipient that was refused most often. `site` is the smarthost's name, `sender` is Sender::shown, `until` is when
/// the message expires at the latest.
[[nodiscard]] std::string doubt_text(const std::vector<RecipientState>& states, std::string_view site,
                                     std::string_view sender, WallTime until);

}  // namespace postern::queue
