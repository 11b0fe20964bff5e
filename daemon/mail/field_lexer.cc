#include "mail/field_lexer.h"

namespace postern::mail {
namespace {

constexpr std::size_t kNowhere = std::string_view::npos;

bool is_blank_byte(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

bool is_word_byte(char c) {
  switch (c) {
    case '<':
    case '>':
    case ',':
    case ':':
    case ';':
    case '@':
    case '(':
    case '"':
    case '[': return false;
    default: return !is_blank_byte(c);
  }
}

}  // namespace

std::optional<FieldToken> FieldLexer::next() {
  if (at_ == body_.size()) return std::nullopt;
  const char c = body_[at_];
  if (is_blank_byte(c) || is_word_byte(c)) {
    std::size_t end = at_ + 1;
    while (end < body_.size() && (is_blank_byte(c) ? is_blank_byte(body_[end]) : is_word_byte(body_[end]))) ++end;
    return token(is_blank_byte(c) ? TokenKind::blank : TokenKind::word, end);
  }
  if (c != '(' && c != '"' && c != '[') return token(TokenKind::special, at_ + 1);
  if (c == '(') {
    const std::size_t end = comment_end();
    return end == kNowhere ? token(TokenKind::special, at_ + 1) : token(TokenKind::comment, end);
  }
  // The end is looked for in vain once: it would be one for all that begin later as well.
  const bool unclosed = unclosed_.find(c) != std::string::npos;
  const std::size_t end = unclosed ? kNowhere : delimited_end(c == '"' ? '"' : ']');
  if (end != kNowhere) return token(c == '"' ? TokenKind::quoted : TokenKind::literal, end);
  if (!unclosed) unclosed_ += c;
  return token(TokenKind::special, at_ + 1);
}

FieldToken FieldLexer::token(TokenKind kind, std::size_t end) {
  const FieldToken found{kind, body_.substr(at_, end - at_)};
  at_ = end;
  return found;
}

std::size_t FieldLexer::delimited_end(char close) const {
  for (std::size_t i = at_ + 1; i < body_.size(); ++i) {
    if (body_[i] == '\\') {
      ++i;
    } else if (body_[i] == close) {
      return i + 1;
    }
  }
  return kNowhere;
}

std::size_t FieldLexer::comment_end() {
  if (!comment_ends_.empty()) return comment_ends_[at_];
  std::size_t depth = 0;
  for (std::size_t i = at_; i < body_.size(); ++i) {
    const char c = body_[i];
    if (c == '\\') {
      ++i;
    } else if (c == '(') {
      ++depth;
    } else if (c == ')' && --depth == 0) {
      return i + 1;
    }
  }
  match_comments();
  return kNowhere;
}

void FieldLexer::match_comments() {
  comment_ends_.assign(body_.size(), kNowhere);
  std::vector<std::size_t> open;
  for (std::size_t i = at_; i < body_.size(); ++i) {
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

std::string_view together(std::string_view first, std::string_view last) {
  const char* const begin = first.data();
  return {begin, static_cast<std::size_t>(last.data() + last.size() - begin)};
}

std::string unescaped(std::string_view text) {
  std::string content;
  content.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    content += text[i];
  }
  return content;
}

}  // namespace postern::mail
