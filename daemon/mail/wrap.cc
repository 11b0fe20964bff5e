#include "mail/wrap.h"

#include "base/text.h"

#include <algorithm>

namespace postern::mail {
namespace {

constexpr std::size_t kColumns = 78;  // RFC 5322 2.1.1

bool begins_character(char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }

/// The octets of the first line: to the last blank that keeps it short, else to the first there is.
std::size_t first_line(std::string_view text, std::size_t columns) {
  const std::size_t start = text.find_first_not_of(' ');
  std::size_t end = 0;
  std::size_t column = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (column >= columns && end > 0) return end;
    if (i == kLongestWord) return std::max(cut_printable(text, i).size(), std::size_t{1});
    if (begins_character(text[i])) ++column;
    if (text[i] == ' ' && i > start) end = i;
  }
  return text.size();
}

}  // namespace

std::string cut(std::string_view text, std::size_t limit) {
  constexpr std::string_view kMore = "...";
  if (text.size() <= limit) return std::string(text);
  return std::string(cut_printable(text, limit - std::min(limit, kMore.size()))).append(kMore);
}

std::string wrap(std::string_view text, std::string_view indent) {
  std::string lines;
  for (std::size_t columns = kColumns;; columns = kColumns - indent.size()) {
    const std::string_view line = text.substr(0, first_line(text, columns));
    text.remove_prefix(line.size());
    lines += line.substr(0, line.find_last_not_of(' ') + 1);
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    if (text.empty()) return lines;
    lines += '\n';
    lines += indent;
  }
}

bool lines_fit(std::string_view text) {
  while (true) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (end > kMaxLine) return false;
    if (end == text.size()) return true;
    text.remove_prefix(end + 1);
  }
}

}  // namespace postern::mail
