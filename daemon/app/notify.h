// The program that tells an administrator of trouble, `notify.command`.
#pragma once

#include "base/task.h"
#include "queue/queue.h"

#include <functional>
#include <string>
#include <vector>

namespace postern::app {

/// For queue::Config: runs the program with what is the matter as its last arguments, without a shell; it is killed
/// after 30 seconds. `ended` hears of a failure if it cannot be run, does not end in time or has another status than 0.
/// Nothing to call for an empty command.
[[nodiscard]] std::function<void(const std::string& what, const std::string& text, queue::Config::Ended ended)>
operator_program(const Executor& loop, const std::vector<std::string>& command);

}  // namespace postern::app
