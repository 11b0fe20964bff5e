#include "base/secret_lines.h"

namespace postern {

SecretLines::SecretLines(std::size_t longest) : longest_(longest) {
  line_.reserve(longest);  // growing would leave copies behind
}

SecretLines::~SecretLines() { wipe(line_); }

void SecretLines::feed(std::string_view bytes, const Heard& heard) {
  for (const char c : bytes) {
    if (c == '\n') {
      give(heard);
    } else if (line_.size() == longest_) {
      whole_ = false;
    } else {
      line_ += c;
    }
  }
}

void SecretLines::end(const Heard& heard) {
  if (!line_.empty()) give(heard);
}

void SecretLines::give(const Heard& heard) {
  if (heard) heard(whole_ ? Secret(line_) : Secret(), whole_);
  wipe(line_);
  whole_ = true;
}

}  // namespace postern
