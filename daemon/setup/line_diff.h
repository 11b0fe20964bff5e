// The difference between two settings files, for people.
#pragma once

#include <string>
#include <string_view>

namespace postern::setup {

/// The lines that go ("-") and that come ("+"), printable, with the number of the line before each group. What
/// may hold a password is left out: the values of keys whose names have such a word in them (`password`,
/// `password_command`, `token_command`), and all lines of a text that has such a key in brackets or quotes.
[[nodiscard]] std::string line_diff(std::string_view before, std::string_view after);

}  // namespace postern::setup
