#include "shim/call_file.h"

#include "base/text.h"

#include <algorithm>
#include <array>

namespace postern::shim {
namespace {

constexpr std::size_t kLongestPiece = 16;   // of what is repeated
constexpr std::size_t kLeastRepeated = 80;  // bytes; less is written out

/// How often the piece of `size` at the front of `bytes` follows itself, itself included.
std::size_t repeats(std::string_view bytes, std::size_t size) {
  const std::string_view piece = bytes.substr(0, size);
  std::size_t count = 1;
  while (bytes.substr(count * size).starts_with(piece)) ++count;
  return count;
}

/// The smallest piece that is repeated at the front often enough to be said as such; 0: none.
std::size_t repeated_piece(std::string_view bytes) {
  for (std::size_t size = 1; size <= std::min(kLongestPiece, bytes.size() / 2); ++size) {
    if (repeats(bytes, size) * size >= kLeastRepeated) return size;
  }
  return 0;
}

/// What stands for the character at the front, and how many bytes that is.
std::pair<std::string, std::size_t> shown_character(std::string_view bytes, bool blanks) {
  const char c = bytes.front();
  if (c == '\\') return {"\\\\", 1};
  if (c == '\r') return {"\\r", 1};
  if (c == '\t') return {"\\t", 1};
  if (c == '\0') return {"\\0", 1};
  if (c == ' ') return {blanks ? "\\x20" : " ", 1};
  if (c > ' ' && c < '\x7F') return {std::string(1, c), 1};
  for (const std::size_t size : {2U, 3U, 4U}) {
    const std::string_view character = bytes.substr(0, size);
    // printable() leaves what is UTF-8 and can be shown as it is.
    if (character.size() == size && printable(character) == character) return {std::string(character), size};
  }
  return {"\\x" + hex(bytes.substr(0, 1)), 1};
}

std::optional<std::string> from_hex(std::string_view digits) {
  unsigned value = 0;
  if (digits.size() != 2) return {};
  for (const char c : digits) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    const std::size_t digit = kDigits.find(c);
    if (digit == std::string_view::npos) return {};
    value = value * 16 + static_cast<unsigned>(digit);
  }
  return std::string(1, static_cast<char>(value));
}

/// What the escape at the front means; takes it off.
std::optional<std::string> meant_by_escape(std::string_view& text) {
  text.remove_prefix(1);
  if (text.empty()) return {};
  const char kind = text.front();
  text.remove_prefix(1);
  switch (kind) {
    case '\\': return "\\";
    case 'r': return "\r";
    case 't': return "\t";
    case '0': return std::string(1, '\0');
    case 'x': {
      const std::string_view digits = text.substr(0, 2);
      text.remove_prefix(digits.size());
      return from_hex(digits);
    }
    case '{': {
      const std::size_t star = text.find('*');
      const std::size_t end = text.find("\\}", star);
      if (end == std::string_view::npos) return {};
      const auto count = parse_number(text.substr(0, star));
      const auto piece = meant(text.substr(star + 1, end - star - 1));
      text.remove_prefix(end + 2);
      if (!count || !piece) return {};
      std::string whole;
      for (std::uint64_t i = 0; i < *count; ++i) whole += *piece;
      return whole;
    }
    default: return {};
  }
}

constexpr std::string_view kEmpty = "''";

std::string word(std::string_view argument) {
  if (argument == kEmpty) return "\\x27'";
  return argument.empty() ? std::string(kEmpty) : shown(argument, true);
}

/// The next line, its LF taken off; nothing at the end.
std::optional<std::string_view> next_line(std::string_view& text) {
  if (text.empty()) return {};
  const std::string_view line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(line.size() + 1, text.size()));
  return line;
}

/// The lines of bytes at the front.
std::optional<std::string> meant_lines(std::string_view& text) {
  std::string bytes;
  while (text.starts_with('|')) {
    std::string_view line = *next_line(text);
    line.remove_prefix(line.starts_with("| ") ? 2 : 1);
    const std::size_t slashes = line.size() - (line.find_last_not_of('\\') + 1);
    const bool open = slashes % 2 == 1;
    if (open) line.remove_suffix(1);
    const auto meaning = meant(line);
    if (!meaning) return {};
    bytes += *meaning;
    if (!open) bytes += '\n';
  }
  return bytes;
}

bool parse_words(std::string_view words, Call& call) {
  for (bool first = true; !words.empty(); first = false) {
    const std::string_view one = words.substr(0, words.find(' '));
    words.remove_prefix(std::min(one.size() + 1, words.size()));
    const auto meaning = one == kEmpty ? std::string() : meant(one);
    if (!meaning) return false;
    if (first) {
      call.door = *meaning;
    } else {
      call.arguments.push_back(*meaning);
    }
  }
  return !call.door.empty();
}

}  // namespace

std::string shown(std::string_view bytes, bool blanks) {
  std::string text;
  while (!bytes.empty()) {
    if (const std::size_t size = repeated_piece(bytes); size > 0) {
      const std::size_t count = repeats(bytes, size);
      std::string piece;
      for (std::string_view rest = bytes.substr(0, size); !rest.empty();) {
        const auto [character, taken] = shown_character(rest, blanks);
        piece += character == "}" ? "\\x7d" : character;
        rest.remove_prefix(taken);
      }
      text += "\\{" + std::to_string(count) + "*" + piece + "\\}";
      bytes.remove_prefix(count * size);
      continue;
    }
    const auto [character, taken] = shown_character(bytes, blanks);
    text += character;
    bytes.remove_prefix(taken);
  }
  // Nobody sees a blank at the end of a line.
  if (text.ends_with(' ')) text.replace(text.size() - 1, 1, "\\x20");
  return text;
}

std::optional<std::string> meant(std::string_view text) {
  std::string bytes;
  while (!text.empty()) {
    const std::string_view plain = text.substr(0, text.find('\\'));
    bytes += plain;
    text.remove_prefix(plain.size());
    if (text.empty()) break;
    const auto meaning = meant_by_escape(text);
    if (!meaning) return {};
    bytes += *meaning;
  }
  return bytes;
}

std::string shown_lines(std::string_view bytes) {
  std::string lines;
  while (!bytes.empty()) {
    const std::size_t size = std::min(bytes.find('\n'), bytes.size());
    const bool open = size == bytes.size();
    const std::string line = shown(bytes.substr(0, size));
    lines += line.empty() && !open ? "|" : "| " + line + (open ? "\\" : "");
    lines += '\n';
    bytes.remove_prefix(std::min(size + 1, bytes.size()));
  }
  return lines;
}

std::optional<Call> parse_call(std::string_view file) {
  Call call;
  while (const auto line = next_line(file)) {
    if (line->empty()) break;
    const std::string_view value = line->substr(std::min(line->size(), line->find(": ") + 2));
    if (line->starts_with("what: ")) {
      call.what = value;
    } else if (line->starts_with("call: ")) {
      if (!parse_words(value, call)) return {};
    } else if (line->starts_with("user: ")) {
      call.user = value;
    } else if (*line == "input:") {
      auto input = meant_lines(file);
      if (!input) return {};
      call.input = std::move(*input);
    } else {
      return {};
    }
  }
  if (call.what.empty() || call.door.empty()) return {};
  return call;
}

std::string format_call(const Call& call) {
  std::string text = "what: " + call.what + "\ncall: " + call.door;
  for (const std::string& argument : call.arguments) text += " " + word(argument);
  text += "\n";
  if (call.user != "alice") text += "user: " + call.user + "\n";
  return text + "input:\n" + shown_lines(call.input) + "\n";
}

}  // namespace postern::shim
