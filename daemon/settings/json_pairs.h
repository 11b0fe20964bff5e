// Characters beyond U+FFFF as JSON escapes them: in two halves, the surrogates of UTF-16 (RFC 8259 7), which are no
// characters to YAML. Pure.
#pragma once

#include <string>
#include <string_view>

namespace postern::settings {

/// The text with each such pair as the one escape that YAML has for the character. Only inside of double quotes, since
/// a backslash is a letter elsewhere; behind the quotes all stands in the column where it stood.
[[nodiscard]] std::string with_whole_characters(std::string_view text);

}  // namespace postern::settings
