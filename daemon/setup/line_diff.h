// The difference between two settings files, for people.
#pragma once

#include <string>
#include <string_view>

namespace postern::setup {

/// The lines that go ("-") and that come ("+"), printable, with the number of the line before each group. What
/// may hold a password is left out: the values of `password` and `password_command`, and all lines where such a key
/// stands in braces or quotes.
[[nodiscard]] std::string line_diff(std::string_view before, std::string_view after);

}  // namespace postern::setup
