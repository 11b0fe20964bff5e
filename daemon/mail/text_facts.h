// What the text of a message holds that some servers do not take, found while it is taken in: whoever sends it later
// knows without reading it whether it may go as it is.
#pragma once

#include <cstddef>
#include <string_view>

namespace postern::mail {

struct TextFacts {
  bool eight_bit_header = false;  ///< before the first empty line are octets that need encoding: see is_field_text()
  bool eight_bit_body = false;    ///< the same behind it
  bool long_lines = false;        ///< a line over kMaxLine of wrap.h, wherever it stands

  friend bool operator==(const TextFacts&, const TextFacts&) = default;
};

/// Takes the text in pieces of any size, LF line ends. It costs far less than the checksum of the same text.
class TextFactsFinder {
 public:
  void feed(std::string_view text);
  /// Of all that was fed.
  [[nodiscard]] const TextFacts& facts() const { return facts_; }

 private:
  std::size_t header_end(std::string_view text);
  void measure_lines(std::string_view text);

  TextFacts facts_;
  bool in_body_ = false;
  bool line_start_ = true;  ///< of the header
  std::size_t open_ = 0;    ///< octets of the line that is not ended yet
};

}  // namespace postern::mail
