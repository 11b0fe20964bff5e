// Long texts in the lines that mail may have: 998 octets at most (RFC 5322 2.1.1, RFC 5321 4.5.3.1.6), 78 characters
// for people. Text is one line of UTF-8.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace postern::mail {

inline constexpr std::size_t kMaxLine = 998;      ///< octets, without the line end
inline constexpr std::size_t kLongestWord = 900;  ///< leaves room for what stands beside it in its line

/// At most `limit` octets (at least 3), cut between characters and escapes (see printable()); "..." at the end says so.
[[nodiscard]] std::string cut(std::string_view text, std::size_t limit);

/// The text in lines of 78 characters, broken at blanks; each line but the first begins with `indent`, and none is of
/// blanks alone. A longer word has a line of its own; beyond kLongestWord it is broken. No line end at the end.
[[nodiscard]] std::string wrap(std::string_view text, std::string_view indent);

/// No line is longer than kMaxLine.
[[nodiscard]] bool lines_fit(std::string_view text);

}  // namespace postern::mail
