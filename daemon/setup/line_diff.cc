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

constexpr std::string_view kSecretKey = "password";
constexpr std::string_view kNotShown = "(not shown: it may hold a password)";

/// Where a key stands whose value may be a password, or a command with one in it; npos: nowhere.
std::size_t secret_key(std::string_view line) {
  for (std::size_t at = line.find(kSecretKey); at != std::string_view::npos; at = line.find(kSecretKey, at + 1)) {
    const std::string_view rest = line.substr(at + kSecretKey.size());
    if (!rest.starts_with("_file") && !rest.starts_with("_credential")) return at;
  }
  return std::string_view::npos;
}

/// A key in quotes or braces: its value may stand anywhere behind it.
bool is_flow(std::string_view line, std::size_t key) {
  return line.find_first_of("{[") < key || (key > 0 && (line[key - 1] == '"' || line[key - 1] == '\''));
}

/// Which lines are not shown: those with such a key and the lines of its value, which are indented more than the key;
/// all, if the text has one in braces or quotes.
std::vector<bool> hidden_lines(const std::vector<std::string_view>& lines) {
  std::vector<bool> hidden(lines.size());
  std::size_t key = std::string_view::npos;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::size_t indent = lines[i].find_first_not_of(" \t");
    const bool deeper = indent == std::string_view::npos || indent > key || (indent == key && lines[i][indent] == '-');
    const bool goes_on = key != std::string_view::npos && deeper;
    if (const std::size_t at = secret_key(lines[i]); at != std::string_view::npos) {
      if (is_flow(lines[i], at)) return std::vector<bool>(lines.size(), true);
      if (!goes_on) key = at;
      hidden[i] = true;
    } else {
      hidden[i] = goes_on;
      if (!goes_on) key = std::string_view::npos;
    }
  }
  return hidden;
}

}  // namespace

std::string line_diff(std::string_view before, std::string_view after) {
  std::vector<std::string_view> a = lines_in(before);
  std::vector<std::string_view> b = lines_in(after);
  const std::vector<bool> hidden_before = hidden_lines(a);
  const std::vector<bool> hidden_after = hidden_lines(b);
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
    const bool hidden = goes ? hidden_before[same + i] : hidden_after[same + j];
    out.append(goes ? "- " : "+ ").append(hidden ? std::string(kNotShown) : printable(goes ? a[i] : b[j])).append("\n");
    goes ? ++i : ++j;
  }
  return out;
}

}  // namespace postern::setup
