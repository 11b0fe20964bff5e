// What mail::TextMender must make of a whole text, one step after the other and without any speed.
#pragma once

#include "mail/text_mender.h"

#include <algorithm>
#include <string>
#include <string_view>

namespace postern::test {

struct MendedText {
  std::string text;
  mail::Mended mended;
};

/// `raw` as it stands; the last line stays open if it is.
inline MendedText mended_text(std::string_view raw) {
  MendedText result;
  std::string without_nuls(raw);
  result.mended.nuls = std::erase(without_nuls, '\0');
  for (std::size_t i = 0; i < without_nuls.size();) {
    if (without_nuls[i] != '\r') {
      result.text += without_nuls[i++];
      continue;
    }
    const std::size_t end = std::min(without_nuls.find_first_not_of('\r', i), without_nuls.size());
    const bool line_ends = end < without_nuls.size() && without_nuls[end] == '\n';
    const std::size_t run = end - i;
    const std::size_t of_the_end = line_ends ? std::min(run, mail::TextMender::kMostHeld) : 0;
    result.text.append(run - of_the_end, ' ');
    result.mended.blanks += run - of_the_end;
    if (of_the_end > 1) ++result.mended.line_ends;
    i = end;
  }
  return result;
}

/// The same of a text that ends here.
inline MendedText mended_whole(std::string_view raw) {
  std::string ended(raw);
  std::string seen = ended;
  std::erase(seen, '\0');
  if (!seen.empty() && !seen.ends_with('\n')) ended += '\n';
  return mended_text(ended);
}

/// Every text of `length` of these bytes, by its number; the numbers are below count().
struct Texts {
  std::string_view bytes;
  std::size_t length;

  [[nodiscard]] std::size_t count() const {
    std::size_t count = 1;
    for (std::size_t i = 0; i < length; ++i) count *= bytes.size();
    return count;
  }
  [[nodiscard]] std::string operator[](std::size_t number) const {
    std::string text;
    for (std::size_t i = 0; i < length; ++i, number /= bytes.size()) text += bytes[number % bytes.size()];
    return text;
  }
};

}  // namespace postern::test
