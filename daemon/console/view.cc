#include "console/view.h"

#include "base/letters.h"
#include "base/text.h"
#include "control/exits.h"

#include <sys/ioctl.h>
#include <unistd.h>
#include <algorithm>
#include <cstdlib>
#include <cwchar>

namespace postern::console {
namespace {

/// 0: the variable does not say.
std::size_t number_of(const char* variable) {
  const char* text = std::getenv(variable);
  return text == nullptr ? 0 : parse_number(text).value_or(0);
}

bool is_set(const char* variable) {
  const char* text = std::getenv(variable);
  return text != nullptr && *text != '\0';
}

/// The next word of a text that begins with none of the blanks before it; a command in backquotes is one, with what is
/// set beside it, unless it has more than so many columns.
std::string_view next_word(std::string_view text, std::size_t most) {
  const std::size_t end = std::min(text.find(' '), text.size());
  const std::size_t opened = text.substr(0, end).find('`');
  if (opened == std::string_view::npos) return text.substr(0, end);
  const std::size_t closed = text.find('`', opened + 1);
  if (closed == std::string_view::npos) return text.substr(0, end);
  const std::string_view whole = text.substr(0, std::min(text.find(' ', closed), text.size()));
  return columns(whole) <= most ? whole : text.substr(0, end);
}

struct Character {
  std::size_t bytes = 1;
  std::size_t columns = 1;
};

/// The first one; what is none counts as a byte of one column.
Character first_character(std::string_view text) {
  std::mbstate_t state{};
  wchar_t wide = 0;
  const std::size_t bytes = std::mbrtowc(&wide, text.data(), text.size(), &state);
  if (bytes == 0 || bytes > text.size()) return {};
  return {bytes, static_cast<std::size_t>(std::max(::wcwidth(wide), 0))};
}

/// The bytes up to the first place where text of East Asia may be broken: between two characters of two columns each.
std::size_t front_piece(std::string_view word) {
  const Utf8Characters characters;
  std::size_t taken = 0;
  for (bool wide = false; taken < word.size();) {
    const Character next = first_character(word.substr(taken));
    if (wide && next.columns == 2) break;
    // An accent that is set on it belongs to it.
    wide = next.columns == 2 || (wide && next.columns == 0);
    taken += next.bytes;
  }
  return taken;
}

std::string folded_line(std::string_view text, std::size_t width, std::string_view indent) {
  std::string result;
  const std::size_t begins = std::min(text.find_first_not_of(' '), text.size());
  result.append(text.substr(0, begins));
  std::size_t used = begins;
  bool empty = true;  // no word is in this line
  const auto lay = [&](std::string_view piece, bool behind_blank) {
    const std::size_t wide = columns(piece);
    if (!empty && used + (behind_blank ? 1 : 0) + wide > width) {
      result.append("\n").append(indent);
      used = columns(indent);
      empty = true;
    }
    const bool blank = !empty && behind_blank;
    if (blank) result += ' ';
    result.append(piece);
    used += wide + (blank ? 1 : 0);
    empty = false;
  };
  const std::size_t most = width - std::min(width, columns(indent));
  std::string_view rest = text.substr(begins);
  while (!rest.empty()) {
    std::string_view word = next_word(rest, most);
    rest.remove_prefix(word.size());
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
    const bool whole = columns(word) <= most;
    for (bool first = true; !word.empty(); first = false) {
      const std::string_view piece = whole ? word : word.substr(0, front_piece(word));
      lay(piece, first);
      word.remove_prefix(piece.size());
    }
  }
  return result + "\n";
}

/// That a line takes in a window of so many columns. Colours (painted()) take no place.
std::size_t rows(std::string_view line, std::size_t width) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  std::string shown;
  for (std::size_t at = line.find('\033'); at != std::string_view::npos; at = line.find('\033')) {
    shown.append(line.substr(0, at));
    line.remove_prefix(std::min(line.find('m', at), line.size() - 1) + 1);
  }
  const std::size_t used = columns(shown.append(line));
  return width == 0 || used <= width ? 1 : (used + width - 1) / width;
}

}  // namespace

