// What may be done to the content of a part, each to a text in any pieces. Line ends are LF.
#pragma once

#include "mail/text_plan.h"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace postern::mail {

class TextFilter {
 public:
  TextFilter() = default;
  TextFilter(const TextFilter&) = delete;
  TextFilter& operator=(const TextFilter&) = delete;
  virtual ~TextFilter() = default;
  /// Appends to `out`.
  virtual void feed(std::string_view text, std::string& out) = 0;
  /// At the end of the content. `end_of_text`: of the message too, whose last line then ends on the wire in any case.
  virtual void finish(bool end_of_text, std::string& out) = 0;
};

/// None for TextAction::keep.
[[nodiscard]] std::unique_ptr<TextFilter> make_text_filter(TextAction action);

/// Base64 in lines of 76 (RFC 2045 6.8) of the text as it is on the wire, with CR LF. No line end at the end.
class Base64Text {
 public:
  void feed(std::string_view text, std::string& out);
  void finish(bool end_of_text, std::string& out);

 private:
  void put_line(std::string& out);

  std::string octets_;  ///< of the line at hand
  bool first_ = true;
  bool line_open_ = false;
};

/// What the decoder passes over is left out where it is no ASCII, and lines are broken at 76.
class Base64Mender {
 public:
  void feed(std::string_view text, std::string& out);

 private:
  std::size_t column_ = 0;
};

/// Octets that are no ASCII, NUL and CR as "?", lines broken at 998 octets.
class ForcedText {
 public:
  /// `indent`: what the rest of a broken line begins with.
  explicit ForcedText(std::string_view indent = "") : indent_(indent) {}
  void feed(std::string_view text, std::string& out);

 private:
  std::string_view indent_;
  std::size_t column_ = 0;
};

/// Header fields by force: the rest of a broken line is a folded one.
[[nodiscard]] std::string forced_fields(std::string_view fields);

}  // namespace postern::mail
