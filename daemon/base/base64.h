// Base64 of RFC 4648 section 4, as SASL over SMTP needs it (RFC 4954): one line, padded.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace postern {

[[nodiscard]] std::string base64_encode(std::string_view bytes);

/// Strict: the alphabet and correct padding only, no blanks, no line ends, unused bits zero.
/// Nothing if the text is anything else. The empty text decodes to the empty string.
[[nodiscard]] std::optional<std::string> base64_decode(std::string_view text);

}  // namespace postern
