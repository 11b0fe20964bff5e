#include "mail/content_type.h"

#include "base/text.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <utility>

namespace postern::mail {
namespace {

constexpr std::string_view kBetween = " \t";
constexpr std::string_view kEndOfToken = "; \t(";
constexpr std::string_view kBoundary = "boundary";
constexpr std::string_view kPiece = "boundary*";  // RFC 2231 3

void skip_comment(std::string_view& text) {
  int depth = 0;
  while (!text.empty()) {
    const char c = text.front();
    text.remove_prefix(c == '\\' && text.size() > 1 ? 2 : 1);
    if (c == '(') ++depth;
    if (c == ')' && --depth == 0) return;
  }
}

void skip_between(std::string_view& text) {
  while (!text.empty()) {
    if (text.front() == '(') {
      skip_comment(text);
    } else if (kBetween.find(text.front()) != std::string_view::npos) {
      text.remove_prefix(1);
    } else {
      return;
    }
  }
}

/// To what follows the next semicolon that is in no comment.
void skip_to_parameter(std::string_view& text) {
  skip_between(text);
  while (!text.empty() && text.front() != ';') {
    text.remove_prefix(1);
    skip_between(text);
  }
  text.remove_prefix(std::min<std::size_t>(text.size(), 1));
  skip_between(text);
}

std::string token(std::string_view& text, std::string_view ends) {
  std::string found(text.substr(0, text.find_first_of(ends)));
  text.remove_prefix(found.size());
  return found;
}

std::string value(std::string_view& text) {
  if (!text.starts_with('"')) return token(text, kEndOfToken);
  text.remove_prefix(1);
  std::string found;
  while (!text.empty() && text.front() != '"') {
    if (text.front() == '\\' && text.size() > 1) text.remove_prefix(1);
    found += text.front();
    text.remove_prefix(1);
  }
  if (!text.empty()) text.remove_prefix(1);
  return found;
}

bool may_be_boundary(std::string_view text) { return !text.empty() && is_ascii(text) && !has_control(text); }

}  // namespace

ContentType parse_content_type(std::string_view body) {
  ContentType found;
  skip_between(body);
  found.type = to_lower(token(body, kEndOfToken));
  std::map<std::uint64_t, std::string> pieces;  // "boundary*0=..."
  while (true) {
    skip_to_parameter(body);
    if (body.empty()) break;
    const std::string name = to_lower(token(body, "=; \t("));
    skip_between(body);
    if (!body.starts_with('=')) continue;
    body.remove_prefix(1);
    skip_between(body);
    std::string text = value(body);
    if (name == kBoundary && found.boundary.empty()) found.boundary = std::move(text);
    if (!name.starts_with(kPiece)) continue;
    if (const auto number = parse_decimal(std::string_view(name).substr(kPiece.size()))) pieces.emplace(*number, text);
  }
  if (found.boundary.empty()) {
    for (const auto& [number, text] : pieces) found.boundary += text;
  }
  while (!found.boundary.empty() && kBetween.find(found.boundary.back()) != std::string_view::npos) {
    found.boundary.pop_back();  // RFC 2046 5.1.1: it does not end in a blank
  }
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
  skip_between(body);
  const std::string name = to_lower(token(body, kEndOfToken));
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
