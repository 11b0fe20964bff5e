#include "settings/yaml_slip.h"

#include "base/text.h"
#include "settings/lines.h"

#include <algorithm>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace postern::settings {
namespace {

/// What no plain value begins with (YAML 1.2, 5.3 and 7.3.3).
constexpr std::string_view kReserved = "%@`*&!|>";

struct Line {
  std::size_t number = 0;       ///< 1-based
  std::vector<std::size_t> at;  ///< 0-based columns where something of the block begins: of each "- ", and of the text
  std::string_view text;        ///< behind the indentation and all "- "
  bool dash = false;

  [[nodiscard]] std::size_t column() const { return at.back(); }
};

/// Without the comment behind it, if there is one.
std::string_view without_comment(std::string_view text) {
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool blank_before = i > 0 && (text[i - 1] == ' ' || text[i - 1] == '\t');
    if (quote == 0 && text[i] == '#' && blank_before) return trim(text.substr(0, i));
    const bool mark = text[i] == '"' || text[i] == '\'';
    if (quote != 0 ? text[i] == quote : mark && (i == 0 || blank_before || text[i - 1] == '[' || text[i - 1] == '{')) {
      quote = quote == 0 ? text[i] : '\0';
    }
  }
  return text;
}

/// Without comments and empty lines; at most up to and with line `last`.
std::vector<Line> lines_of(std::string_view text, std::size_t last) {
  std::vector<Line> lines;
  std::size_t number = 0;
  for (const std::string_view whole : lines_in(text)) {
    if (++number > last) break;
    std::string_view rest = whole;
    Line line;
    line.number = number;
    for (;;) {
      const std::size_t blanks = std::min(rest.find_first_not_of(' '), rest.size());
      rest.remove_prefix(blanks);
      line.at.push_back(whole.size() - rest.size());
      if (!rest.starts_with("- ")) break;
      line.dash = true;
      rest.remove_prefix(1);
    }
    line.text = without_comment(trim(rest));
    if (line.text.empty() || line.text.starts_with('#') || line.text == "---") continue;
    lines.push_back(std::move(line));
  }
  return lines;
}

/// A bracket is open at the end of the lines: columns and the ends of lines say nothing there.
bool in_brackets(std::span<const Line> lines) {
  int depth = 0;
  char quote = 0;
  for (const Line& line : lines) {
    for (const char c : line.text) {
      if (quote != 0) {
        if (c == quote) quote = 0;
      } else if (c == '"') {
        quote = c;
      } else if (c == '[' || c == '{') {
        ++depth;
      } else if ((c == ']' || c == '}') && depth > 0) {
        --depth;
      }
    }
  }
  return depth > 0;
}

/// Where the value of "key: value" begins; npos: there is no key.
std::size_t value_at(std::string_view text) {
  if (text.starts_with('"') || text.starts_with('\'') || text.starts_with('[') || text.starts_with('{')) {
    return std::string_view::npos;
  }
  const std::size_t colon = text.find(": ");
  if (colon == std::string_view::npos) return text.ends_with(':') ? text.size() : std::string_view::npos;
  const std::size_t value = text.find_first_not_of(' ', colon + 1);
  return value == std::string_view::npos ? text.size() : value;
}

bool has_key(const Line& line) { return value_at(line.text) != std::string_view::npos; }

/// A word alone, or words: not the rest of a list or group in brackets.
bool is_keyless(const Line& line) {
  return !has_key(line) && line.text.find_first_of("[]{}\"'") == std::string_view::npos;
}

/// Without its words: a password may be among them.
YamlSlip no_colon(const Line& line) {
  const std::string_view missing = missing_behind_key(line.text);
  const std::size_t key = std::min(line.text.find_first_of(" :="), line.text.size());
  return {{line.number, line.column() + 1 + key},
          std::string(missing.empty() ? "a colon is missing behind the key" : missing)};
}