View view_of(int descriptor, WallTime now) {
  View view;
  view.now = now;
  view.terminal = ::isatty(descriptor) == 1;
  winsize size{};
  if (view.terminal && ::ioctl(descriptor, TIOCGWINSZ, &size) == 0) {
    view.width = size.ws_col;
    view.height = size.ws_row;
  }
  // Exported by a shell they are of the window as it was then; they say something where the terminal does not.
  if (view.width == 0) view.width = number_of("COLUMNS");
  if (view.height == 0 && view.terminal) view.height = number_of("LINES");
  const char* kind = std::getenv("TERM");
  view.colour = view.terminal && !is_set("NO_COLOR") && kind != nullptr && std::string_view(kind) != "dumb";
  return view;
}

std::string error_text(std::string_view text) {
  const View view = view_of(STDERR_FILENO, {});
  return folded("postern: " + std::string(text), view.terminal ? view.width : 0, "  ");
}

std::string_view front_columns(std::string_view text, std::size_t width) {
  const Utf8Characters characters;
  std::size_t taken = 0;
  std::size_t used = 0;
  while (taken < text.size()) {
    const Character next = first_character(text.substr(taken));
    if (used + next.columns > width) break;
    taken += next.bytes;
    used += next.columns;
  }
  return text.substr(0, taken);
}

std::size_t columns(std::string_view text) {
  if (is_ascii(text)) return text.size();
  const Utf8Characters characters;
  std::size_t used = 0;
  while (!text.empty()) {
    const Character next = first_character(text);
    text.remove_prefix(next.bytes);
    used += next.columns;
  }
  return used;
}

std::string folded(std::string_view text, std::size_t width, std::string_view indent) {
  if (width == 0) return std::string(text) + "\n";
  std::string result;
  while (true) {
    const std::size_t end = text.find('\n');
    result += folded_line(text.substr(0, end), width, indent);
    if (end == std::string_view::npos) return result;
    text.remove_prefix(end + 1);
  }
}

std::string hanging(std::string_view lines, std::size_t column, std::size_t width) {
  if (width <= column) return std::string(lines);
  const std::string indent(column, ' ');
  std::string result;
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    const std::string_view line = lines.substr(0, end);
    lines.remove_prefix(std::min(end + 1, lines.size()));
    if (columns(line) <= width) {
      result.append(line).append("\n");
      continue;
    }
    const bool beside = line.size() > column && line[column - 1] == ' ';
    const std::size_t label = beside ? column : 0;
    std::string text(line.substr(0, label));
    bool begins = false;
    for (const char c : folded(line.substr(label), width - column, "")) {
      if (begins) text += indent;
      begins = c == '\n';
      text += c;
    }
    result += text;
  }
  return result;
}

std::string first_lines(std::string_view text, std::size_t height, std::size_t width) {
  std::size_t used = 0;
  std::size_t kept = 0;  // what leaves room for the word below it
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size() - 1) + 1;
    used += rows(text.substr(begin, end - begin), width);
    if (used + 2 <= height || (begin == 0 && height > 2)) kept = end;
    begin = end;
  }
  if (height == 0 || used < height) return std::string(text);
  return std::string(text.substr(0, kept)) + "...\n";
}

/// Home, then each line with its place wiped before it, then what is below: no flicker, as a whole clear would make.
/// Behind the line it would take the last character of one that is just as wide as the window. What does not fit stays
/// out, or the terminal would roll the verdict away; the end of a colour may be among that.
std::string in_place(std::string_view text, const View& view) {
  const std::string shown = first_lines(text, view.height, view.width);
  std::string drawn = "\033[H";
  for (std::string_view rest = shown; !rest.empty();) {
    const std::string_view line = rest.substr(0, std::min(rest.find('\n'), rest.size() - 1) + 1);
    rest.remove_prefix(line.size());
    // Of a line that takes several rows all that follows is wiped: it is drawn anew.
    drawn.append(rows(line, view.width) > 1 ? "\033[J" : "\033[K").append(line);
  }
  return drawn + "\033[0m\033[J";
}

std::string painted(std::string text, int level, const View& view) {
  if (!view.colour) return text;
  const std::string_view colour = level == control::exits::kWell      ? "\033[32m"
                                  : level == control::exits::kTrouble ? "\033[33m"
                                                                      : "\033[31m";
  const bool line = text.ends_with('\n');
  if (line) text.pop_back();
  return std::string(colour) + text + "\033[0m" + (line ? "\n" : "");
}

}  // namespace postern::console
