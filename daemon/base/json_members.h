// Members of a JSON object whose other end may be of another version: what is missing or of another type is empty or
// zero. Whoever includes this links Boost.JSON; base does not.
#pragma once

#include "base/clock.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace postern {

/// As it is: nothing in it is made fit to be shown.
[[nodiscard]] inline std::string raw_text_in(const boost::json::object& from, std::string_view key) {
  const boost::json::value* found = from.if_contains(key);
  return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
}

[[nodiscard]] inline std::int64_t number_in(const boost::json::object& from, std::string_view key) {
  const boost::json::value* found = from.if_contains(key);
  if (found == nullptr) return 0;
  boost::system::error_code fault;
  const auto number = found->to_number<std::int64_t>(fault);
  return fault ? 0 : number;
}

[[nodiscard]] inline bool flag_in(const boost::json::object& from, std::string_view key) {
  const boost::json::value* found = from.if_contains(key);
  return found != nullptr && found->is_bool() && found->get_bool();
}

[[nodiscard]] inline std::optional<WallTime> time_in(const boost::json::object& from, std::string_view key) {
  return parse_rfc3339(raw_text_in(from, key));
}

[[nodiscard]] inline const boost::json::object& object_in(const boost::json::object& from, std::string_view key) {
  static const boost::json::object none;
  const boost::json::value* found = from.if_contains(key);
  return found != nullptr && found->is_object() ? found->get_object() : none;
}

[[nodiscard]] inline const boost::json::array& array_in(const boost::json::object& from, std::string_view key) {
  static const boost::json::array none;
  const boost::json::value* found = from.if_contains(key);
  return found != nullptr && found->is_array() ? found->get_array() : none;
}

}  // namespace postern
