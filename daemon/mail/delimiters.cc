#include "mail/delimiters.h"

namespace postern::mail {

std::size_t Delimiters::end_of(std::size_t at) {
  const char open = body_[at];
  if (open == '(') return comment_end(at);
  // The end is looked for in vain once: it would be one for all that begin later as well.
  if (unclosed_.find(open) != std::string::npos) return kNowhere;
  const std::size_t end = delimited_end(at, open == '"' ? '"' : ']');
  if (end == kNowhere) unclosed_ += open;
  return end;
}

std::size_t Delimiters::delimited_end(std::size_t at, char close) const {
  for (std::size_t i = at + 1; i < body_.size(); ++i) {
    if (body_[i] == '\\') {
      ++i;
    } else if (body_[i] == close) {
      return i + 1;
    }
  }
  return kNowhere;
}

std::size_t Delimiters::comment_end(std::size_t at) {
  if (!comment_ends_.empty()) return comment_ends_[at];
  std::size_t depth = 0;
  for (std::size_t i = at; i < body_.size(); ++i) {
    const char c = body_[i];
    if (c == '\\') {
      ++i;
    } else if (c == '(') {
      ++depth;
    } else if (c == ')' && --depth == 0) {
      return i + 1;
    }
  }
  match_comments(at);
  return kNowhere;
}

void Delimiters::match_comments(std::size_t at) {
  comment_ends_.assign(body_.size(), kNowhere);
  std::vector<std::size_t> open;
  for (std::size_t i = at; i < body_.size(); ++i) {
    if (body_[i] == '\\') {
      ++i;
    } else if (body_[i] == '(') {
      open.push_back(i);
    } else if (body_[i] == ')' && !open.empty()) {
      comment_ends_[open.back()] = i + 1;
      open.pop_back();
    }
  }
}

}  // namespace postern::mail
