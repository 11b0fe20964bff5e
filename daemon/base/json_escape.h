// JSON that nothing can steer a terminal with, and bytes that JSON can hold. Pure text: what serializes and parses is
// the library's (json_text.h).
#pragma once

#include <string>
#include <string_view>

namespace postern {

/// Serialized JSON (RFC 8259) in ASCII: DEL and what is beyond ASCII, which stands in strings alone, becomes \uXXXX, or
/// two of them; a byte that is no UTF-8 the replacement character.
[[nodiscard]] std::string ascii_json(std::string json);

/// Bytes as UTF-8: each line that is valid stays, every other is escaped by printable().
[[nodiscard]] std::string utf8_lines(std::string_view bytes);

}  // namespace postern
