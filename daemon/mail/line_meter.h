// Whether a text that comes in pieces has a line over kMaxLine (RFC 5322 2.1.1), found with little of it read.
#pragma once

#include <cstddef>
#include <string_view>

namespace postern::mail {

/// True: a line over kMaxLine octets, its end not counted, ends or goes on in this piece. `column` is how far the line
/// that was open before it had come, and then that of the last line, kMaxLine at most; 0 at the start of a text.
[[nodiscard]] bool has_long_line(std::string_view piece, std::size_t& column);

}  // namespace postern::mail
