// The usage that the command line's parser writes, for a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace postern::console {

/// In lines of at most `width` columns, 0: as they are. What does not fit goes on below the text, which stands in a
/// column of its own behind two blanks or more.
[[nodiscard]] std::string folded_help(std::string_view help, std::size_t width);

}  // namespace postern::console
