// Text in the lines of ASCII that every server takes: quoted-printable (RFC 2045 6.7).
#pragma once

#include <string>
#include <string_view>

namespace postern::mail {

/// Lines of at most 76 octets. Line ends (LF) stay, so a last line without one has none.
[[nodiscard]] std::string quoted_printable(std::string_view text);

/// What follows the header of a message, or the boundary of a part, with this text (UTF-8) for people: Content-Type,
/// Content-Transfer-Encoding if it takes one, an empty line and the content. ASCII goes as it is.
[[nodiscard]] std::string text_part(std::string_view text);

}  // namespace postern::mail
