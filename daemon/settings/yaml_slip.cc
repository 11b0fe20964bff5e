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

struct Bracket {
  Mark mark;
  char kind = 0;
};

/// Those that are open at the end of the lines, outermost first. One that stands inside a plain value is none.
std::vector<Bracket> open_brackets(std::span<const Line> lines) {
  std::vector<Bracket> open;
  char quote = 0;
  for (const Line& line : lines) {
    for (std::size_t i = 0; i < line.text.size(); ++i) {
      const char c = line.text[i];
      const bool begins = i == 0 || std::string_view(" [{,:").find(line.text[i - 1]) != std::string_view::npos;
      if (quote != 0) {
        if (c == quote) quote = 0;
      } else if (begins && (c == '"' || c == '\'')) {
        quote = c;
      } else if (begins && (c == '[' || c == '{')) {
        open.push_back({{line.number, line.column() + i + 1}, c});
      } else if ((c == ']' || c == '}') && !open.empty()) {
        open.pop_back();
      }
    }
  }
  return open;
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

/// Where the quote that the text begins with closes, or, with `from`, one that was opened before it; npos: nowhere.
std::size_t close_of(std::string_view text, char quote, std::size_t from = 1) {
  for (std::size_t i = from; i < text.size(); ++i) {
    if (quote == '"' && text[i] == '\\') {
      ++i;
    } else if (text[i] == quote) {
      if (quote != '\'' || i + 1 >= text.size() || text[i + 1] != quote) return i;
      ++i;
    }
  }
  return std::string_view::npos;
}

/// Where the bracket closes that the text begins with; npos: not in this text, or wrongly.
std::size_t close_of_bracket(std::string_view text) {
  std::string open;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"' || c == '\'') {
      const std::size_t close = close_of(text.substr(i), c);
      if (close == std::string_view::npos) return close;
      i += close;
    } else if (c == '[' || c == '{') {
      open += c;
    } else if (c == ']' || c == '}') {
      if (open.back() != (c == ']' ? '[' : '{')) return std::string_view::npos;
      open.pop_back();
      if (open.empty()) return i;
    }
  }
  return std::string_view::npos;
}

constexpr std::string_view kQuote = "put the value in single quotes ('...'), a quote in it twice: ";

/// Of a value that begins with what YAML keeps for itself.
std::optional<YamlSlip> reserved(std::string_view value, Mark mark) {
  if (value.starts_with('|') && trim(value.substr(1)).starts_with('/')) {
    return YamlSlip{mark,
                    "a value that begins with | needs single quotes; aliases run no programs, so leave such a one out"};
  }
  if (value.empty() || kReserved.find(value.front()) == std::string_view::npos) return {};
  return YamlSlip{mark, std::string(kQuote) + "what begins with " + value.front() + " has another sense without them"};
}

/// Of a value in quotes or brackets behind which more stands: it is no such value then.
std::optional<YamlSlip> more_behind(std::string_view value, Mark mark) {
  const char first = value.front();
  const bool quoted = first == '"' || first == '\'';
  const std::size_t close = quoted ? close_of(value, first) : close_of_bracket(value);
  if (close == std::string_view::npos || close + 1 == value.size() || trim(value.substr(close + 1)).starts_with('#')) {
    return {};
  }
  const Mark behind{mark.line, mark.column + close + 1};
  if (first == '\'') {
    return YamlSlip{
        behind, "the value ends at the quote before this; a single quote within single quotes is written twice ('')"};
  }
  if (first == '"') {
    return YamlSlip{behind, "the value ends at the quote before this; " + std::string(kQuote) +
                                "within double quotes one needs a backslash"};
  }
  return YamlSlip{mark, std::string(kQuote) + "what begins with " + first + " is a list or a group without them"};
}

/// Of a value that begins with what has another sense outside of brackets.
std::optional<YamlSlip> mark_of_block(std::string_view value, Mark mark) {
  const std::string quote(kQuote);
  if (std::string_view(",]}").find(value.front()) != std::string_view::npos) {
    return YamlSlip{mark, quote + "what begins with " + value.front() + " has another sense without them"};
  }
  if (value == "-" || value.starts_with("- ")) {
    return YamlSlip{mark,
                    quote + "a dash with a blank behind it begins a row of a list; a row begins a line of its own"};
  }
  if (value == "?" || value.starts_with("? ")) {
    return YamlSlip{mark, quote + "a question mark with a blank behind it has another sense without them"};
  }
  return {};
}

std::optional<YamlSlip> unquoted(const Line& line) {
  const std::size_t at = value_at(line.text);
  if (at >= line.text.size()) return {};
  const std::string_view value = line.text.substr(at);
  const Mark mark{line.number, line.column() + at + 1};
  if (auto slip = reserved(value, mark)) return slip;
  if (auto slip = mark_of_block(value, mark)) return slip;
  if (std::string_view("\"'[{").find(value.front()) != std::string_view::npos) return more_behind(value, mark);
  const bool colon = value.find(": ") != std::string_view::npos || value.find(":\t") != std::string_view::npos;
  if (colon || value.ends_with(':')) {
    return YamlSlip{mark, std::string(kQuote) +
                              "a colon with a blank behind it ends a key; a key "
                              "below another begins a line of its own"};
  }
  return {};
}

