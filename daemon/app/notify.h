// The program that tells an administrator of trouble, `notify.command`.
#pragma once

#include "base/task.h"

#include <functional>
#include <string>
#include <vector>

namespace postern::app {

/// For queue::Config: runs the program with what is the matter as its last arguments, without a shell; it is killed
/// after 30 seconds, and that it failed is told in the log. Nothing to call for an empty command.
[[nodiscard]] std::function<void(const std::string& what, const std::string& text)> operator_program(
    const Executor& loop, const std::vector<std::string>& command);

}  // namespace postern::app