std::optional<YamlSlip> unquoted(const Line& line) {
  const std::size_t at = value_at(line.text);
  if (at >= line.text.size()) return {};
  const std::string_view value = line.text.substr(at);
  const Mark mark{line.number, line.column() + at + 1};
  if (value.starts_with('|') && trim(value.substr(1)).starts_with('/')) {
    return YamlSlip{mark,
                    "a value that begins with | needs single quotes; aliases run no programs, so leave such a one out"};
  }
  const bool quoted = value.starts_with('"') || value.starts_with('\'');
  const bool opens = value.starts_with('[') || value.starts_with('{');
  if (quoted || opens) return {};
  const std::string advice = "put the value in single quotes ('...'), a quote in it twice: ";
  if (kReserved.find(value.front()) != std::string_view::npos) {
    return YamlSlip{mark,
                    advice + "what begins with " + std::string(1, value.front()) + " has another sense without them"};
  }
  const std::size_t colon = value.find(": ");
  if (colon != std::string_view::npos || value.ends_with(':')) {
    return YamlSlip{mark, advice +
                              "a colon with a blank behind it ends a key; a key "
                              "below another begins a line of its own"};
  }
  return {};
}

/// The columns of the blocks that are open where the last of the lines begins, outermost first.
std::vector<std::size_t> open_blocks(const std::vector<Line>& lines) {
  std::vector<std::size_t> open;
  for (std::size_t i = 0; i + 1 < lines.size(); ++i) {
    while (!open.empty() && open.back() > lines[i].at.front()) open.pop_back();
    for (const std::size_t column : lines[i].at) {
      if (open.empty() || open.back() < column) open.push_back(column);
    }
  }
  return open;
}

std::optional<YamlSlip> misplaced(const std::vector<Line>& lines) {
  if (lines.size() < 2) return {};
  const Line& line = lines.back();
  const Line& before = lines[lines.size() - 2];
  const std::vector<std::size_t> open = open_blocks(lines);
  const std::size_t here = line.at.front();
  const bool begins = before.text.ends_with(':') && here > before.column();
  if (begins || open.empty() || std::ranges::find(open, here) != open.end()) return {};
  // Of two that are as near, the inner one.
  const auto away = [here](std::size_t one) { return one > here ? one - here : here - one; };
  const std::size_t near = *std::ranges::min_element(open.rbegin(), open.rend(), {}, away);
  return YamlSlip{{line.number, here + 1},
                  "the indentation fits nothing above: this begins in column " + std::to_string(here + 1) +
                      ", and what it seems to go on with in column " + std::to_string(near + 1)};
}

}  // namespace

std::optional<YamlSlip> yaml_slip(const std::string& text, Mark where) {
  if (where.line == 0) return {};
  const std::vector<Line> lines = lines_of(text, where.line);
  if (lines.empty()) return {};
  const Line& line = lines.back();
  if (in_brackets(std::span(lines).first(lines.size() - 1))) return {};
  if (line.number == where.line) {
    if (is_keyless(line) && !line.dash) return no_colon(line);
    if (auto slip = unquoted(line)) return slip;
  }
  if (auto slip = misplaced(lines)) return slip;
  // Words without a colon go on with the line behind them, which then has one too many.
  if (lines.size() < 2) return {};
  const Line& before = lines[lines.size() - 2];
  if (is_keyless(before) && (!before.dash || before.column() == line.column())) return no_colon(before);
  return {};
}

std::optional<YamlSlip> open_quote(const std::string& text) {
  for (const Line& line : lines_of(text, std::string::npos)) {
    const std::size_t at = value_at(line.text);
    if (at >= line.text.size()) continue;
    const std::string_view value = line.text.substr(at);
    const char quote = value.front();
    if ((quote != '"' && quote != '\'') || value.find(quote, 1) != std::string_view::npos) continue;
    return YamlSlip{{line.number, line.column() + at + 1}, "this quote never closes"};
  }
  return {};
}

std::string_view missing_behind_key(std::string_view word) {
  const std::size_t end = word.find_first_of(" :=");
  if (end == 0 || end == std::string_view::npos) return {};
  const std::size_t value = word.find_first_not_of(" :=", end);
  if (value == std::string_view::npos) return {};
  const std::string_view between = word.substr(end, value - end);
  if (between.find(':') != std::string_view::npos) return "a blank is missing behind the colon of the key";
  if (between.find('=') != std::string_view::npos) return "a colon belongs behind the key, and no =";
  return "a colon is missing behind the key";
}

}  // namespace postern::settings
