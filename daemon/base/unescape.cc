#include "base/unescape.h"

#include "base/ascii.h"
#include "base/hex_digit.h"
#include "base/text.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

namespace postern {
namespace {

struct Escape {
  std::size_t size = 0;  ///< 0: there is none here
  std::string means;
};

std::optional<std::uint32_t> number(std::string_view digits, std::uint32_t base) {
  if (digits.empty() || digits.size() > 7) return std::nullopt;
  std::uint32_t value = 0;
  for (const char c : digits) {
    const int digit = hex_digit(c);
    if (digit < 0 || static_cast<std::uint32_t>(digit) >= base) return std::nullopt;
    value = value * base + static_cast<std::uint32_t>(digit);
  }
  return value;
}

/// Exactly so many hexadecimal digits.
std::optional<std::uint32_t> hex_at(std::string_view text, std::size_t at, std::size_t count) {
  if (at + count > text.size()) return std::nullopt;
  return number(text.substr(at, count), 16);
}

std::string utf8(std::uint32_t point) {
  const auto byte = [](std::uint32_t bits) { return static_cast<char>(static_cast<unsigned char>(bits)); };
  std::string out;
  if (point < 0x80U) {
    out += byte(point);
  } else if (point < 0x800U) {
    out += byte(0xC0U | point >> 6U);
    out += byte(0x80U | (point & 0x3FU));
  } else if (point < 0x10000U) {
    out += byte(0xE0U | point >> 12U);
    out += byte(0x80U | (point >> 6U & 0x3FU));
    out += byte(0x80U | (point & 0x3FU));
  } else {
    out += byte(0xF0U | (point >> 18U & 0x07U));
    out += byte(0x80U | (point >> 12U & 0x3FU));
    out += byte(0x80U | (point >> 6U & 0x3FU));
    out += byte(0x80U | (point & 0x3FU));
  }
  return out;
}

Escape code_unit(std::string_view text) {
  const auto first = hex_at(text, 2, 4);
  if (!first) return {};
  const bool high = *first >= 0xD800U && *first < 0xDC00U;
  const auto second = high && text.substr(6, 2) == "\\u" ? hex_at(text, 8, 4) : std::nullopt;
  if (second && *second >= 0xDC00U && *second < 0xE000U) {
    return {12, utf8(0x10000U + ((*first - 0xD800U) << 10U) + (*second - 0xDC00U))};
  }
  return {6, utf8(*first)};
}

Escape backslashed(std::string_view text) {
  const char kind = text.size() < 2 ? '\0' : text[1];
  if (kind == 'u') return code_unit(text);
  if (kind == 'x') {
    const auto byte = hex_at(text, 2, 2);
    return byte ? Escape{4, std::string(1, static_cast<char>(*byte))} : Escape{};
  }
  if (kind == '/' || kind == '\\' || kind == '"' || kind == '\'') return {2, std::string(1, kind)};
  return {};
}

Escape referred(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, char>, 5> kNames{
      {{"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}}};
  const std::size_t end = text.substr(0, 12).find(';');
  if (end == std::string_view::npos || end < 2) return {};
  std::string_view name = text.substr(1, end - 1);
  for (const auto& [known, means] : kNames) {
    if (iequals(known, name)) return {end + 1, std::string(1, means)};
  }
  if (!name.starts_with('#')) return {};
  name.remove_prefix(1);
  const bool in_hex = name.starts_with('x') || name.starts_with('X');
  const auto point = in_hex ? number(name.substr(1), 16) : number(name, 10);
  return point ? Escape{end + 1, utf8(*point)} : Escape{};
}

Escape escape_at(std::string_view text) {
  if (text.front() == '\\') return backslashed(text);
  if (text.front() == '&') return referred(text);
  if (text.front() != '%') return {};
  const auto byte = hex_at(text, 1, 2);
  return byte ? Escape{3, std::string(1, static_cast<char>(*byte))} : Escape{};
}

}  // namespace

std::string unescape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const Escape escape = escape_at(text);
    if (escape.size == 0) out += text.front();
    out += escape.means;
    text.remove_prefix(escape.size == 0 ? 1 : escape.size);
  }
  return out;
}

bool is_unreserved(char c) { return is_alnum(c) || c == '-' || c == '.' || c == '_' || c == '~'; }

}  // namespace postern
