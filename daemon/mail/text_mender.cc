#include "mail/text_mender.h"

#include <algorithm>
#include <cstring>

namespace postern::mail {

Mended& Mended::operator+=(const Mended& other) {
  blanks += other.blanks;
  line_ends += other.line_ends;
  nuls += other.nuls;
  bare_lfs += other.bare_lfs;
  return *this;
}

/// At least one CR is held back, and there is a byte that follows it.
char* TextMender::decide(std::string_view& raw, char* out) {
  if (raw.front() == '\n') {
    if (held_ > 1) ++mended_.line_ends;
    held_ = 0;
    raw.remove_prefix(1);
    *out++ = '\n';
    return out;
  }
  const bool more = raw.front() == '\r';
  if (more && held_ < kMostHeld) {
    ++held_;
    raw.remove_prefix(1);
    return out;
  }
  const std::size_t blanks = more ? 1 : held_;  // one that is too many takes the place of the first one
  if (more) raw.remove_prefix(1);
  if (!more) held_ = 0;
  mended_.blanks += blanks;
  std::memset(out, ' ', blanks);
  return out + blanks;
}

/// Text without a NUL. What is written is at most what is read and what was held back.
char* TextMender::take(std::string_view raw, char* out) {
  while (!raw.empty()) {
    if (held_ > 0) {
      out = decide(raw, out);
      continue;
    }
    const std::size_t cr = std::min(raw.find('\r'), raw.size());
    std::memcpy(out, raw.data(), cr);
    out += cr;
    // The usual end of a line on the wire, at once.
    if (cr + 1 < raw.size() && raw[cr + 1] == '\n') {
      *out++ = '\n';
      raw.remove_prefix(cr + 2);
      continue;
    }
    if (cr < raw.size()) held_ = 1;
    raw.remove_prefix(std::min(cr + 1, raw.size()));
  }
  return out;
}

void TextMender::feed(std::string_view raw, std::string& text) {
  if (raw.empty()) return;
  const std::size_t begin = text.size();
  text.resize(begin + held_ + raw.size());
  char* out = text.data() + begin;
  for (;;) {
    const std::size_t nul = std::min(raw.find('\0'), raw.size());
    out = take(raw.substr(0, nul), out);
    if (nul == raw.size()) break;
    ++mended_.nuls;
    raw.remove_prefix(nul + 1);
  }
  text.resize(static_cast<std::size_t>(out - text.data()));
  if (text.size() > begin) open_ = text.back() != '\n';
}

void TextMender::finish(std::string& text) {
  if (held_ > 1) ++mended_.line_ends;
  if (held_ > 0 || open_) text += '\n';
  held_ = 0;
  open_ = false;
}

}  // namespace postern::mail
