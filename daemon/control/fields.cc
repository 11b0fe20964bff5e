#include "control/fields.h"

#include "base/text.h"
#include "base/zone.h"

#include <fmt/format.h>
#include <boost/json/value.hpp>

#include <algorithm>
#include <array>

namespace postern::control {
namespace {

using boost::json::array;
using boost::json::object;
using boost::json::value;

std::string raw_text(const object& from, std::string_view key) {
  const value* found = from.if_contains(key);
  return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
}

bool starts_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U; }

}  // namespace

std::string text_in(const object& from, std::string_view key) { return printable(raw_text(from, key)); }

std::string lines_in(const object& from, std::string_view key) {
  std::string text = raw_text(from, key);
  std::replace(text.begin(), text.end(), '\t', ' ');
  std::string result;
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    result += printable(rest.substr(0, end)) + "\n";
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return result;
}

std::int64_t number_in(const object& from, std::string_view key) {
  const value* found = from.if_contains(key);
  if (found == nullptr) return 0;
  boost::system::error_code fault;
  const auto number = found->to_number<std::int64_t>(fault);
  return fault ? 0 : number;
}

bool flag_in(const object& from, std::string_view key) {
  const value* found = from.if_contains(key);
  return found != nullptr && found->is_bool() && found->get_bool();
}

std::optional<WallTime> time_in(const object& from, std::string_view key) { return parse_rfc3339(raw_text(from, key)); }

const object& object_in(const object& from, std::string_view key) {
  static const object none;
  const value* found = from.if_contains(key);
  return found != nullptr && found->is_object() ? found->get_object() : none;
}

const array& array_in(const object& from, std::string_view key) {
  static const array none;
  const value* found = from.if_contains(key);
  return found != nullptr && found->is_array() ? found->get_array() : none;
}

std::string joined_in(const object& from, std::string_view key, std::string_view separator) {
  std::string result;
  for (const value& one : array_in(from, key)) {
    if (!one.is_string()) continue;
    if (!result.empty()) result += separator;
    result += printable(std::string_view(one.get_string()));
  }
  return result;
}

std::string relative(WallTime time, WallTime now) {
  const Seconds distance = std::chrono::duration_cast<Seconds>(time - now);
  if (distance.count() == 0) return "now";
  return distance.count() > 0 ? "in " + to_words(distance) : to_words(-distance) + " ago";
}

std::string local_time(WallTime time) { return local_text(time, "%Y-%m-%d %H:%M:%S"); }

std::string short_size(std::int64_t bytes) {
  constexpr std::array<char, 4> kUnits{'K', 'M', 'G', 'T'};
  if (bytes < 1024) return std::to_string(bytes);
  double size = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  while (size >= 1000 && unit + 1 < kUnits.size()) {
    size /= 1024;
    ++unit;
  }
  return size < 10 ? fmt::format("{:.1f}{}", size, kUnits[unit]) : fmt::format("{:.0f}{}", size, kUnits[unit]);
}

std::string padded(const std::string& text, std::size_t width) {
  std::string result;
  std::size_t columns = 0;
  for (const char byte : text) {
    if (starts_character(byte) && columns++ == width) return result;
    result += byte;
  }
  result.append(width - columns, ' ');
  return result;
}

}  // namespace postern::control
