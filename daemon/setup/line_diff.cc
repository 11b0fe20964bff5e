#include "setup/line_diff.h"

#include "base/ascii.h"
#include "base/text.h"
#include "settings/lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>
#include <vector>

namespace postern::setup {
namespace {

/// Beyond that many lines on both sides the middle is shown as changed altogether.
constexpr std::size_t kMostCompared = 4000;

constexpr std::string_view kNotShown = "(not shown: it may hold a password)";

/// What is in the name of a key whose value may be a password, or a command with one in it; and the names of those keys
/// of the settings whose value is none.
constexpr auto kSecretWords = std::to_array<std::string_view>({"pass", "secret", "token", "pwd"});
constexpr auto kHarmlessKeys = std::to_array<std::string_view>(
    {"password_file", "password_credential", "token_file", "token_url", "client_secret_file", "refresh_token_file"});

bool is_word_char(char c) { return is_alnum(c) || c == '_' || c == '-'; }

bool is_secret_word(std::string_view word) {
  const std::string low = to_lower(word);
  if (std::ranges::find(kHarmlessKeys, low) != kHarmlessKeys.end()) return false;
  return std::ranges::any_of(kSecretWords, [&](std::string_view part) { return low.find(part) != std::string::npos; });
}

/// Where the first such key stands; npos: nowhere. The name of a file is none.
std::size_t secret_key(std::string_view line) {
  for (std::size_t at = 0; at < line.size();) {
    if (!is_word_char(line[at])) {
      ++at;
      continue;
    }
    std::size_t end = at;
    while (end < line.size() && is_word_char(line[end])) ++end;
    const bool of_path = at > 0 && (line[at - 1] == '/' || line[at - 1] == '.' || line[at - 1] == '@');
    if (!of_path && is_secret_word(line.substr(at, end - at))) return at;
    at = end;
  }
  return std::string_view::npos;
}

bool is_comment(std::string_view line) { return trim(line).starts_with('#'); }

/// A key in double quotes with an escape in it: it may be any name. Its colon may stand in the next line, where nothing
/// stands before it in this one.
bool has_written_key(std::string_view line) {
  for (std::size_t at = line.find('"'); at != std::string_view::npos; at = line.find('"', at + 1)) {
    const bool first = line.substr(0, at).find_first_not_of(" \t-?{[,") == std::string_view::npos;
    bool escaped = false;
    for (++at; at < line.size() && line[at] != '"'; ++at) {
      if (line[at] != '\\') continue;
      escaped = true;
      ++at;
    }
    const std::string_view behind = at < line.size() ? trim(line.substr(at + 1)) : std::string_view();
    if (escaped && (behind.starts_with(':') || (first && behind.empty()))) return true;
    if (at >= line.size()) return false;
  }
  return false;
}

/// Which lines of a text are not shown: those with such a key and the lines of its value, which are indented more than
/// the key. All of them, where a value may stand anywhere: in brackets, or in a quote that goes on in the next line.
class HiddenLines {
 public:
  explicit HiddenLines(const std::vector<std::string_view>& lines) : hidden_(lines.size()) {
    for (std::size_t i = 0; i < lines.size(); ++i) {
      if (!take(lines[i], i)) {
        hidden_.assign(lines.size(), true);
        return;
      }
    }
  }

  [[nodiscard]] std::vector<bool> list() && { return std::move(hidden_); }

 private:
  /// False: nothing of the text can be shown.
  bool take(std::string_view line, std::size_t number) {
    const bool comment = is_comment(line);
    if (!comment && has_written_key(line)) return false;
    const std::size_t at = secret_key(line);
    if (at == std::string_view::npos) {
      hidden_[number] = goes_on(line);
      if (!hidden_[number]) key_ = std::string_view::npos;
      // "? key" has its value behind a colon of its own, and what is deeper than that belongs to it.
      if (hidden_[number] && trim(line).starts_with(':')) key_ = line.find(':');
    } else {
      const std::string_view before = line.substr(0, at);
      const std::string_view behind = line.substr(at);
      const bool in_brackets = depth_ > 0 || before.find_first_of("{[") != std::string_view::npos;
      const bool in_quotes = before.ends_with('"') || before.ends_with('\'');
      const bool open = std::ranges::count(behind, '"') % 2 != 0 || std::ranges::count(behind, '\'') % 2 != 0;
      if (!comment && (in_brackets || in_quotes || open)) return false;
      if (!goes_on(line)) key_ = at;
      hidden_[number] = true;
    }
    if (!comment) count_brackets(line);
    return true;
  }

  /// It belongs to the key before it. In a comment the number sign counts for a blank.
  [[nodiscard]] bool goes_on(std::string_view line) const {
    if (key_ == std::string_view::npos) return false;
    const std::size_t indent = line.find_first_not_of(" \t#");
    if (indent == std::string_view::npos || indent > key_) return true;
    return line[indent] == ':' || (indent == key_ && line[indent] == '-');
  }

  void count_brackets(std::string_view line) {
    for (const char c : line) {
      if (c == '{' || c == '[') ++depth_;
      if ((c == '}' || c == ']') && depth_ > 0) --depth_;
    }
  }

  std::vector<bool> hidden_;
  std::size_t key_ = std::string_view::npos;  ///< the column of the one whose value may go on
  std::size_t depth_ = 0;                     ///< of brackets that are open
};

}  // namespace

std::string line_diff(std::string_view before, std::string_view after) {
  std::vector<std::string_view> a = settings::lines_in(before);
  std::vector<std::string_view> b = settings::lines_in(after);
  const std::vector<bool> hidden_before = HiddenLines(a).list();
  const std::vector<bool> hidden_after = HiddenLines(b).list();
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
