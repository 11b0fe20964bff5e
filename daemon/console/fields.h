// Members of an answer line, made safe to print, and the pieces that screens are made of. An answer of another version
// is shown as far as it is understood (base/json_members.h).
#pragma once

#include "base/clock.h"
#include "base/json_members.h"
#include "mail/list_text.h"
#include "mail/status_words.h"

#include <boost/json/object.hpp>

#include <string>
#include <string_view>

namespace postern::console {

[[nodiscard]] std::string text_in(const boost::json::object& from, std::string_view key);
/// Several lines: each is made printable, tabs become blanks.
[[nodiscard]] std::string lines_in(const boost::json::object& from, std::string_view key);
/// The texts of an array, printable, with `separator` between them.
[[nodiscard]] std::string joined_in(const boost::json::object& from, std::string_view key, std::string_view separator);

using mail::bracketed;
using mail::relative;
using mail::short_size;
/// "2026-11-23 17:04:05", local.
[[nodiscard]] std::string local_time(WallTime time);
/// Of a message, "<root@web1>"; "?" where nobody knows it.
[[nodiscard]] std::string sender_in(const boost::json::object& line);
/// Columns of characters rather than bytes: cut or filled with blanks.
[[nodiscard]] std::string padded(const std::string& text, std::size_t width);

/// Where the text of a row() begins.
inline constexpr std::size_t kLabel = 14;
/// A label and a text beside it, folded to so many columns (0: one line); nothing for an empty text.
[[nodiscard]] std::string row(std::string_view label, const std::string& text, std::size_t width = 0);
/// "deferred: 451 4.7.1 try later"
[[nodiscard]] std::string status_text(const boost::json::object& status);

}  // namespace postern::console
