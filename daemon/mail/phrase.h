// The display name before an address (RFC 5322 3.4). The sendmail shim uses it and must stay small.
#pragma once

#include <string>
#include <string_view>

namespace postern::mail {

/// A name as it may stand before <address>: as it is, quoted, or as encoded-words (RFC 2047), which may be folded. The
/// name has no controls. Encoded-words alone stay what they are.
[[nodiscard]] std::string phrase(std::string_view name);

/// The text as a quoted string (RFC 5322 3.2.4), whatever is in it.
[[nodiscard]] std::string quoted_string(std::string_view text);

}  // namespace postern::mail
