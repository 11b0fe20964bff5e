#include "console/help.h"

#include "console/view.h"

#include <algorithm>

namespace postern::console {
namespace {

constexpr std::size_t kLeast = 20;  // so many columns are worth having

/// Where the text of a line begins.
std::size_t text_column(std::string_view line, std::size_t width) {
  constexpr std::size_t kDeep = 10;
  const std::size_t begins = std::min(line.find_first_not_of(' '), line.size());
  const std::size_t gap = line.find("  ", begins);
  std::size_t column = gap == std::string_view::npos ? begins : line.find_first_not_of(' ', gap);
  // A label alone, or a sentence: what goes on of it stands out.
  if (column == std::string_view::npos || (column == begins && begins < kDeep)) column = begins + 2;
  return column + kLeast <= width ? column : std::min(column, begins + 2);
}

}  // namespace

std::string folded_help(std::string_view help, std::size_t width) {
  std::string text;
  while (!help.empty()) {
    const std::size_t end = std::min(help.find('\n'), help.size());
    const std::string_view line = help.substr(0, end);
    help.remove_prefix(std::min(end + 1, help.size()));
    text += hanging(std::string(line) + "\n", text_column(line, width), width);
  }
  return text;
}

}  // namespace postern::console
