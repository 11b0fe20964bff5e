// The header of a message that is too long to be held in memory, completed while it passes, field by field: no program
// that a person wrote on purpose makes one, and the message is an alert all the same.
//
// It follows the rule of header_completion.h as far as a field's name tells: what must not leave does not, a second
// field of a kind of which one may stand becomes X-Duplicate-, and what is missing is added behind the others. A field
// that stays is byte for byte as it was, of whatever length. Pure, and in bounded memory; the result does not depend on
// how the text is cut into pieces.
#pragma once

#include "mail/header_completion.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace postern::mail {

class LongHeader {
 public:
  /// `completion` outlives it.
  explicit LongHeader(const Completion& completion) : completion_(completion) {}

  /// Takes from the front of `text`, LF lines, and appends to `out`. True once the header has ended, its empty line
  /// written; `text` then holds what follows it, and the header is of no further use.
  bool feed(std::string_view& text, std::string& out);
  /// The text ended within the header.
  void finish(std::string& out);

  [[nodiscard]] std::size_t received() const { return received_; }  ///< fields of that name so far

 private:
  enum class Place { line_start, name, body };

  bool take_name(std::string_view& text, std::string& out);
  bool begin_field(std::string& out);
  bool end(std::string& out);

  const Completion& completion_;
  Place place_ = Place::line_start;
  std::string held_;  ///< of a line, until it is known whether it is a field
  bool any_field_ = false;
  bool leaves_ = true;                ///< the field at hand
  std::vector<std::string> singles_;  ///< that stand
  bool signed_ = false;
  std::size_t received_ = 0;
};

}  // namespace postern::mail
