// xtext, the encoding of ENVID and ORCPT values (RFC 3461 section 4).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace postern::mail {

/// Bytes outside "!" to "~", "+" and "=" become +HH.
[[nodiscard]] std::string xtext_encode(std::string_view bytes);

/// Nothing if the text is no xtext.
[[nodiscard]] std::optional<std::string> xtext_decode(std::string_view text);

}  // namespace postern::mail
