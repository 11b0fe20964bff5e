#include "mail/outgoing_structures.h"

#include "base/text.h"
#include "mail/field_lexer.h"

#include <algorithm>
#include <functional>

namespace postern::mail {
std::string escape_letters(std::string_view text, char mark) {
  const auto is_ascii_octet = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
  if (mark != '?') return hex_escaped(text, mark, is_ascii_octet);
  std::string ascii(text);
  std::ranges::replace_if(ascii, std::not_fn(is_ascii_octet), mark);
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
