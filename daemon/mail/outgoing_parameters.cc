#include "base/ascii.h"
#include "base/text.h"
#include "mail/encoded_words.h"
#include "mail/field_lexer.h"
#include "mail/outgoing_structures.h"

#include <algorithm>
#include <cstddef>
#include <set>
#include <string>
#include <vector>

namespace postern::mail {
namespace {

constexpr std::size_t kLongestName = 40;    // those in use have 20 letters at most
constexpr std::size_t kParameterLine = 74;  // leaves room for the blank before and the semicolon behind

/// RFC 2231 7, and of the rest what no reader takes for more.
bool is_attribute_char(char c) {
  return is_alnum(c) || std::string_view("!#$&+-.^_`{|}~").find(c) != std::string_view::npos;
}

/// "name" of "name=value"; empty: it is no parameter whose name is known to be one.
std::string_view parameter_name(std::string_view parameter) {
  const std::size_t sign = parameter.find('=');
  if (sign == std::string_view::npos) return {};
  const std::string_view name = trim(parameter.substr(0, sign));
  const bool fits =
      name.size() <= kLongestName && std::ranges::all_of(name, [](char c) { return c == '*' || is_attribute_char(c); });
  return fits ? name : std::string_view();
}

/// What the value says. Many are not quoted though they should be.
std::string value_said(std::string_view value) {
  const auto first = FieldLexer(value).next();
  if (first && first->kind == TokenKind::quoted && first->text.size() == value.size()) {
    return decode_words(unescaped(value.substr(1, value.size() - 2)));
  }
  if (value.starts_with('"')) value.remove_prefix(1);
  return decode_words(value);
}

/// RFC 2231 4, in continuations (3) where it is long.
void write_extended(std::string_view name, std::string_view value, WordWriter& writer) {
  const bool utf8 = is_utf8(value);
  const std::string charset = utf8 ? "utf-8''" : "unknown-8bit''";
  const std::string whole = std::string(name) + "*=" + charset + hex_escaped(value, '%', is_attribute_char);
  if (whole.size() <= kParameterLine) return writer.other(whole);
  std::string piece = std::string(name) + "*0*=" + charset;
  for (std::size_t number = 0; !value.empty();) {
    const std::string_view letter = value.substr(0, character_size(value, utf8));
    const std::string written = hex_escaped(letter, '%', is_attribute_char);
    if (piece.size() + written.size() > kParameterLine) {
      writer.other(piece + ";");
      writer.blanks(" ");
      piece = std::string(name) + "*" + std::to_string(++number) + "*=";
    }
    piece += written;
    value.remove_prefix(letter.size());
  }
  writer.other(piece);
}

class Parameters {
 public:
  Parameters(std::string_view body, WordWriter& writer) : writer_(writer) {
    FieldLexer lexer(body);
    std::size_t begin = 0;
    std::size_t at = 0;
    while (const auto token = lexer.next()) {
      if (token->is(';')) {
        pieces_.push_back(body.substr(begin, at - begin));
        begin = at + 1;
      }
      at += token->text.size();
    }
    pieces_.push_back(body.substr(begin));
    for (const std::string_view piece : pieces_) {
      const std::string_view name = parameter_name(piece);
      const std::size_t star = name.find('*');
      if (star != std::string_view::npos) extended_.insert(to_lower(name.substr(0, star)));
    }
  }

  void write() {
    for (const std::string_view piece : pieces_) {
      const bool first = piece.data() == pieces_.front().data();
      if (!first) writer_.other(";");
      if (!writer_.must_change(piece)) {
        writer_.other(piece);
      } else {
        write_piece(piece, first);
      }
    }
  }

 private:
  void write_edge(const FieldToken& token) {
    if (token.kind == TokenKind::blank) writer_.blanks(token.text);
    if (token.kind == TokenKind::comment) writer_.comment(token.text);
  }

  void write_piece(std::string_view piece, bool first) {
    std::vector<FieldToken> tokens;
    FieldLexer lexer(piece);
    while (const auto token = lexer.next()) tokens.push_back(*token);
    const auto is_core = [](const FieldToken& one) {
      return one.kind != TokenKind::blank && one.kind != TokenKind::comment;
    };
    const auto begin = std::ranges::find_if(tokens, is_core);
    const auto end = std::find_if(tokens.rbegin(), std::make_reverse_iterator(begin), is_core).base();
    std::for_each(tokens.begin(), begin, [this](const FieldToken& one) { write_edge(one); });
    if (begin != end) {
      write_core(together(begin->text, (end - 1)->text), first);
    }
    std::for_each(end, tokens.end(), [this](const FieldToken& one) { write_edge(one); });
  }

  void write_core(std::string_view core, bool first) {
    const std::string_view name = first ? std::string_view() : parameter_name(core);
    // The boundary stands in the body too.
    if (!writer_.must_change(core) || iequals(name, "boundary")) return writer_.other(core);
    const std::size_t value = core.find('=') + 1;
    if (name.ends_with('*')) {
      return writer_.other(std::string(core.substr(0, value)) + escape_letters(core.substr(value), '%'));
    }
    // One that is there in both forms is read in the other.
    if (name.empty() || extended_.contains(to_lower(name.substr(0, name.find('*'))))) {
      return writer_.other(writer_.letters_fit(core) ? std::string(core) : escape_letters(core, '?'));
    }
    write_extended(name, value_said(trim(core.substr(value))), writer_);
  }

  WordWriter& writer_;
  std::vector<std::string_view> pieces_;
  std::set<std::string> extended_;  ///< names of parameters that RFC 2231 has already written, in small letters
};

}  // namespace

void write_parameters(std::string_view body, WordWriter& writer) { Parameters(body, writer).write(); }

}  // namespace postern::mail
