// The difference between two settings files, for people.
#pragma once

#include <string>
#include <string_view>

namespace postern::setup {

/// The lines that go ("-") and that come ("+"), printable, with the number of the line before each group. Values of
/// `password` are left out.
[[nodiscard]] std::string line_diff(std::string_view before, std::string_view after);

}  // namespace postern::setup
