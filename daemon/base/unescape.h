// Text as it was before it was escaped, by whichever rule: for looking into it, not for showing it.
#pragma once

#include <string>
#include <string_view>

namespace postern {

/// Each escape becomes what it stands for: %41 (RFC 3986), \u0041 and \/ (JSON), \x41 (printable()), &#65; &#x41; and
/// the five names of HTML. Code points become UTF-8; a pair of surrogates is one. What is no escape stays as it is.
[[nodiscard]] std::string unescape(std::string_view text);

/// Letters, digits and -._~ (RFC 3986 2.3).
[[nodiscard]] bool is_unreserved(char c);

}  // namespace postern
