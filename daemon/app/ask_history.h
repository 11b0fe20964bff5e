// What the page for browsers asks the history.
#pragma once

#include "app/browser_views.h"
#include "history/answers.h"

namespace postern::app {

/// `answers` outlive what is made.
[[nodiscard]] AskHistory ask_history(const history::Answers& answers);

}  // namespace postern::app
