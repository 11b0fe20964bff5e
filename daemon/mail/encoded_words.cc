#include "mail/encoded_words.h"

#include "base/base64.h"
#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <optional>

namespace postern::mail {
namespace {

constexpr std::string_view kBlanks = " \t";

std::optional<unsigned> hex_digit(char c) {
  constexpr std::string_view kHex = "0123456789abcdef";
  const std::size_t value = kHex.find(to_lower(c));
  if (value == std::string_view::npos) return std::nullopt;
  return static_cast<unsigned>(value);
}

/// The "Q" encoding (RFC 2047 4.2).
std::optional<std::string> decode_q(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '=') {
      bytes += text[i] == '_' ? ' ' : text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const auto high = hex_digit(text[i + 1]);
    const auto low = hex_digit(text[i + 2]);
    if (!high || !low) return std::nullopt;
    bytes += static_cast<char>(*high << 4U | *low);
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
  std::string text;        ///< decoded
  std::size_t length = 0;  ///< of what it stands for
};

/// "=?charset?encoding?text?=" at the beginning of `text`.
std::optional<EncodedWord> encoded_word(std::string_view text) {
  const std::size_t encoding = text.find('?', 2) + 1;
  if (encoding == 0 || encoding + 1 >= text.size() || text[encoding + 1] != '?') return std::nullopt;
  const std::size_t end = text.find("?=", encoding + 2);
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view content = text.substr(encoding + 2, end - encoding - 2);
  if (content.find_first_of(kBlanks) != std::string_view::npos) return std::nullopt;
  std::optional<std::string> bytes;
  if (to_lower(text[encoding]) == 'b') bytes = base64_decode(content);
  if (to_lower(text[encoding]) == 'q') bytes = decode_q(content);
  if (!bytes) return std::nullopt;
  const std::string_view charset = text.substr(2, encoding - 3);
  auto decoded = to_utf8(std::move(*bytes), charset.substr(0, charset.find('*')));  // RFC 2231 5: a language follows
  if (!decoded) return std::nullopt;
  return EncodedWord{std::move(*decoded), end + 2};
}

bool is_plain(char c) { return (c >= ' ' && c < 0x7F) || c == '\t'; }

/// The "Q" encoding as it may stand everywhere (RFC 2047 5 (3)).
std::string encode_q(char c) {
  constexpr std::string_view kItself = "!*+-/";
  const char small = to_lower(c);
  if ((small >= 'a' && small <= 'z') || (c >= '0' && c <= '9') || kItself.find(c) != std::string_view::npos) {
    return std::string(1, c);
  }
  return fmt::format("={:02X}", static_cast<unsigned char>(c));
}

/// As many as it takes; `blank`: one stood before it, which those who read it would leave out.
std::string to_encoded_words(std::string_view bytes, bool blank) {
  constexpr std::size_t kLongest = 75;  // RFC 2047 2
  const bool utf8 = is_utf8(bytes);
  const std::string begin = utf8 ? "=?utf-8?q?" : "=?unknown-8bit?q?";
  std::string words;
  std::string word = begin + (blank ? "_" : "");
  while (!bytes.empty()) {
    std::size_t length = 1;
    while (utf8 && length < bytes.size() && (static_cast<unsigned char>(bytes[length]) & 0xC0U) == 0x80U) ++length;
    std::string letter;
    for (const char c : bytes.substr(0, length)) letter += encode_q(c);
    bytes.remove_prefix(length);
    if (word.size() + letter.size() + 2 > kLongest) {
      words += word + "?= ";
      word = begin;
    }
    word += letter;
  }
  return words + word + "?=";
}

std::string in_ascii(std::string_view word) {
  std::string text(word);
  std::ranges::replace_if(text, [](char c) { return !is_plain(c); }, '?');
  return text;
}

}  // namespace

std::string decode_words(std::string_view text) {
  std::string out;
  bool after_word = false;
  while (true) {
    const std::size_t start = text.find("=?");
    const std::string_view between = text.substr(0, start);
    const auto word = start == std::string_view::npos ? std::nullopt : encoded_word(text.substr(start));
    // RFC 2047 6.2: blanks between two encoded-words are not shown.
    const bool shown = !after_word || !word || between.find_first_not_of(kBlanks) != std::string_view::npos;
    if (shown) out += between;
    if (start == std::string_view::npos) return out;
    text.remove_prefix(start);
    after_word = word.has_value();
    out += word ? word->text : std::string(text.substr(0, 2));
    text.remove_prefix(word ? word->length : 2);
  }
}

std::string encode_words(std::string_view text, FieldKind kind) {
  constexpr std::string_view kSpecials = "()<>@,;:\\\".[]";  // RFC 5322 3.2.3
  std::string out;
  bool after_word = false;
  while (!text.empty()) {
    const std::size_t start = std::min(text.find_first_not_of(kBlanks), text.size());
    out += text.substr(0, start);
    text.remove_prefix(start);
    const std::string_view word = text.substr(0, text.find_first_of(kBlanks));
    text.remove_prefix(word.size());
    const bool encodes =
        !is_ascii(word) && (kind == FieldKind::text || word.find_first_of(kSpecials) == std::string_view::npos);
    const bool before_word = trim(text).starts_with("=?");  // as it was written
    out += encodes ? to_encoded_words(std::string(word) + (before_word ? " " : ""), after_word) : in_ascii(word);
    after_word = encodes || word.starts_with("=?");
  }
  return out;
}

}  // namespace postern::mail
