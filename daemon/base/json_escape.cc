#include "base/json_escape.h"

#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

namespace postern {
namespace {

constexpr char32_t kReplacement = 0xFFFD;

/// The code point at the front, which is then removed; the replacement character for a byte that begins none.
char32_t take_code_point(std::string_view& text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (!is_utf8(text.substr(0, length))) {
    text.remove_prefix(1);
    return kReplacement;
  }
  char32_t point = length == 1 ? lead : lead & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i) point = (point << 6U) | (static_cast<unsigned char>(text[i]) & 0x3FU);
  text.remove_prefix(length);
  return point;
}

void append_code_point(std::string& into, char32_t point) {
  if (point < 0x10000) {
    into += fmt::format("\\u{:04x}", static_cast<unsigned>(point));
    return;
  }
  const unsigned rest = static_cast<unsigned>(point) - 0x10000U;  // RFC 8259 section 7: a surrogate pair
  into += fmt::format("\\u{:04x}\\u{:04x}", 0xD800U + (rest >> 10U), 0xDC00U + (rest & 0x3FFU));
}

}  // namespace

std::string ascii_json(std::string json) {
  const auto plain = [](char32_t point) { return point >= ' ' && point < 0x7F; };
  if (std::ranges::all_of(json, [&](char byte) { return plain(static_cast<unsigned char>(byte)); })) return json;
  std::string ascii;
  ascii.reserve(json.size());
  std::string_view rest = json;
  while (!rest.empty()) {
    const char32_t point = take_code_point(rest);
    if (plain(point)) {
      ascii += static_cast<char>(point);
    } else {
      append_code_point(ascii, point);
    }
  }
  return ascii;
}

std::string utf8_lines(std::string_view bytes) {
  if (is_utf8(bytes)) return std::string(bytes);
  std::string result;
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    const std::string_view line = bytes.substr(0, end);
    result += is_utf8(line) ? std::string(line) : printable(line);
    if (end == std::string_view::npos) break;
    result += '\n';
    bytes.remove_prefix(end + 1);
  }
  return result;
}

}  // namespace postern
