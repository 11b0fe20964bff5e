#include "mail/content_type.h"

#include "base/text.h"
#include "mail/field_lexer.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>

namespace postern::mail {
namespace {

constexpr std::string_view kBoundary = "boundary";
constexpr std::string_view kPiece = "boundary*";  // RFC 2231 3

/// What stands between two semicolons: "name=value", or a word alone, as the name. Comments are no part of it, and what
/// follows the blank behind it is passed over.
struct Item {
  std::string name;
  std::string value;
};

class ItemReader {
 public:
  explicit ItemReader(std::string_view body) : lexer_(body) {}

  std::optional<Item> next() {
    if (at_end_) return std::nullopt;
    Item item;
    bool sign = false;
    bool ended = false;
    while (true) {
      const auto token = lexer_.next();
      at_end_ = !token;
      if (!token || token->is(';')) break;
      const bool between = token->kind == TokenKind::blank || token->kind == TokenKind::comment;
      if (between && sign && !item.value.empty()) ended = true;
      if (between || ended) continue;
      if (sign) {
        ended = !add_value(*token, item.value);
      } else {
        const std::size_t equals = std::min(token->text.find('='), token->text.size());
        sign = equals < token->text.size();
        item.name += token->text.substr(0, equals);
        if (sign) item.value = token->text.substr(equals + 1);
      }
    }
    item.name = to_lower(item.name);
    return item;
  }

 private:
  /// Whether more of it may follow.
  static bool add_value(const FieldToken& token, std::string& value) {
    if (token.kind == TokenKind::quoted && value.empty()) {
      value = unescaped(token.text.substr(1, token.text.size() - 2));
      return false;
    }
    if (!token.is('"')) value += token.text;
    return true;
  }

  FieldLexer lexer_;
  bool at_end_ = false;
};

/// Up to the first blank or comment behind it.
std::string first_word(std::string_view body) {
  FieldLexer lexer(body);
  std::string word;
  while (const auto token = lexer.next()) {
    const bool between = token->kind == TokenKind::blank || token->kind == TokenKind::comment;
    if (token->is(';') || (between && !word.empty())) break;
    if (!between) word += token->text;
  }
  return to_lower(word);
}

bool may_be_boundary(std::string_view text) { return !text.empty() && is_ascii(text) && !has_control(text); }

}  // namespace

ContentType parse_content_type(std::string_view body) {
  ContentType found;
  found.type = first_word(body);
  ItemReader items(body);
  std::map<std::uint64_t, std::string> pieces;  // "boundary*0=..."
  items.next();
  while (auto item = items.next()) {
    if (item->name == kBoundary && found.boundary.empty()) found.boundary = std::move(item->value);
    if (!item->name.starts_with(kPiece)) continue;
    const auto number = parse_decimal(std::string_view(item->name).substr(kPiece.size()));
    if (number) pieces.emplace(*number, std::move(item->value));
  }
  if (found.boundary.empty()) {
    for (const auto& [number, text] : pieces) found.boundary += text;
  }
  // RFC 2046 5.1.1: it does not end in a blank.
  found.boundary.resize(found.boundary.find_last_not_of(" \t") + 1);
  if (!may_be_boundary(found.boundary)) found.boundary.clear();
  return found;
}

TransferEncoding parse_transfer_encoding(std::string_view body) {
  constexpr std::array<std::pair<std::string_view, TransferEncoding>, 5> kNames{{
      {"7bit", TransferEncoding::seven_bit},
      {"8bit", TransferEncoding::eight_bit},
      {"binary", TransferEncoding::binary},
      {"quoted-printable", TransferEncoding::quoted_printable},
      {"base64", TransferEncoding::base64},
  }};
  const std::string name = first_word(body);
  for (const auto& [known, encoding] : kNames) {
    if (name == known) return encoding;
  }
  return name.starts_with("x-") || name.starts_with("uu") ? TransferEncoding::other : TransferEncoding::none;
}

bool is_identity(TransferEncoding encoding) {
  return encoding != TransferEncoding::quoted_printable && encoding != TransferEncoding::base64 &&
         encoding != TransferEncoding::other;
}

}  // namespace postern::mail
