// For whom a screen is drawn: when, how wide, and whether colour helps. And text in columns of a terminal, which are no
// bytes: a character of East Asia has two, an accent that is set on a letter none.
#pragma once

#include "base/clock.h"

#include <cstddef>
#include <string>
#include <string_view>

namespace postern::console {

struct View {
  WallTime now;
  std::size_t width = 0;   ///< columns; 0: lines may be as long as they are
  std::size_t height = 0;  ///< lines; 0: any number
  bool colour = false;
  bool terminal = false;  ///< it is one; a file or a pipe may have a width as well, see view_of()
};

/// Of standard output or standard error: the terminal's size, or where it tells none what COLUMNS and LINES say. A file
/// or a pipe has lines of any length unless COLUMNS is set. No colour where NO_COLOR is set or TERM is "dumb".
[[nodiscard]] View view_of(int descriptor, WallTime now);
/// What goes wrong, as a line or several for standard error: folded on a terminal alone, where programs do not read it.
[[nodiscard]] std::string error_text(std::string_view text);

/// The columns that a printable() text takes.
[[nodiscard]] std::size_t columns(std::string_view text);
/// Its front, in at most so many columns.
[[nodiscard]] std::string_view front_columns(std::string_view text, std::size_t width);

/// The text in lines of at most `width` columns, broken at blanks alone, of which several become one: a longer word
/// stands out, unless it has wide characters, between two of which it is broken. What stands between backquotes is to
/// be copied and counts as a word where it fits in a line. What goes on of a line begins with `indent`. A line end
/// behind the last one.
[[nodiscard]] std::string folded(std::string_view text, std::size_t width, std::string_view indent);

/// Lines of a label and a text that begins in this column: what does not fit goes on below the text. 0: as they are.
[[nodiscard]] std::string hanging(std::string_view lines, std::size_t column, std::size_t width);

/// As many of its lines as fit above the last row of a window of that size, the first in any case, and a word where
/// there are more. A line that is wider than the window takes several rows. 0: as many as there are.
[[nodiscard]] std::string first_lines(std::string_view text, std::size_t height, std::size_t width);

/// What puts these lines in the place of those that a terminal shows, as far as they fit.
[[nodiscard]] std::string in_place(std::string_view text, const View& view);

/// How bad it is in a colour: `level` as in control/exits.h.
[[nodiscard]] std::string painted(std::string text, int level, const View& view);

}  // namespace postern::console
