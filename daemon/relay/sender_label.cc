#include "relay/sender_label.h"

#include "base/text.h"
#include "mail/address_lexer.h"
#include "mail/encoded_words.h"
#include "mail/field_lexer.h"
#include "mail/phrase.h"
#include "mail/wrap.h"

#include <algorithm>
#include <utility>

namespace postern::relay {
namespace {

constexpr std::size_t kLongestPiece = 200;
constexpr std::size_t kLongestLabel = 400;  // of all pieces

bool is_control_byte(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

/// As it may stand in quotes: no control, no "@", single blanks.
std::string readable(std::string_view text) {
  std::string out;
  bool blank = false;
  const auto put = [&](std::string_view bytes) {
    if (blank && !out.empty()) out += ' ';
    blank = false;
    out += bytes;
  };
  for (const char c : text) {
    if (c == ' ' || is_control_byte(c)) {
      blank = true;
    } else if (c == '@') {
      blank = true;
      put("at");
      blank = true;
    } else {
      put(std::string_view(&c, 1));
    }
  }
  return out;
}

/// An encoded-word of characters that an atom may have: those alone can stand in a phrase as they are.
bool stays_encoded(std::string_view word) {
  constexpr std::size_t kLongestWord = 75;  // RFC 2047 2
  return word.size() <= kLongestWord && mail::is_encoded_word(word) && is_ascii(word) &&
         std::ranges::all_of(word, [](char c) {
           return mail::is_atext(c) || c == '.';  // a dot is wrong there and common
         });
}

/// "(Cron Daemon)" without the parentheses that cron puts into the name itself.
std::string_view without_parentheses(std::string_view text) {
  const auto token = mail::FieldLexer(text).next();
  const bool all = token && token->kind == mail::TokenKind::comment && token->text.size() == text.size();
  return all ? text.substr(1, text.size() - 2) : text;
}

}  // namespace

SenderLabel SenderLabel::of_phrase(std::string_view phrase) {
  SenderLabel label;
  mail::FieldLexer lexer(phrase);
  std::string word;
  const auto end_word = [&] {
    if (!word.empty()) label.add_word(std::exchange(word, {}));
  };
  while (const auto token = lexer.next()) {
    const bool unclosed = token->is('"') || token->is('(');
    if (token->kind == mail::TokenKind::quoted) {
      end_word();
      label.add_words(mail::unescaped(token->text.substr(1, token->text.size() - 2)));
    } else if (token->kind == mail::TokenKind::blank || token->kind == mail::TokenKind::comment || unclosed) {
      end_word();
    } else {
      word += token->text;
    }
  }
  end_word();
  return label;
}

SenderLabel SenderLabel::of_comment(std::string_view inside) { return of_text(mail::unescaped(inside)); }

SenderLabel SenderLabel::of_text(std::string_view text) {
  SenderLabel label;
  label.add_words(text);
  return label;
}

bool SenderLabel::says(std::string_view text) const {
  return pieces_.size() == 1 && !pieces_.front().encoded && pieces_.front().text == readable(text);
}

void SenderLabel::append_aside(std::string_view text) { add_plain('(' + readable(text) + ')'); }

void SenderLabel::put_aside(std::string_view text) {
  if (std::ranges::any_of(pieces_, &Piece::encoded)) return append_aside(text);
  const std::string name = pieces_.empty() ? std::string() : pieces_.front().text;
  pieces_.clear();
  size_ = 0;
  add_plain(text);
  if (!name.empty()) append_aside(without_parentheses(name));
}

void SenderLabel::append_other(const SenderLabel& other) {
  if (other.empty()) return;
  if (!pieces_.empty()) add_plain(",", "");
  for (const Piece& piece : other.pieces_) {
    if (piece.encoded) {
      add_word(piece.text);
    } else {
      add_plain(piece.text);
    }
  }
}

std::vector<std::string> SenderLabel::tokens() const {
  std::vector<std::string> out;
  out.reserve(pieces_.size());
  for (const Piece& piece : pieces_) out.push_back(piece.encoded ? piece.text : mail::quoted_string(piece.text));
  return out;
}

void SenderLabel::add_words(std::string_view text) {
  while (true) {
    while (!text.empty() && (text.front() == ' ' || is_control_byte(text.front()))) text.remove_prefix(1);
    if (text.empty()) return;
    const auto* const end = std::ranges::find_if(text, [](char c) { return c == ' ' || is_control_byte(c); });
    const auto length = static_cast<std::size_t>(end - text.begin());
    add_word(text.substr(0, length));
    text.remove_prefix(length);
  }
}

void SenderLabel::add_word(std::string_view word) {
  // Those that no phrase may have as they are, as some programs put them into quotes, are told to people.
  if (!stays_encoded(word)) return add_plain(mail::decode_words(word));
  if (size_ + word.size() > kLongestLabel) return;
  pieces_.push_back(Piece{std::string(word), true});
  size_ += word.size();
}

void SenderLabel::add_plain(std::string_view text, std::string_view before) {
  std::string plain = readable(text);
  if (plain.empty() || size_ >= kLongestLabel) return;
  plain = mail::cut(plain, std::min(kLongestPiece, std::max<std::size_t>(kLongestLabel - size_, 3)));
  size_ += plain.size();
  if (!pieces_.empty() && !pieces_.back().encoded) {
    pieces_.back().text += before;
    pieces_.back().text += plain;
  } else {
    pieces_.push_back(Piece{std::move(plain), false});
  }
}

}  // namespace postern::relay
