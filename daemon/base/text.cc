#include "base/text.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <limits>

namespace postern {
namespace {

constexpr std::string_view kBlank = " \t\r\n";

unsigned char byte(char c) { return static_cast<unsigned char>(c); }

/// Length in bytes of the valid UTF-8 character at the front, 0 if there is none.
std::size_t utf8_length(std::string_view text) {
  const unsigned char first = byte(text.front());
  if (first < 0x80) return 1;
  std::size_t length = 0;
  unsigned char low = 0x80;   // bounds of the second byte: they exclude overlong forms,
  unsigned char high = 0xBF;  // surrogates and code points past U+10FFFF
  if (first >= 0xC2 && first <= 0xDF) {
    length = 2;
  } else if (first >= 0xE0 && first <= 0xEF) {
    length = 3;
    if (first == 0xE0) low = 0xA0;
    if (first == 0xED) high = 0x9F;
  } else if (first >= 0xF0 && first <= 0xF4) {
    length = 4;
    if (first == 0xF0) low = 0x90;
    if (first == 0xF4) high = 0x8F;
  }
  if (length == 0 || text.size() < length) return 0;
  if (byte(text[1]) < low || byte(text[1]) > high) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if (byte(text[i]) < 0x80 || byte(text[i]) > 0xBF) return 0;
  }
  return length;
}

/// Characters that are valid UTF-8 but change what a terminal shows, or hide in it: C1 controls (U+0080..9F), the
/// bidirectional controls U+200E/F, U+202A..E, U+2066..9 and U+061C, the ends of lines U+2028/9, the zero-width space
/// U+200B, the word joiner U+2060 and the byte order mark U+FEFF. Joiners and no-break spaces stay: scripts, emoji and
/// French need them.
bool misleading(std::string_view character) {
  if (character.size() == 2) {
    return (byte(character[0]) == 0xC2 && byte(character[1]) < 0xA0) || character == "\xD8\x9C";
  }
  if (character == "\xEF\xBB\xBF") return true;
  if (character.size() != 3 || byte(character[0]) != 0xE2) return false;
  const unsigned char second = byte(character[1]);
  const unsigned char third = byte(character[2]);
  if (second == 0x80) return third == 0x8B || third == 0x8E || third == 0x8F || (third >= 0xA8 && third <= 0xAE);
  return second == 0x81 && (third == 0xA0 || (third >= 0xA6 && third <= 0xA9));
}

constexpr std::string_view kHex = "0123456789abcdef";
constexpr std::size_t kEscaped = 4;  // "\\x1b"

bool is_escaped(std::string_view bytes) {
  return bytes.size() >= kEscaped && bytes.starts_with("\\x") && kHex.find(bytes[2]) != std::string_view::npos &&
         kHex.find(bytes[3]) != std::string_view::npos;
}

void append_escaped(std::string& out, std::string_view bytes) {
  for (const char c : bytes) out += "\\x" + hex({&c, 1});
}

}  // namespace

char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }
char to_upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c; }

std::string to_lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return to_lower(c); });
  return out;
}

std::string to_upper(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return to_upper(c); });
  return out;
}

bool iequals(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return to_lower(x) == to_lower(y); });
}

bool istarts_with(std::string_view text, std::string_view prefix) {
  return iequals(text.substr(0, prefix.size()), prefix);
}

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

std::vector<std::string_view> split_words(std::string_view text) {
  std::vector<std::string_view> words;
  while (true) {
    const std::size_t start = text.find_first_not_of(kBlank);
    if (start == std::string_view::npos) return words;
    text.remove_prefix(start);
    const std::size_t end = std::min(text.find_first_of(kBlank), text.size());
    words.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
}

std::string printable(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  while (!bytes.empty()) {
    if (is_escaped(bytes)) {
      out += bytes.substr(0, kEscaped);
      bytes.remove_prefix(kEscaped);
      continue;
    }
    const std::size_t length = utf8_length(bytes);
    const std::string_view character = bytes.substr(0, std::max<std::size_t>(length, 1));
    const char c = character.front();
    const bool plain = length == 1 ? c >= ' ' && c != 0x7F && c != '\\' : length > 1 && !misleading(character);
    if (plain) {
      out += character;
    } else {
      append_escaped(out, character);
    }
    bytes.remove_prefix(character.size());
  }
  return out;
}

std::string_view cut_printable(std::string_view shown, std::size_t limit) {
  if (shown.size() <= limit) return shown;
  std::size_t end = limit;
  while (end > 0 && (byte(shown[end]) & 0xC0U) == 0x80U) --end;
  // Nothing but an escape has a backslash.
  const std::size_t escape = shown.substr(0, end).rfind('\\');
  if (escape != std::string_view::npos && end - escape < kEscaped && is_escaped(shown.substr(escape))) end = escape;
  return shown.substr(0, end);
}

std::optional<std::uint64_t> parse_number(std::string_view digits) {
  std::uint64_t number = 0;
  if (digits.empty() || digits.front() < '0' || digits.front() > '9') return std::nullopt;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return number;
}

std::optional<std::uint64_t> parse_decimal(std::string_view digits) {
  if (digits.size() > 1 && digits.starts_with('0')) return std::nullopt;
  return parse_number(digits);
}

std::string hex(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    out += kHex[byte(c) >> 4U];
    out += kHex[byte(c) & 15U];
  }
  return out;
}

std::string hex_escaped(std::string_view bytes, char mark, bool (*is_plain)(char)) {
  std::string out;
  out.reserve(bytes.size());
  for (const char c : bytes) {
    if (is_plain(c)) {
      out += c;
    } else {
      out += mark + to_upper(hex({&c, 1}));
    }
  }
  return out;
}

bool is_utf8(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t length = utf8_length(bytes);
    if (length == 0) return false;
    bytes.remove_prefix(length);
  }
  return true;
}

bool is_ascii(std::string_view bytes) {
  // Eight bytes at a time: bodies of many megabytes pass here.
  constexpr std::uint64_t kHighBits = 0x8080808080808080U;
  std::uint64_t seen = 0;
  while (bytes.size() >= sizeof seen) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data(), sizeof word);
    seen |= word;
    bytes.remove_prefix(sizeof word);
  }
  for (const char c : bytes) seen |= byte(c);
  return (seen & kHighBits) == 0;
}

std::string_view front_characters(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return text;
  std::size_t end = limit;
  while (end > 0 && (byte(text[end]) & 0xC0U) == 0x80U) --end;
  return text.substr(0, end == 0 ? limit : end);
}

bool has_control(std::string_view bytes) {
  return std::ranges::any_of(bytes, [](char c) { return byte(c) < 0x20 || c == 0x7F; });
}

}  // namespace postern
