// A message in the form that every server takes: ASCII without NUL and CR, no line longer than kMaxLine of wrap.h. For
// the copy of an original in a report, since message/rfc822 may not be encoded itself (RFC 2046 5.2.1): the parts in it
// are, each by itself, as in a message that goes out (text_survey.h) but at any cost: signatures do not survive it, and
// of what cannot be encoded other bytes become "?" and long lines are broken. What is such already stays as it is, byte
// for byte. Text has LF line ends.
#pragma once

#include <string>
#include <string_view>

namespace postern::mail {

[[nodiscard]] bool is_seven_bit(std::string_view text);

[[nodiscard]] std::string seven_bit_message(std::string_view message);

/// The same for the fields of a header block, see parse_headers().
[[nodiscard]] std::string seven_bit_header(std::string_view header);

}  // namespace postern::mail
