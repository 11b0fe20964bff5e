#include "mail/text_facts.h"

#include "base/text.h"
#include "mail/headers.h"
#include "mail/line_meter.h"

namespace postern::mail {

/// How much of a piece is header, its empty line included.
std::size_t TextFactsFinder::header_end(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t lf = text.find('\n', at);
    in_body_ = line_start_ && lf == at;
    line_start_ = lf != std::string_view::npos;
    at = line_start_ ? lf + 1 : text.size();
    if (in_body_) break;
  }
  return at;
}

void TextFactsFinder::measure_lines(std::string_view text) { facts_.long_lines = has_long_line(text, open_); }

void TextFactsFinder::feed(std::string_view text) {
  if (!facts_.long_lines) measure_lines(text);
  if (!in_body_) {
    const std::string_view header = text.substr(0, header_end(text));
    facts_.eight_bit_header = facts_.eight_bit_header || !is_field_text(header);
    text.remove_prefix(header.size());
  }
  facts_.eight_bit_body = facts_.eight_bit_body || !is_ascii(text);
}

}  // namespace postern::mail
