// What of a text a server may refuse, found while it passes at the speed of memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace postern::mail {

/// No text has it on the wire but as 8-bit text, or not at all: an octet over 0x7F, NUL, CR.
[[nodiscard]] constexpr bool is_odd_octet(char c) {
  return static_cast<unsigned char>(c) >= 0x80 || c == '\0' || c == '\r';
}

struct TextMeasure {
  bool eight_bit = false;  ///< an octet over 0x7F
  bool long_line = false;  ///< a line over kMaxLine octets, see wrap.h
  bool odd = false;        ///< a NUL or CR, which neither 7bit nor 8bit text has (RFC 2045 2.7, 2.8)
  bool utf8 = true;        ///< it is valid UTF-8, if anybody asked: see TextScan
  std::uint64_t octets = 0;
  std::uint64_t lines = 0;    ///< line ends
  std::uint64_t escapes = 0;  ///< octets that quoted-printable writes as three, but for rare controls

  [[nodiscard]] bool plain() const { return !eight_bit && !long_line && !odd; }
  /// About as many octets as it takes on the wire in either encoding.
  [[nodiscard]] std::uint64_t quoted_printable_size() const;
  [[nodiscard]] std::uint64_t base64_size() const;
};

/// Takes a text in any pieces.
class TextScan {
 public:
  /// `ask_utf8`: whether it is UTF-8 is wanted, too.
  void begin(bool ask_utf8);
  void feed(std::string_view piece, TextMeasure& facts);
  /// At the end of the text.
  void finish(TextMeasure& facts);

 private:
  void measure_lines(std::string_view piece, TextMeasure& facts);
  void check_utf8(std::string_view piece, TextMeasure& facts);

  std::size_t column_ = 0;
  bool ask_utf8_ = false;
  std::string character_;  ///< the first octets of one that is not all there
};

}  // namespace postern::mail