/// What begins with a reserved character where the parser stopped, inside brackets too.
std::optional<YamlSlip> reserved_at(std::string_view text, Mark where) {
  std::size_t number = 0;
  for (const std::string_view line : lines_in(text)) {
    if (++number < where.line) continue;
    const std::size_t at = where.column - 1;
    const bool begins =
        at > 0 && at < line.size() && std::string_view(" ,[{").find(line[at - 1]) != std::string_view::npos;
    return begins ? reserved(line.substr(at), where) : std::nullopt;
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

/// "{{ x }}", "{% if x %}" or "<% x %>" in the last two lines: the parser may have noticed it in the one behind.
std::optional<YamlSlip> unrendered_in(const std::vector<Line>& lines) {
  for (std::size_t back = 1; back <= std::min<std::size_t>(lines.size(), 2); ++back) {
    const Line& line = lines[lines.size() - back];
    const std::size_t value = value_at(line.text);
    const std::size_t begin = value >= line.text.size() ? 0 : value;
    for (const std::string_view mark : {"{{", "{%", "{#", "<%"}) {
      if (line.text.substr(begin).starts_with(mark)) {
        return YamlSlip{{line.number, line.column() + begin + 1}, std::string(kUnrendered)};
      }
    }
  }
  return {};
}

/// A quote that was meant to close in its line, and closes where the next one opens.
std::optional<YamlSlip> runaway_quote(const std::vector<Line>& lines) {
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::size_t at = value_at(lines[i].text);
    if (at >= lines[i].text.size()) continue;
    const char quote = lines[i].text[at];
    if ((quote != '"' && quote != '\'') || close_of(lines[i].text.substr(at), quote) != std::string_view::npos)
      continue;
    const std::size_t first = i;
    std::size_t close = std::string_view::npos;
    while (close == std::string_view::npos && ++i < lines.size()) close = close_of(lines[i].text, quote, 0);
    if (i == lines.size()) return {};
    const std::string_view rest = trim(lines[i].text.substr(close + 1));
    if (rest.empty() || rest.starts_with('#')) continue;
    return YamlSlip{{lines[first].number, lines[first].column() + at + 1}, "this quote does not close in its line"};
  }
  return {};
}

/// "[smarthost]", a section of other kinds of files.
bool is_section(const Line& line) {
  const std::string_view text = line.text;
  return line.column() == 0 && text.size() > 2 && text.starts_with('[') && text.ends_with(']') &&
         text.find_first_of(":,\"'{}") == std::string_view::npos;
}

}  // namespace

std::optional<YamlSlip> section_slip(const std::string& text, Mark where) {
  const std::vector<Line> lines = lines_of(text, where.line);
  for (auto line = lines.rbegin(); line != lines.rend(); ++line) {
    if (line->column() == 0 && is_section(*line)) {
      return YamlSlip{{line->number, 1},
                      "a section in brackets is of another kind of file (INI, TOML); write it as 'smarthosts:' or "
                      "'retry:', and its keys below it, further in, each as 'key: value'"};
    }
    if (line + 1 != lines.rend() && line - lines.rbegin() > 1) break;
  }
  return {};
}

std::optional<YamlSlip> yaml_slip(const std::string& text, Mark where) {
  if (where.line == 0) return {};
  const std::vector<Line> lines = lines_of(text, where.line);
  if (lines.empty()) return {};
  const Line& line = lines.back();
  if (auto slip = unrendered_in(lines)) return slip;
  if (auto slip = section_slip(text, where)) return slip;
  if (auto slip = reserved_at(text, where)) return slip;
  if (auto slip = runaway_quote(lines)) return slip;
  // Columns and the ends of lines say nothing there.
  if (!open_brackets(std::span(lines).first(lines.size() - 1)).empty()) return {};
  if (line.number == where.line) {
    if (line.text.starts_with("-\t"))
      return YamlSlip{{line.number, line.column() + 2}, "a blank belongs behind the dash, and no tab"};
    if (is_keyless(line) && !line.dash) return no_colon(line);
    if (auto slip = unquoted(line)) return slip;
  }
  // Words without a colon go on with the line behind them, which then has one too many.
  const Line* const before = lines.size() < 2 ? nullptr : &lines[lines.size() - 2];
  if (before != nullptr && is_keyless(*before) && (!before->dash || before->column() == line.column())) {
    return no_colon(*before);
  }
  return misplaced(lines);
}

std::optional<YamlSlip> bad_escape(const std::string& text, Mark where) {
  std::size_t number = 0;
  std::optional<YamlSlip> found;
  for (const std::string_view line : lines_in(text)) {
    if (++number > where.line) break;
    const std::size_t at = number == where.line ? line.rfind('\\', where.column) : line.rfind('\\');
    if (at == std::string_view::npos) continue;
    found = YamlSlip{{number, at + 1},
                     std::string(kQuote) + "a backslash within double quotes begins an escape, and this is none"};
  }
  return found;
}

std::optional<YamlSlip> open_quote(const std::string& text) {
  for (const Line& line : lines_of(text, std::string::npos)) {
    const std::size_t at = value_at(line.text);
    if (at >= line.text.size()) continue;
    const std::string_view value = line.text.substr(at);
    const char quote = value.front();
    if ((quote != '"' && quote != '\'') || close_of(value, quote) != std::string_view::npos) continue;
    return YamlSlip{{line.number, line.column() + at + 1}, "this quote never closes"};
  }
  return {};
}

std::optional<YamlSlip> open_bracket(const std::string& text) {
  const std::vector<Line> lines = lines_of(text, std::string::npos);
  const std::vector<Bracket> open = open_brackets(lines);
  if (open.empty()) return {};
  const char close = open.back().kind == '[' ? ']' : '}';
  return YamlSlip{open.back().mark,
                  std::string("no ") + close + " closes this; a text that begins with it needs single quotes ('...')"};
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

std::string shown_key(std::string_view word) {
  const std::size_t end = word.find_first_of(" :=");
  return end == std::string_view::npos ? std::string(word) : std::string(word.substr(0, end)) + "...";
}

}  // namespace postern::settings
