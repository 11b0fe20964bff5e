#include "mail/line_meter.h"

#include "mail/wrap.h"

#include <algorithm>

namespace postern::mail {

bool has_long_line(std::string_view piece, std::size_t& column) {
  const std::size_t last = piece.rfind('\n');
  const std::size_t behind = last == std::string_view::npos ? column + piece.size() : piece.size() - last - 1;
  std::size_t open = column;
  column = std::min(behind, kMaxLine);
  // Where a line end stands at most kMaxLine octets behind the last one, the lines between are short enough, however
  // many they are. It is looked for from there backwards, so that most of the text is not looked at.
  while (piece.size() > kMaxLine - open) {
    const std::size_t end = piece.substr(0, kMaxLine - open + 1).rfind('\n');
    if (end == std::string_view::npos) return true;
    piece.remove_prefix(end + 1);
    open = 0;
  }
  return false;
}

}  // namespace postern::mail
