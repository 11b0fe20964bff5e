// A message in the form that every server takes: ASCII without NUL and CR, no line longer than kMaxLine of wrap.h. For
// the copy of an original in a report, since message/rfc822 may not be encoded itself (RFC 2046 5.2.1): the parts in it
// are, each by itself. What is such already stays as it is, byte for byte.
//
//   header fields        encoded-words (RFC 2047), folded anew
//   a text or other leaf quoted-printable, and Content-Type and MIME-Version where they are missing
//   multipart, message   part by part, to a fixed depth
//   what is encoded but  other bytes become "?", long lines are broken: what has such an encoding is damaged anyway,
//   and not as it says       nothing else may be done to it
//
// Signatures do not survive it. Text has LF line ends.
#pragma once

#include <string>
#include <string_view>

namespace postern::mail {

[[nodiscard]] bool is_seven_bit(std::string_view text);

[[nodiscard]] std::string seven_bit_message(std::string_view message);

/// The same for the fields of a header block, see parse_headers().
[[nodiscard]] std::string seven_bit_header(std::string_view header);

}  // namespace postern::mail
