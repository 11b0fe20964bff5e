// The settings under `notify` as the queue wants them: whoever is told of trouble by a program of the administrator's.
#pragma once

#include "base/task.h"
#include "queue/queue.h"
#include "settings/settings.h"

namespace postern::app {

/// The program is run without a shell and killed after 30 seconds; that it failed is told in the log.
[[nodiscard]] queue::Notify notify_config(const Executor& loop, const settings::Settings& settings);

}  // namespace postern::app
