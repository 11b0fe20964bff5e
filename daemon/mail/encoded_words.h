// Encoded-words of header fields (RFC 2047): read for people who are to recognise a subject, and written where a header
// must be ASCII.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace postern::mail {

/// The unfolded body of a field with its encoded-words in UTF-8: those of UTF-8, US-ASCII and ISO-8859-1. What is
/// anything else stays as it is. The result may hold any byte.
[[nodiscard]] std::string decode_words(std::string_view text);

/// The whole of it is one, of whatever charset.
[[nodiscard]] bool is_encoded_word(std::string_view text);

/// Any bytes as encoded-words with blanks between them, of UTF-8, of ISO-2022-JP where its escapes are there, or of
/// unknown-8bit (RFC 1428 3).
/// None has more than 72 octets, nor the first more than `first` (at least 32), and each has whole characters.
[[nodiscard]] std::string to_encoded_words(std::string_view bytes, std::size_t first = 72);

/// The octets of the first character of UTF-8; 1 of what is none.
[[nodiscard]] std::size_t character_size(std::string_view bytes, bool utf8);

/// A text on one line in printable ASCII: its words with other letters as encoded-words, other controls than tabs as
/// "?".
[[nodiscard]] std::string encode_words(std::string_view text);

}  // namespace postern::mail
