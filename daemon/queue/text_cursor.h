// A place in a text that is read word by word.
#pragma once

#include "base/ascii.h"
#include "base/text.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace postern::queue {

[[nodiscard]] inline bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }
[[nodiscard]] inline bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
/// Bytes of other letters, too.
[[nodiscard]] inline bool is_word(char c) { return is_alnum(c) || static_cast<unsigned char>(c) >= 0x80; }

/// Reads on from a place, and stays there where something else stands.
struct Cursor {
  std::string_view text;
  std::size_t at = 0;

  [[nodiscard]] char next(std::size_t ahead = 0) const { return at + ahead < text.size() ? text[at + ahead] : '\0'; }
  template <typename Is>
  std::string_view run(Is is) {
    const std::size_t begin = at;
    while (at < text.size() && is(text[at])) ++at;
    return text.substr(begin, at - begin);
  }
  /// All digits that stand there, if they are so many.
  std::optional<std::uint64_t> number(std::size_t least, std::size_t most) {
    const std::size_t before = at;
    const std::string_view digits = run(is_digit);
    if (digits.size() < least || digits.size() > most) {
      at = before;
      return std::nullopt;
    }
    return parse_number(digits);
  }
  bool one_of(std::string_view chars) {
    if (at >= text.size() || chars.find(text[at]) == std::string_view::npos) return false;
    ++at;
    return true;
  }
  bool digits(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      if (!is_digit(next(i))) return false;
    }
    at += count;
    return true;
  }
  [[nodiscard]] bool word_ends() const { return !is_word(next()); }
};

}  // namespace postern::queue
