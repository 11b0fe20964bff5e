#include "mail/phrase.h"

#include "base/base64.h"
#include "base/text.h"
#include "mail/address_lexer.h"

#include <algorithm>

namespace postern::mail {
namespace {

std::string name_in_encoded_words(std::string_view name) {
  constexpr std::size_t kBytes = 42;  // 56 characters of base64; an encoded word has at most 75 (RFC 2047 2)
  const std::string_view charset = is_utf8(name) ? "utf-8" : "unknown-8bit";
  std::string words;
  while (!name.empty()) {
    const std::string_view piece = front_characters(name, kBytes);
    name.remove_prefix(piece.size());
    if (!words.empty()) words += "\n ";
    words += "=?";
    words += charset;
    words += "?B?" + base64_encode(piece) + "?=";
  }
  return words;
}

}  // namespace

std::string phrase(std::string_view name) {
  name = trim(name);
  if (!is_ascii(name)) return name_in_encoded_words(name);
  const bool plain = std::ranges::all_of(name, [](char c) { return is_atext(c) || c == ' '; });
  return plain ? std::string(name) : quoted_string(name);
}

std::string quoted_string(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

}  // namespace postern::mail
