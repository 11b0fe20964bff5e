#include "mail/encoded_words.h"

#include "base/ascii.h"
#include "base/base64.h"
#include "base/hex_digit.h"
#include "base/text.h"
#include "mail/word_writer.h"

#include <algorithm>
#include <cstddef>
#include <optional>

namespace postern::mail {
namespace {

constexpr std::string_view kBlanks = " \t";
constexpr std::string_view kBegin = "=?";

/// The "Q" encoding (RFC 2047 4.2).
std::optional<std::string> decode_q(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '=') {
      bytes += text[i] == '_' ? ' ' : text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = hex_digit(text[i + 1]);
    const int low = hex_digit(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes += static_cast<char>(16 * high + low);
    i += 2;
  }
  return bytes;
}

std::optional<std::string> to_utf8(std::string bytes, std::string_view charset) {
  if (iequals(charset, "utf-8") || iequals(charset, "us-ascii")) return bytes;
  if (!iequals(charset, "iso-8859-1")) return std::nullopt;
  std::string text;
  for (const char c : bytes) {
    const auto point = static_cast<unsigned char>(c);
    if (point >= 0x80) text += static_cast<char>(0xC0U | point >> 6U);
    text += point >= 0x80 ? static_cast<char>(0x80U | (point & 0x3FU)) : c;
  }
  return text;
}

struct EncodedWord {
  std::string_view charset;
  char encoding = 'q';       ///< or 'b'
  std::string_view content;  ///< encoded
  std::size_t length = 0;    ///< of all of it
};

/// The content goes to "?=". What ends it before, the beginning of another word above all, is met soon: so a text of
/// beginnings alone costs what its length costs.
std::size_t content_end(std::string_view text, std::size_t at, bool q) {
  for (; at + 1 < text.size(); ++at) {
    const char c = text[at];
    if (c == '?' && text[at + 1] == '=') return at;
    const bool is_escape =
        c == '=' && at + 2 < text.size() && hex_digit(text[at + 1]) >= 0 && hex_digit(text[at + 2]) >= 0;
    if (kBlanks.find(c) != std::string_view::npos || (q ? c == '=' && !is_escape : c == '?')) break;
  }
  return std::string_view::npos;
}

/// "=?charset?encoding?text?=" at the beginning of `text`.
std::optional<EncodedWord> encoded_word(std::string_view text) {
  const std::size_t encoding = text.find('?', 2) + 1;
  if (encoding == 0 || encoding + 1 >= text.size() || text[encoding + 1] != '?') return std::nullopt;
  const std::string_view charset = text.substr(2, encoding - 3);
  const char how = to_lower(text[encoding]);
  const bool named = std::ranges::all_of(charset, [](char c) { return c > ' ' && c < 0x7F; });
  if (charset.empty() || !named || (how != 'q' && how != 'b')) {
    return std::nullopt;
  }
  const std::size_t end = content_end(text, encoding + 2, how == 'q');
  if (end == std::string_view::npos) return std::nullopt;
  return EncodedWord{charset, how, text.substr(encoding + 2, end - encoding - 2), end + 2};
}

std::optional<std::string> decoded(const EncodedWord& word) {
  auto bytes = word.encoding == 'b' ? base64_decode(word.content) : decode_q(word.content);
  if (!bytes) return std::nullopt;
  return to_utf8(std::move(*bytes), word.charset.substr(0, word.charset.find('*')));  // RFC 2231 5: a language follows
}

constexpr std::size_t kLongestEncoded = 72;  // of 75 (RFC 2047 2), so that what stands beside it fits into its line too

/// Japanese as many a program sends it raw: seven bits, with escapes between the character sets (RFC 1468).
constexpr std::string_view kToAscii = "\x1b(B";
bool is_iso_2022_jp(std::string_view bytes) {
  const bool escapes = bytes.find("\x1b$B") != std::string_view::npos || bytes.find("\x1b$@") != std::string_view::npos;
  return escapes && is_ascii(bytes);
}

/// Each of whole characters and back in ASCII at its end (RFC 2047 3).
std::string japanese_words(std::string_view bytes, std::size_t first) {
  constexpr std::string_view kStart = "=?iso-2022-jp?b?";
  const auto room = [&](std::size_t longest) { return (longest - kStart.size() - 2) / 4 * 3 - kToAscii.size(); };
  std::string words;
  std::string piece;
  std::string_view escape = kToAscii;
  std::size_t most = room(std::min(kLongestEncoded, first));
  const auto end_word = [&] {
    if (escape != kToAscii) piece += kToAscii;
    words.append(words.empty() ? "" : " ").append(kStart).append(base64_encode(piece)).append("?=");
    piece = escape == kToAscii ? std::string() : std::string(escape);
    most = room(kLongestEncoded);
  };
  while (!bytes.empty()) {
    const bool escapes = bytes.front() == '\x1b' && bytes.size() >= 3;
    const std::size_t size = escapes ? 3 : escape[1] == '$' ? 2 : 1;
    const std::string_view unit = bytes.substr(0, size);
    bytes.remove_prefix(unit.size());
    if (piece.size() + unit.size() > most) end_word();
    if (escapes) escape = unit;
    piece += unit;
  }
  end_word();
  return words;
}

/// Of the "Q" encoding as it may stand everywhere (RFC 2047 5 (3)).
bool is_itself_in_q(char c) { return is_alnum(c) || std::string_view("!*+-/").find(c) != std::string_view::npos; }

}  // namespace

bool is_encoded_word(std::string_view text) {
  if (!text.starts_with(kBegin)) return false;
  const auto word = encoded_word(text);
  return word && word->length == text.size();
}

std::string decode_words(std::string_view text) {
  std::string out;
  bool after_word = false;
  while (true) {
    const std::size_t start = text.find(kBegin);
    const std::string_view between = text.substr(0, start);
    const auto word = start == std::string_view::npos ? std::nullopt : encoded_word(text.substr(start));
    const auto said = word ? decoded(*word) : std::nullopt;
    // RFC 2047 6.2: blanks between two encoded-words are not shown.
    const bool shown = !after_word || !said || between.find_first_not_of(kBlanks) != std::string_view::npos;
    if (shown) out += between;
    if (start == std::string_view::npos) return out;
    text.remove_prefix(start);
    after_word = said.has_value();
    out += said ? *said : std::string(kBegin);
    text.remove_prefix(said ? word->length : kBegin.size());
  }
}

std::size_t character_size(std::string_view bytes, bool utf8) {
  std::size_t size = 1;
  while (utf8 && size < bytes.size() && (static_cast<unsigned char>(bytes[size]) & 0xC0U) == 0x80U) ++size;
  return size;
}

std::string to_encoded_words(std::string_view bytes, std::size_t first) {
  if (is_iso_2022_jp(bytes)) return japanese_words(bytes, first);
  const bool utf8 = is_utf8(bytes);
  const std::string begin = utf8 ? "=?utf-8?q?" : "=?unknown-8bit?q?";
  std::string words;
  std::string word = begin;
  std::size_t longest = std::min(kLongestEncoded, first);
  while (!bytes.empty()) {
    const std::size_t size = character_size(bytes, utf8);
    const std::string_view letter = bytes.substr(0, size);
    const std::string encoded = letter == " " ? "_" : hex_escaped(letter, '=', is_itself_in_q);
    bytes.remove_prefix(size);
    if (word.size() + encoded.size() + 2 > longest) {
      words += word + "?= ";
      word = begin;
      longest = kLongestEncoded;
    }
    word += encoded;
  }
  return words + word + "?=";
}

std::string encode_words(std::string_view text) {
  std::string plain(text);
  std::ranges::replace_if(plain, [](char c) { return c != '\t' && has_control({&c, 1}); }, '?');
  std::string out;
  WordWriter writer(out, false);
  writer.text(plain);
  writer.finish();
  return out;
}

}  // namespace postern::mail
