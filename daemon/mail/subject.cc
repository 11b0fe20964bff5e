#include "mail/subject.h"

#include "base/text.h"
#include "mail/encoded_words.h"

#include <algorithm>

namespace postern::mail {

std::string subject_of(const HeaderBlock& header) {
  constexpr std::size_t kRead = 4 * kLongestSubject;  // encoded-words are longer than what they say
  const HeaderField* const field = find(header, "Subject");
  if (field == nullptr) return {};
  std::string text = decode_words(unfold(field->body.substr(0, kRead)));
  std::ranges::replace(text, '\t', ' ');
  const std::string shown = printable(text);
  return std::string(cut_printable(shown, kLongestSubject));
}

}  // namespace postern::mail
