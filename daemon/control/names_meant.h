// The smarthosts and routes that a request names, as a person writes them.
#pragma once

#include "base/result.h"
#include "control/commands.h"
#include "queue/selection.h"

#include <string>
#include <string_view>
#include <vector>

namespace postern::control {

/// That nothing is called so, with the nearest of what there is, and all of it. Failure: invalid.
[[nodiscard]] Error nothing_called(std::string_view kind, const std::string& word,
                                   const std::vector<std::string>& known, std::string_view separator);

/// The smarthost that is called so, letters of either case. Failure: invalid (none is; the text names the nearest one
/// and all there are).
[[nodiscard]] Result<std::string> site_named(const Call& call, const std::string& word);

/// Nothing was found by this selection: whether the smarthost and the route are known that it names, if any. What waits
/// may name ones that the settings do not, and is found. Failure: invalid, as site_named().
[[nodiscard]] Result<void> check_names(const Call& call, const queue::Selection& selection);

}  // namespace postern::control
