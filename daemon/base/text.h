// Small text functions. All of them treat text as bytes and case as ASCII case; none looks at the
// locale.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern {

[[nodiscard]] char to_lower(char c);
[[nodiscard]] char to_upper(char c);
[[nodiscard]] std::string to_lower(std::string_view text);
[[nodiscard]] std::string to_upper(std::string_view text);
[[nodiscard]] bool iequals(std::string_view a, std::string_view b);
[[nodiscard]] bool istarts_with(std::string_view text, std::string_view prefix);

/// Without leading and trailing blanks, tabs, CR and LF.
[[nodiscard]] std::string_view trim(std::string_view text);

/// The non-empty words between blanks and tabs.
[[nodiscard]] std::vector<std::string_view> split_words(std::string_view text);

/// Text that may be shown on a terminal, logged or put in a line of a file: controls, DEL, backslash
/// and bytes that are not valid UTF-8 (or are C1 or bidirectional controls) become \xNN. What was made so before stays
/// as it is, so that a text may pass several hands and is escaped once. So there is no way back: a peer that sends the
/// four characters \x1b is shown as if it had sent an ESC.
[[nodiscard]] std::string printable(std::string_view bytes);

/// The front of a printable() text, at most so many bytes of it: neither a character nor an escape is cut in two.
[[nodiscard]] std::string_view cut_printable(std::string_view shown, std::size_t limit);

/// Decimal digits only, the whole text, no sign, no overflow; else nothing.
[[nodiscard]] std::optional<std::uint64_t> parse_number(std::string_view digits);
/// The same without leading zeros, which mean octal to some.
[[nodiscard]] std::optional<std::uint64_t> parse_decimal(std::string_view digits);

/// Lower-case hexadecimal.
[[nodiscard]] std::string hex(std::string_view bytes);
/// Bytes that are not plain become the mark and two upper-case hexadecimal digits: "%2F" in a URL (RFC 3986 2.1), "+2F"
/// in xtext (RFC 3461 4).
[[nodiscard]] std::string hex_escaped(std::string_view bytes, char mark, bool (*is_plain)(char));

/// Valid UTF-8 (RFC 3629: no surrogates, no overlong forms).
[[nodiscard]] bool is_utf8(std::string_view bytes);

[[nodiscard]] bool is_ascii(std::string_view bytes);

/// The longest front part of at most `limit` bytes (at least 4) that splits no UTF-8 character.
[[nodiscard]] std::string_view front_characters(std::string_view text, std::size_t limit);

/// At least one NUL, CR, LF, other control below 0x20, or DEL.
[[nodiscard]] bool has_control(std::string_view bytes);

}  // namespace postern
