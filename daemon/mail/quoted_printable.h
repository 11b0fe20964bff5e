// Text in the lines of ASCII that every server takes: quoted-printable (RFC 2045 6.7).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace postern::mail {

/// Takes a text in any pieces and writes lines of at most 76 octets. Line ends (LF) stay, so a last line without one
/// has none.
class QuotedPrintableEncoder {
 public:
  void feed(std::string_view text, std::string& out);
  /// At the end of the text.
  void finish(std::string& out);

 private:
  void put_held(bool last, std::string& out);

  std::size_t column_ = 0;
  bool holds_ = false;  ///< an octet, since what follows it decides how it is written
  char held_ = 0;
};

/// Takes quoted-printable text that has octets or lines as it may not have them, and writes what decodes to the same:
/// octets that are no ASCII, NUL and CR are escaped, lines over 76 octets have soft line ends. An "=" that begins no
/// escape stays.
class QuotedPrintableMender {
 public:
  void feed(std::string_view text, std::string& out);
  void finish(std::string& out);

 private:
  void take(char c, std::string& out);
  void end_escape(char next, std::string& out);
  void end_line(std::string& out);
  void put_blanks(std::string& out);
  void put(std::string_view unit, std::string& out);

  std::size_t column_ = 0;
  std::string escape_;  ///< "=", or "=" and a digit
  std::string blanks_;  ///< which are nothing at the end of a line, so that no soft line end may follow them
  bool glued_ = false;  ///< what follows belongs to what was written last
};

[[nodiscard]] std::string quoted_printable(std::string_view text);

/// What follows the header of a message, or the boundary of a part, with this text (UTF-8) for people: Content-Type,
/// Content-Transfer-Encoding if it takes one, an empty line and the content. ASCII goes as it is.
[[nodiscard]] std::string text_part(std::string_view text);

}  // namespace postern::mail
