// Encoded-words of header fields (RFC 2047): read for people who are to recognise a subject, and written where a header
// must be ASCII.
#pragma once

#include <string>
#include <string_view>

namespace postern::mail {

/// The unfolded body of a field with its encoded-words in UTF-8: those of UTF-8, US-ASCII and ISO-8859-1. What is
/// anything else stays as it is. The result may hold any byte.
[[nodiscard]] std::string decode_words(std::string_view text);

enum class FieldKind {
  text,        ///< an unstructured field: a word with anything in it may become an encoded-word
  structured,  ///< encoded-words stand for words of phrases alone (RFC 2047 5); other letters elsewhere become "?"
};
/// The unfolded body of a field in printable ASCII: each word with other letters as encoded-words, of UTF-8 or, if it
/// is none, of unknown-8bit (RFC 1428 3). Other controls than tabs become "?".
[[nodiscard]] std::string encode_words(std::string_view text, FieldKind kind);

}  // namespace postern::mail
