#include "settings/json_pairs.h"

#include "base/hex_digit.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace postern::settings {
namespace {

constexpr std::size_t kEscape = std::string_view("\\ud83d").size();

/// Of the escape that the text begins with; 0: it begins with none.
std::uint32_t utf16_unit(std::string_view text) {
  if (text.size() < kEscape || !text.starts_with("\\u")) return 0;
  std::uint32_t unit = 0;
  for (const char c : text.substr(2, kEscape - 2)) {
    if (hex_digit(c) < 0) return 0;
    unit = unit * 16 + static_cast<std::uint32_t>(hex_digit(c));
  }
  return unit;
}

/// The character whose two halves the text begins with; 0: it begins with no such pair.
std::uint32_t character_of_pair(std::string_view text) {
  constexpr std::uint32_t kHigh = 0xD800;
  constexpr std::uint32_t kLow = 0xDC00;
  constexpr std::uint32_t kEnd = 0xE000;
  const std::uint32_t high = utf16_unit(text);
  if (high < kHigh || high >= kLow) return 0;
  const std::uint32_t low = utf16_unit(text.substr(kEscape));
  if (low < kLow || low >= kEnd) return 0;
  return 0x10000 + ((high - kHigh) << 10U) + (low - kLow);
}

}  // namespace

std::string with_whole_characters(std::string_view text) {
  std::string whole;
  whole.reserve(text.size());
  char quote = 0;
  std::size_t shorter = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote == 0) {
      const char before = i == 0 ? '\n' : text[i - 1];
      const bool begins = std::string_view(" \t\r\n[{,:").find(before) != std::string_view::npos;
      if (begins && (c == '"' || c == '\'')) quote = c;
      if (begins && c == '#') {  // a comment
        const std::size_t end = std::min(text.find('\n', i), text.size());
        whole += text.substr(i, end - i);
        i = end - 1;
        continue;
      }
      whole += c;
    } else if (quote == '"' && c == '\\') {
      if (const std::uint32_t character = character_of_pair(text.substr(i)); character != 0) {
        const std::string escape = fmt::format("\\U{:08x}", character);
        whole += escape;
        shorter += 2 * kEscape - escape.size();
        i += 2 * kEscape - 1;
      } else {
        whole += text.substr(i, 2);
        ++i;
      }
    } else {
      whole += c;
      if (c != quote) continue;
      if (quote == '\'' && text.substr(i + 1).starts_with(quote)) {
        whole += text[++i];
        continue;
      }
      quote = 0;
      whole.append(shorter, ' ');
      shorter = 0;
    }
  }
  return whole;
}

}  // namespace postern::settings
