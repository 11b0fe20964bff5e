// Lines of JSON, as both ends of the control socket write them, and texts in them. Whoever includes this links
// Boost.JSON; base does not.
#pragma once

#include "base/json_escape.h"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>
#include <boost/json/value.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace postern {

/// The value on one line, ASCII only (other characters as \uXXXX), with the final LF: nothing in it can steer
/// a terminal.
[[nodiscard]] inline std::string to_line(const boost::json::value& value) {
  return ascii_json(boost::json::serialize(value)) + "\n";
}

/// Bytes as a JSON string, which is UTF-8 by definition: valid UTF-8 stays, anything else is escaped by
/// printable(), line by line.
[[nodiscard]] inline boost::json::string json_text(std::string_view bytes) {
  return boost::json::string(utf8_lines(bytes));
}

[[nodiscard]] inline boost::json::array json_texts(const std::vector<std::string>& texts) {
  boost::json::array result;
  for (const std::string& text : texts) result.emplace_back(json_text(text));
  return result;
}

}  // namespace postern
