// Members of an answer line, made safe to print. What is missing or of another type is empty or zero: an answer of
// another version is shown as far as it is understood.
#pragma once

#include "base/clock.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace postern::control {

[[nodiscard]] std::string text_in(const boost::json::object& from, std::string_view key);
/// Several lines: each is made printable, tabs become blanks.
[[nodiscard]] std::string lines_in(const boost::json::object& from, std::string_view key);
[[nodiscard]] std::int64_t number_in(const boost::json::object& from, std::string_view key);
[[nodiscard]] bool flag_in(const boost::json::object& from, std::string_view key);
[[nodiscard]] std::optional<WallTime> time_in(const boost::json::object& from, std::string_view key);
[[nodiscard]] const boost::json::object& object_in(const boost::json::object& from, std::string_view key);
[[nodiscard]] const boost::json::array& array_in(const boost::json::object& from, std::string_view key);
/// The texts of an array, printable, with `separator` between them.
[[nodiscard]] std::string joined_in(const boost::json::object& from, std::string_view key, std::string_view separator);

/// "in 4m" or "4m ago"; "now" within a second.
[[nodiscard]] std::string relative(WallTime time, WallTime now);
/// "2026-11-23 17:04:05", local.
[[nodiscard]] std::string local_time(WallTime time);
/// "321", "1.2K", "50M".
[[nodiscard]] std::string short_size(std::int64_t bytes);
/// Columns of characters rather than bytes: cut or filled with blanks.
[[nodiscard]] std::string padded(const std::string& text, std::size_t width);

}  // namespace postern::control
