// Encoded-words of header fields (RFC 2047), for people who are to recognise a subject.
#pragma once

#include <string>
#include <string_view>

namespace postern::mail {

/// The unfolded body of a field with its encoded-words in UTF-8: those of UTF-8, US-ASCII and ISO-8859-1. What is
/// anything else stays as it is. The result may hold any byte.
[[nodiscard]] std::string decode_words(std::string_view text);

}  // namespace postern::mail
