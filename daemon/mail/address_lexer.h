// The tokens that address lists are made of, for the scanner of mail/address_scanner.h alone: those of RFC 5322 3.2
// with a place for each octet that has none there. Blanks, those of Unicode among them, and comments are left out, and
// seen in what follows them.
//
// Where a delimiter was forgotten, what it would swallow is read on its own: a quote, parenthesis or bracket that is
// closed nowhere is one octet without meaning, and so is a "[" that does not begin a domain (RFC 5321 4.1.3). Linear in
// time, no recursion.
#pragma once

#include "mail/delimiters.h"

#include <cstddef>
#include <string_view>

namespace postern::mail {

/// RFC 5322 3.2.3 atext, and every byte of UTF-8 (RFC 6532 3.2).
[[nodiscard]] bool is_atext(char c);

enum class AddressTokenKind {
  word,     ///< a run of atext and dots
  quoted,   ///< with its quotes
  literal,  ///< with its brackets; only behind an "@"
  encoded,  ///< an encoded-word (RFC 2047 2), whatever is in it
  special,  ///< one of <>,:;@
  stray,    ///< one octet that stands nowhere in an address: ) ] \ a control, or one of ( " [ that is closed nowhere
  end,
};

struct AddressToken {
  AddressTokenKind kind = AddressTokenKind::end;
  std::string_view text;  ///< part of the body; empty at the end
  bool glued = false;     ///< nothing stands between it and the token before

  [[nodiscard]] bool is(char c) const { return kind == AddressTokenKind::special && text.front() == c; }
};

class AddressLexer {
 public:
  explicit AddressLexer(std::string_view body) : body_(body), delimiters_(body) {}

  AddressToken next();
  /// The inside of the last comment since this was asked before; empty: there was none.
  std::string_view take_comment();

 private:
  bool skip_blanks();
  AddressToken token(AddressTokenKind kind, std::size_t end);
  [[nodiscard]] std::size_t quoted_end();
  [[nodiscard]] std::size_t encoded_end() const;

  std::string_view body_;
  std::size_t at_ = 0;
  std::size_t swallowed_ = 0;  ///< where the last quote ends that would have swallowed an address
  Delimiters delimiters_;
  std::string_view comment_;
  bool glued_ = false;
  bool after_at_ = false;  ///< the last token was "@"
};

}  // namespace postern::mail
