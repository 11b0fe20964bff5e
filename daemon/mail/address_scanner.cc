#include "mail/address_scanner.h"

#include "base/text.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace postern::mail {
namespace {

enum class Kind { word, quoted, literal, special, end };

struct Token {
  Kind kind = Kind::end;
  std::string_view text;
  std::size_t end = 0;

  [[nodiscard]] bool is(char c) const { return kind == Kind::special && text.front() == c; }
};

Error fault(std::string_view what) { return Error{Failure::invalid, std::string(what)}; }

/// Words (atext and dots), quoted strings, domain literals and single specials; blanks, folding and comments
/// between them are skipped.
class Lexer {
 public:
  explicit Lexer(std::string_view body) : body_(body) {}

  /// The inside of the last comment since this was asked before; empty: there was none.
  std::string_view take_comment() { return std::exchange(comment_, std::string_view()); }

  Result<Token> next() {
    while (at_ < body_.size()) {
      const char c = body_[at_];
      if (c == '(') {
        if (!skip_comment()) return fault("a comment is not closed");
      } else if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
        ++at_;
      } else {
        break;
      }
    }
    if (at_ == body_.size()) return token(Kind::end, at_);
    const char c = body_[at_];
    if (c == '"') return delimited(Kind::quoted, '"', "a quoted string is not closed");
    if (c == '[') return delimited(Kind::literal, ']', "a domain literal is not closed");
    if (std::string_view("<>,:;@").find(c) != std::string_view::npos) return token(Kind::special, at_ + 1);
    std::size_t end = at_;
    while (end < body_.size() && (is_atext(body_[end]) || body_[end] == '.')) ++end;
    if (end == at_) return fault("the character " + printable(body_.substr(at_, 1)) + " cannot stand in an address");
    return token(Kind::word, end);
  }

 private:
  Token token(Kind kind, std::size_t end) {
    Token found{kind, body_.substr(at_, end - at_), end};
    at_ = end;
    return found;
  }

  Result<Token> delimited(Kind kind, char close, std::string_view not_closed) {
    for (std::size_t i = at_ + 1; i < body_.size(); ++i) {
      if (body_[i] == '\\') {
        ++i;
      } else if (body_[i] == close) {
        return token(kind, i + 1);
      }
    }
    return fault(not_closed);
  }

  bool skip_comment() {
    std::size_t depth = 0;
    const std::size_t begin = at_ + 1;
    for (; at_ < body_.size(); ++at_) {
      const char c = body_[at_];
      if (c == '\\') {
        ++at_;
      } else if (c == '(') {
        ++depth;
      } else if (c == ')' && --depth == 0) {
        comment_ = body_.substr(begin, at_ - begin);
        ++at_;
        return true;
      }
    }
    at_ = body_.size();
    return false;
  }

  std::string_view body_;
  std::string_view comment_;
  std::size_t at_ = 0;
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
  explicit Scanner(std::string_view body) : lexer_(body), body_(body) {}

  Result<std::vector<FoundAddress>> run() {
    while (true) {
      const auto token = lexer_.next();
      if (!token) return token.error();
      if (const auto problem = take(*token)) return *problem;
      if (token->kind == Kind::end) return std::move(found_);
    }
  }

 private:
  enum class Where { element, angle, after_angle };

  std::optional<Error> take(const Token& token) {
    if (where_ == Where::angle) return in_angle(token);
    if (token.kind == Kind::end) return in_group_ ? fault("a group is not closed by \";\"") : finish();
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
      phrase_ = between(tokens_);
      tokens_.clear();
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
    if (token.kind == Kind::end) return fault("\"<\" is not closed");
    if (token.kind == Kind::special && !token.is('@') && !(in_route && token.is(','))) {
      return fault("\"" + std::string(token.text) + "\" is not expected between \"<\" and \">\"");
    }
    tokens_.push_back(token);
    return std::nullopt;
  }

  std::optional<Error> finish() {
    const bool after_angle = std::exchange(where_, Where::element) == Where::after_angle;
    const std::string_view comment = lexer_.take_comment();
    if (tokens_.empty()) {  // empty list members are obsolete but harmless
      if (after_angle && !found_.empty() && !comment.empty()) found_.back().comment = comment;
      return std::nullopt;
    }
    auto address = glue(tokens_);
    tokens_.clear();
    if (!address) return address.error();
    address->phrase = std::exchange(phrase_, std::string_view());
    address->comment = comment;
    found_.push_back(std::move(*address));
    return std::nullopt;
  }

  /// What was written from the first of the tokens to the last.
  [[nodiscard]] std::string_view between(const std::vector<Token>& tokens) const {
    if (tokens.empty()) return {};
    const std::size_t begin = tokens.front().end - tokens.front().text.size();
    return body_.substr(begin, tokens.back().end - begin);
  }

  Lexer lexer_;
  std::string_view body_;
  std::string_view phrase_;
  std::vector<Token> tokens_;
  std::vector<FoundAddress> found_;
  Where where_ = Where::element;
  bool in_group_ = false;
};

}  // namespace

Result<std::vector<FoundAddress>> scan_addresses(std::string_view body) { return Scanner(body).run(); }

}  // namespace postern::mail
