// A line of an answer that is a sentence for people.
#pragma once

#include "base/json_text.h"

#include <boost/json/object.hpp>

#include <string_view>

namespace postern::control {

[[nodiscard]] inline boost::json::object notice(std::string_view text) {
  boost::json::object line;
  line["kind"] = "notice";
  line["text"] = json_text(text);
  return line;
}

}  // namespace postern::control
