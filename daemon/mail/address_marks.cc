#include "mail/address_marks.h"

#include <algorithm>
#include <array>
#include <utility>

namespace postern::mail {
namespace {

/// First and last of a range of characters of the same length, in UTF-8: bytes compare as the characters do.
using Range = std::pair<std::string_view, std::string_view>;

constexpr std::array<Range, 7> kWideBlanks = {{
    {"\xC2\xA0", "\xC2\xA0"},          // U+00A0
    {"\xE1\x9A\x80", "\xE1\x9A\x80"},  // U+1680
    {"\xE2\x80\x80", "\xE2\x80\x8A"},  // U+2000 to U+200A
    {"\xE2\x80\xA8", "\xE2\x80\xA9"},  // U+2028, U+2029
    {"\xE2\x80\xAF", "\xE2\x80\xAF"},  // U+202F
    {"\xE2\x81\x9F", "\xE2\x81\x9F"},  // U+205F
    {"\xE3\x80\x80", "\xE3\x80\x80"},  // U+3000
}};

constexpr std::array<Range, 7> kInvisible = {{
    {"\xC2\xAD", "\xC2\xAD"},          // U+00AD
    {"\xD8\x9C", "\xD8\x9C"},          // U+061C
    {"\xE1\xA0\x8E", "\xE1\xA0\x8E"},  // U+180E
    {"\xE2\x80\x8B", "\xE2\x80\x8F"},  // U+200B to U+200F
    {"\xE2\x80\xAA", "\xE2\x80\xAE"},  // U+202A to U+202E
    {"\xE2\x81\xA0", "\xE2\x81\xAF"},  // U+2060 to U+206F
    {"\xEF\xBB\xBF", "\xEF\xBB\xBF"},  // U+FEFF
}};

/// 'b@example.com' is what mail programs make of a name that is an address, the others are what word processors make of
/// quotes. Where one of a pair is missing, as in "'a@example.com, b@example.com'", the other means nothing either.
constexpr std::array<Range, 4> kQuotationMarks = {{
    {"'", "'"},
    {"\xC2\xAB", "\xC2\xAB"},          // U+00AB
    {"\xC2\xBB", "\xC2\xBB"},          // U+00BB
    {"\xE2\x80\x98", "\xE2\x80\x9F"},  // U+2018 to U+201F
}};

template <std::size_t N>
std::size_t length_at(std::string_view text, const std::array<Range, N>& ranges) {
  for (const auto& [first, last] : ranges) {
    const std::string_view front = text.substr(0, first.size());
    if (front.size() == first.size() && front >= first && front <= last) return front.size();
  }
  return 0;
}

/// The length of what is no part of an address at the front.
std::size_t mark_at(std::string_view text) {
  if (text.starts_with(' ') || text.starts_with('\t')) return 1;
  return std::max({length_at(text, kQuotationMarks), wide_blank_at(text), invisible_at(text)});
}

/// The same at the back.
std::size_t mark_before_end(std::string_view text) {
  for (std::size_t size = 1; size <= 3 && size <= text.size(); ++size) {
    if (mark_at(text.substr(text.size() - size)) == size) return size;
  }
  return 0;
}

bool is_ascii_byte(char c) { return static_cast<unsigned char>(c) < 0x80; }

}  // namespace

// Nearly all text is ASCII.
std::size_t wide_blank_at(std::string_view text) {
  return text.empty() || is_ascii_byte(text.front()) ? 0 : length_at(text, kWideBlanks);
}

std::size_t invisible_at(std::string_view text) {
  return text.empty() || is_ascii_byte(text.front()) ? 0 : length_at(text, kInvisible);
}

bool has_invisible(std::string_view text) {
  for (; !text.empty(); text.remove_prefix(1)) {
    if (wide_blank_at(text) > 0 || invisible_at(text) > 0) return true;
  }
  return false;
}

std::string_view without_marks(std::string_view text) {
  while (const std::size_t size = mark_at(text)) text.remove_prefix(size);
  while (const std::size_t size = mark_before_end(text)) text.remove_suffix(size);
  return text;
}

}  // namespace postern::mail
