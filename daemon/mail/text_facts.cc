#include "mail/text_facts.h"

#include "base/text.h"

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

void TextFactsFinder::measure_lines(std::string_view text) {
  // Where a line end stands at most kLongestLine octets behind the last one, the lines between are short enough,
  // however many they are. It is looked for from there backwards, so that most of the text is not looked at.
  while (open_ + text.size() > kLongestLine) {
    const std::size_t lf = text.substr(0, kLongestLine - open_ + 1).rfind('\n');
    if (lf == std::string_view::npos) {
      facts_.long_lines = true;
      return;
    }
    text.remove_prefix(lf + 1);
    open_ = 0;
  }
  const std::size_t lf = text.rfind('\n');
  open_ = lf == std::string_view::npos ? open_ + text.size() : text.size() - lf - 1;
}

void TextFactsFinder::feed(std::string_view text) {
  if (!facts_.long_lines) measure_lines(text);
  if (!in_body_) {
    const std::string_view header = text.substr(0, header_end(text));
    facts_.eight_bit_header = facts_.eight_bit_header || !is_ascii(header);
    text.remove_prefix(header.size());
  }
  facts_.eight_bit_body = facts_.eight_bit_body || !is_ascii(text);
}

}  // namespace postern::mail
