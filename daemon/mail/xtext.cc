#include "mail/xtext.h"

#include "base/text.h"

namespace postern::mail {
namespace {

constexpr std::string_view kHex = "0123456789ABCDEF";

bool stands_for_itself(char c) { return c >= '!' && c <= '~' && c != '+' && c != '='; }

}  // namespace

std::string xtext_encode(std::string_view bytes) { return hex_escaped(bytes, '+', stands_for_itself); }

std::optional<std::string> xtext_decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (stands_for_itself(text[i])) {
      out += text[i];
      continue;
    }
    if (text[i] != '+' || i + 2 >= text.size()) return std::nullopt;
    const std::size_t high = kHex.find(text[i + 1]);
    const std::size_t low = kHex.find(text[i + 2]);
    if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

}  // namespace postern::mail
