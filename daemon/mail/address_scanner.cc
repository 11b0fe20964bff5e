#include "mail/address_scanner.h"

#include "base/text.h"
#include "mail/field_lexer.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace postern::mail {
namespace {

Error fault(std::string_view what) { return Error{Failure::invalid, std::string(what)}; }

/// A token that is neither blank nor comment; or the end, without a text.
struct Token {
  TokenKind kind = TokenKind::blank;
  std::string_view text;
  std::size_t end = 0;  ///< offset in the body

  [[nodiscard]] bool is(char c) const { return kind == TokenKind::special && text.front() == c; }
  [[nodiscard]] bool is_end() const { return text.empty(); }
};

/// The tokens that addresses are made of.
class Lexer {
 public:
  explicit Lexer(std::string_view body) : lexer_(body) {}

  Result<Token> next() {
    auto found = lexer_.next();
    while (found && (found->kind == TokenKind::blank || found->kind == TokenKind::comment)) {
      end_ += found->text.size();
      found = lexer_.next();
    }
    if (!found) return Token{TokenKind::blank, {}, end_};
    end_ += found->text.size();
    const Token token{found->kind, found->text, end_};
    if (token.is('(')) return fault("a comment is not closed");
    if (token.is('"')) return fault("a quoted string is not closed");
    if (token.is('[')) return fault("a domain literal is not closed");
    if (token.kind == TokenKind::word) {
      const auto bad = std::ranges::find_if(token.text, [](char c) { return !is_atext(c) && c != '.'; });
      if (bad != token.text.end()) {
        return fault("the character " + printable(std::string(1, *bad)) + " cannot stand in an address");
      }
    }
    return token;
  }

 private:
  FieldLexer lexer_;
  std::size_t end_ = 0;
};

/// The tokens of one element between separators, glued to an addr-spec. Blanks may stand around "." and "@"
/// (obsolete, RFC 5322 4.4) but not between two words.
Result<FoundAddress> glue(const std::vector<Token>& tokens) {
  FoundAddress found;
  for (const Token& token : tokens) {
    const bool joins = found.text.empty() || token.is('@') || token.text.front() == '.' || found.text.back() == '@' ||
                       found.text.back() == '.';
    if (!joins) {
      return fault("two words without a comma between them: " + printable(found.text.substr(0, 100)) + " " +
                   printable(token.text.substr(0, 100)));
    }
    found.text += token.text;
    found.end = token.end;
  }
  return found;
}

class Scanner {
 public:
  explicit Scanner(std::string_view body) : lexer_(body) {}

  Result<std::vector<FoundAddress>> run() {
    while (true) {
      const auto token = lexer_.next();
      if (!token) return token.error();
      if (const auto problem = take(*token)) return *problem;
      if (token->is_end()) return std::move(found_);
    }
  }

 private:
  enum class Where { element, angle, after_angle };

  std::optional<Error> take(const Token& token) {
    if (where_ == Where::angle) return in_angle(token);
    if (token.is_end()) return in_group_ ? fault("a group is not closed by \";\"") : finish();
    if (token.is(',')) return finish();
    if (token.is(';')) {
      if (!in_group_) return fault("\";\" does not separate addresses, \",\" does");
      in_group_ = false;
      if (auto problem = finish()) return problem;
      where_ = Where::after_angle;  // only a comma or the end may follow a group
      return std::nullopt;
    }
    if (where_ == Where::after_angle) return fault("text after an address without a comma before it");
    if (token.is(':')) {
      if (in_group_ || tokens_.empty()) return fault("\":\" is not expected here");
      in_group_ = true;
      tokens_.clear();
      return std::nullopt;
    }
    if (token.is('<')) {
      tokens_.clear();  // the display name
      where_ = Where::angle;
      return std::nullopt;
    }
    if (token.is('>')) return fault("\">\" without \"<\"");
    tokens_.push_back(token);
    return std::nullopt;
  }

  std::optional<Error> in_angle(const Token& token) {
    if (token.is('>')) {
      if (tokens_.empty()) return fault("nothing between \"<\" and \">\"");
      if (auto problem = finish()) return problem;
      where_ = Where::after_angle;
      return std::nullopt;
    }
    const bool in_route = !tokens_.empty() && tokens_.front().is('@');
    if (in_route && token.is(':')) {
      tokens_.clear();  // a source route is dropped (RFC 5321 appendix C)
      return std::nullopt;
    }
    if (token.is_end()) return fault("\"<\" is not closed");
    if (token.kind == TokenKind::special && !token.is('@') && !(in_route && token.is(','))) {
      return fault("\"" + std::string(token.text) + "\" is not expected between \"<\" and \">\"");
    }
    tokens_.push_back(token);
    return std::nullopt;
  }

  std::optional<Error> finish() {
    where_ = Where::element;
    if (tokens_.empty()) return std::nullopt;  // empty list members are obsolete but harmless
    auto address = glue(tokens_);
    tokens_.clear();
    if (!address) return address.error();
    found_.push_back(std::move(*address));
    return std::nullopt;
  }

  Lexer lexer_;
  std::vector<Token> tokens_;
  std::vector<FoundAddress> found_;
  Where where_ = Where::element;
  bool in_group_ = false;
};

}  // namespace

Result<std::vector<FoundAddress>> scan_addresses(std::string_view body) { return Scanner(body).run(); }

}  // namespace postern::mail
