// What differs between two runs of a program that says the same thing twice: dates, times, ids and hexadecimal numbers.
// Numbers, addresses, names, serial numbers and versions are what it says, and stay: a disk that is 91 % full is
// another matter than one that is 92 % full. What may be either stays, too: two messages that are taken for two are
// both read, and of two that are taken for one maybe not all. Pure.
#pragma once

#include "base/clock.h"

#include <string>
#include <string_view>

namespace postern::queue {

/// The text with a mark in place of each such part. Blanks count as one, and at the end of a line not at all. A number
/// of seconds or milliseconds since 1970 is a time if it lies within a week of `now`, and eight digits are a date in
/// the years about it. Takes time in proportion to the text.
[[nodiscard]] std::string without_varying(std::string_view text, WallTime now);

}  // namespace postern::queue
