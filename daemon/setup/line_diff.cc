#include "setup/line_diff.h"

#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace postern::setup {
namespace {

/// Beyond that many lines on both sides the middle is shown as changed altogether.
constexpr std::size_t kMostCompared = 4000;

std::vector<std::string_view> lines_in(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::string shown_line(std::string_view line) {
  const std::size_t key = line.find("password:");
  if (key == std::string_view::npos) return printable(line);
  return printable(line.substr(0, key)) + "password: (not shown)";
}

}  // namespace

std::string line_diff(std::string_view before, std::string_view after) {
  std::vector<std::string_view> a = lines_in(before);
  std::vector<std::string_view> b = lines_in(after);
  std::size_t same = 0;
  while (same < a.size() && same < b.size() && a[same] == b[same]) ++same;
  while (a.size() > same && b.size() > same && a.back() == b.back()) {
    a.pop_back();
    b.pop_back();
  }
  a.erase(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(same));
  b.erase(b.begin(), b.begin() + static_cast<std::ptrdiff_t>(same));
  const bool compared = a.size() < kMostCompared && b.size() < kMostCompared;
  // common[i][j]: the most lines that a from i on and b from j on have in common, in their order.
  const std::size_t width = b.size() + 1;
  std::vector<std::uint16_t> common(compared ? (a.size() + 1) * width : 0);
  for (std::size_t i = a.size(); compared && i-- > 0;) {
    for (std::size_t j = b.size(); j-- > 0;) {
      const std::size_t at = i * width + j;
      common[at] = a[i] == b[j] ? static_cast<std::uint16_t>(common[at + width + 1] + 1)
                                : std::max(common[at + width], common[at + 1]);
    }
  }
  std::string out;
  bool in_group = false;
  for (std::size_t i = 0, j = 0; i < a.size() || j < b.size();) {
    if (compared && i < a.size() && j < b.size() && a[i] == b[j]) {
      ++i;
      ++j;
      in_group = false;
      continue;
    }
    if (!in_group) out += fmt::format("@ line {}\n", same + i + 1);
    in_group = true;
    const bool goes =
        i < a.size() && (j == b.size() || !compared || common[(i + 1) * width + j] >= common[i * width + j + 1]);
    out += (goes ? "- " + shown_line(a[i]) : "+ " + shown_line(b[j])) + "\n";
    goes ? ++i : ++j;
  }
  return out;
}

}  // namespace postern::setup
