// A text taken apart into its lines.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <vector>

namespace postern::settings {

/// Without their LFs; parts of `text`. Behind the last LF nothing is no line.
[[nodiscard]] inline std::vector<std::string_view> lines_in(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

}  // namespace postern::settings
