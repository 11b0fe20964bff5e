#include "mail/quoted_printable.h"

#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>

namespace postern::mail {
namespace {

constexpr std::size_t kQuotedLine = 76;  // RFC 2045 6.7 (5)

bool needs_no_escape(char c) { return (c >= ' ' && c < 0x7F && c != '=') || c == '\t'; }

/// A line without its end.
void quote_line(std::string_view line, std::string& out) {
  std::size_t column = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const bool last = i + 1 == line.size();
    const bool blank_at_end = last && (line[i] == ' ' || line[i] == '\t');
    const bool itself = needs_no_escape(line[i]) && !blank_at_end;
    const std::size_t width = itself ? 1 : 3;
    if (column + width + (last ? 0 : 1) > kQuotedLine) {
      out += "=\n";
      column = 0;
    }
    out += itself ? std::string(1, line[i]) : fmt::format("={:02X}", static_cast<unsigned char>(line[i]));
    column += width;
  }
}

}  // namespace

std::string quoted_printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    quote_line(text.substr(0, end), out);
    if (end == text.size()) return out;
    out += '\n';
    text.remove_prefix(end + 1);
  }
  return out;
}

std::string text_part(std::string_view text) {
  std::string part = "Content-Type: text/plain; charset=utf-8\n";
  if (is_ascii(text)) return part.append("\n").append(text);
  return part + "Content-Transfer-Encoding: quoted-printable\n\n" + quoted_printable(text);
}

}  // namespace postern::mail
