#include "mail/outgoing_structures.h"

#include "base/text.h"
#include "mail/field_lexer.h"
#include "mail/headers.h"

#include <algorithm>
#include <functional>

namespace postern::mail {
std::string escape_letters(std::string_view text, char mark) {
  const auto fits = [](char c) { return is_field_text(std::string_view(&c, 1)); };
  if (mark != '?') return hex_escaped(text, mark, fits);
  std::string ascii(text);
  std::ranges::replace_if(ascii, std::not_fn(fits), mark);
  return ascii;
}

void write_others(std::string_view body, char mark, WordWriter& writer) {
  FieldLexer lexer(body);
  while (const auto token = lexer.next()) {
    if (token->kind == TokenKind::blank) {
      writer.blanks(token->text);
    } else if (token->kind == TokenKind::comment) {
      writer.comment(token->text);
    } else if (writer.letters_fit(token->text)) {
      writer.other(token->text);
    } else {
      writer.other(escape_letters(token->text, mark));
    }
  }
}

}  // namespace postern::mail
