#include "mail/address_lexer.h"

#include "base/ascii.h"
#include "mail/address_marks.h"

#include <algorithm>
#include <utility>

namespace postern::mail {
namespace {

constexpr std::size_t kNowhere = Delimiters::kNowhere;

bool is_address_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
bool is_word(char c) { return is_atext(c) || c == '.'; }

/// The length of characters that nobody sees, where nothing else stands beside them; 0: there are none.
std::size_t invisible_word_at(std::string_view text) {
  std::size_t size = 0;
  while (const std::size_t one = invisible_at(text.substr(size))) size += one;
  const bool more = size < text.size() && is_word(text[size]) && wide_blank_at(text.substr(size)) == 0;
  return more ? 0 : size;
}

}  // namespace

bool is_atext(char c) {
  return is_alnum(c) || static_cast<unsigned char>(c) >= 0x80 ||
         std::string_view("!#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos;
}

std::string_view AddressLexer::take_comment() { return std::exchange(comment_, std::string_view()); }

AddressToken AddressLexer::next() {
  glued_ = !skip_blanks();
  const bool after_at = std::exchange(after_at_, false);
  if (at_ == body_.size()) return {};
  const char c = body_[at_];
  switch (c) {
    case '<':
    case '>':
    case ',':
    case ':':
    case ';':
    case '@': after_at_ = c == '@'; return token(AddressTokenKind::special, at_ + 1);
    case '"':
      if (const std::size_t end = quoted_end(); end != kNowhere) return token(AddressTokenKind::quoted, end);
      break;
    case '[':
      if (const std::size_t end = after_at ? delimiters_.end_of(at_) : kNowhere; end != kNowhere) {
        return token(AddressTokenKind::literal, end);
      }
      break;
    case '=':
      if (const std::size_t end = encoded_end(); end != kNowhere) return token(AddressTokenKind::encoded, end);
      break;
    default: break;
  }
  std::size_t end = at_;
  while (end < body_.size() && is_word(body_[end]) && wide_blank_at(body_.substr(end)) == 0) ++end;
  if (end > at_) return token(AddressTokenKind::word, end);
  return token(AddressTokenKind::stray, at_ + 1);
}

/// Comments as well; false: there was nothing of the kind.
bool AddressLexer::skip_blanks() {
  const std::size_t begin = at_;
  while (at_ < body_.size()) {
    if (is_address_blank(body_[at_])) {
      ++at_;
      continue;
    }
    const std::string_view rest = body_.substr(at_);
    if (const std::size_t wide = std::max(wide_blank_at(rest), invisible_word_at(rest)); wide > 0) {
      at_ += wide;
      continue;
    }
    if (body_[at_] != '(') break;
    const std::size_t end = delimiters_.end_of(at_);
    if (end == kNowhere) break;
    comment_ = body_.substr(at_ + 1, end - at_ - 2);
    at_ = end;
  }
  return at_ > begin;
}

AddressToken AddressLexer::token(AddressTokenKind kind, std::size_t end) {
  const AddressToken found{kind, body_.substr(at_, end - at_), glued_};
  at_ = end;
  return found;
}

/// Nowhere as well if a quote was forgotten before, so that the one which opens the next name seems to close this one:
/// `"Web Team <a@example.com>, "Ops" <b@example.com>`. An address in brackets is in it then, and a word begins right
/// behind it, which no writer of names puts there.
std::size_t AddressLexer::quoted_end() {
  // The quotes inside what one would have swallowed were escaped for it. Each would look all the way again.
  if (at_ + 1 < swallowed_) return kNowhere;
  const std::size_t end = delimiters_.end_of(at_);
  if (end == kNowhere || end == body_.size() || !is_atext(body_[end])) return end;
  const std::string_view content = body_.substr(at_ + 1, end - at_ - 2);
  const std::size_t bracket = content.find('<');
  const bool swallows = bracket != std::string_view::npos && content.find('@', bracket) != std::string_view::npos;
  if (!swallows) return end;
  swallowed_ = end;
  return kNowhere;
}

/// "=?utf-8?Q?B=C3=B6b,?=". Sloppy encoders leave commas and quotes in it, which are of the name all the same.
std::size_t AddressLexer::encoded_end() const {
  std::size_t marks = 0;
  for (std::size_t i = at_ + 1; i < body_.size() && !is_address_blank(body_[i]); ++i) {
    if (marks == 3 && body_[i] == '?') return body_.substr(i + 1).starts_with('=') ? i + 2 : kNowhere;
    if (body_[i] == '?') ++marks;
    if (i == at_ + 1 && marks == 0) return kNowhere;
  }
  return kNowhere;
}

}  // namespace postern::mail
