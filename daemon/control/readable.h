// Messages as their caller may read them. What is veiled from ordinary users (veil.h) is not to be found by them
// either: whoever may ask whether it has a text reads it letter by letter.
#pragma once

#include "control/commands.h"
#include "queue/queue.h"

#include <functional>
#include <memory>

namespace postern::control {

/// Makes the listing of a selection.
using Lister = std::function<std::unique_ptr<queue::Listing>(queue::Selection selection)>;

/// Of the selected messages those that the caller owns: what it gives has the text that the selection asks for where
/// the caller reads it. For administrators, who read everything, it is the listing that `list` makes.
[[nodiscard]] std::unique_ptr<queue::Listing> readable(const Caller& caller, queue::Selection selection,
                                                       const Lister& list);
/// Likewise, of the whole queue.
[[nodiscard]] std::unique_ptr<queue::Listing> readable(Call& call, queue::Selection selection);

}  // namespace postern::control
