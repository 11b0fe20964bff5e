// A program and its arguments, as people type them in one line. Pure.
#pragma once

#include "base/result.h"

#include <string>
#include <string_view>
#include <vector>

namespace postern::setup {

/// The words, with the quotes and backslashes of a shell taken off; none for an empty line. What only a shell could do
/// (pipes, redirections, variables, patterns, several commands) is refused unless it stands in quotes, since no shell
/// reads the line. Failure: invalid; the text says what to do.
[[nodiscard]] Result<std::vector<std::string>> program_words(std::string_view line);

}  // namespace postern::setup
