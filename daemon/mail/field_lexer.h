// The tokens of a structured field (RFC 5322 3.2), none of its bytes left out: for those who read it strictly, and for
// those who write it anew and must keep what they do not understand. Linear in time, no recursion.
#pragma once

#include "mail/delimiters.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace postern::mail {

enum class TokenKind {
  blank,    ///< a run of blanks, tabs and line ends
  comment,  ///< with its parentheses, and those in it
  quoted,   ///< with its quotes
  literal,  ///< with its brackets
  word,     ///< a run of anything else
  special,  ///< one of <>,:;@ or what opens a comment, quoted string or literal that is never closed: ( " [
};

struct FieldToken {
  TokenKind kind = TokenKind::special;
  std::string_view text;

  [[nodiscard]] bool is(char c) const { return kind == TokenKind::special && text.front() == c; }
};

class FieldLexer {
 public:
  explicit FieldLexer(std::string_view body) : body_(body), delimiters_(body) {}

  /// Nothing at the end.
  std::optional<FieldToken> next();

 private:
  FieldToken token(TokenKind kind, std::size_t end);

  std::string_view body_;
  std::size_t at_ = 0;
  Delimiters delimiters_;
};

/// Two tokens of one body and what is between them.
[[nodiscard]] std::string_view together(std::string_view first, std::string_view last);

/// The content of a quoted string (RFC 5322 3.2.4), or any text, with its quoted pairs as what they stand for.
[[nodiscard]] std::string unescaped(std::string_view text);

}  // namespace postern::mail
