// The subject of a message, to know it by.
#pragma once

#include "mail/headers.h"

#include <cstddef>
#include <string>

namespace postern::mail {

inline constexpr std::size_t kLongestSubject = 400;

/// Of the first Subject field: unfolded, its encoded-words read (mail/encoded_words.h), printable, on one line, at most
/// kLongestSubject bytes; empty where there is none.
[[nodiscard]] std::string subject_of(const HeaderBlock& header);

}  // namespace postern::mail
