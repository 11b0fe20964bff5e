#include "mail/field_lexer.h"

namespace postern::mail {
namespace {

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
  const std::size_t end = delimiters_.end_of(at_);
  if (end == Delimiters::kNowhere) return token(TokenKind::special, at_ + 1);
  return token(c == '(' ? TokenKind::comment : c == '"' ? TokenKind::quoted : TokenKind::literal, end);
}

FieldToken FieldLexer::token(TokenKind kind, std::size_t end) {
  const FieldToken found{kind, body_.substr(at_, end - at_)};
  at_ = end;
  return found;
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
