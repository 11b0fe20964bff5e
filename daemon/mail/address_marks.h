// What stands around an address without being of it: marks that programs and people put there, and characters that come
// along when an address is copied from a page or a document. For lists of addresses, paths of SMTP and files of
// aliases.
#pragma once

#include <cstddef>
#include <string_view>

namespace postern::mail {

/// The length of a blank of Unicode (U+00A0, the ideographic space ...) at the front of UTF-8; 0: there is none.
[[nodiscard]] std::size_t wide_blank_at(std::string_view text);

/// The length of a character at the front of UTF-8 that nobody sees: zero-width spaces and joiners, marks of direction,
/// soft hyphens, the byte order mark; 0: there is none.
[[nodiscard]] std::size_t invisible_at(std::string_view text);

/// None of these is in a mailbox's address. One that is in the midst of it may have been put there to deceive.
[[nodiscard]] bool has_invisible(std::string_view text);

/// Of a mailbox or a name: without apostrophes, a text's quotation marks, blanks and invisible characters at its ends.
/// The result is part of the text.
[[nodiscard]] std::string_view without_marks(std::string_view text);

}  // namespace postern::mail
