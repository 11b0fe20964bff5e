// `postern check` and `postern explain` as text: what was found out about one smarthost, in the order it happened, and
// what would be tried there.
#pragma once

#include "base/clock.h"

#include <boost/json/object.hpp>

#include <string>

namespace postern::control {

[[nodiscard]] std::string render_check(const boost::json::object& line, WallTime now);
/// What is done to the text of a message that was asked about.
[[nodiscard]] std::string render_text(const boost::json::object& line, WallTime now);
/// Who gets mail for an address, where there is no smarthost to explain.
[[nodiscard]] std::string render_recipients(const boost::json::object& line, WallTime now);
[[nodiscard]] std::string render_explain(const boost::json::object& line, WallTime now);

}  // namespace postern::control
