#include "mail/headers.h"

#include "base/text.h"

#include <algorithm>
#include <array>
#include <optional>

namespace postern::mail {
namespace {

constexpr std::array<std::string_view, 16> kAddressFields = {"From",
                                                             "Sender",
                                                             "Reply-To",
                                                             "To",
                                                             "Cc",
                                                             "Resent-From",
                                                             "Resent-Sender",
                                                             "Resent-Reply-To",
                                                             "Resent-To",
                                                             "Resent-Cc",
                                                             "Errors-To",
                                                             "Apparently-To",
                                                             "Mail-Reply-To",
                                                             "Mail-Followup-To",
                                                             "Return-Receipt-To",
                                                             "Disposition-Notification-To"};

bool is_blank(char c) { return c == ' ' || c == '\t'; }

/// The field name at the front of a line: printable ASCII up to the colon (RFC 5322 2.2), blanks before the
/// colon allowed (obsolete, 4.5). Nothing if the line is no field.
std::optional<std::string_view> field_name(std::string_view line) {
  const std::size_t colon = line.substr(0, kLongestFieldName).find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view name = line.substr(0, colon);
  while (!name.empty() && is_blank(name.back())) name.remove_suffix(1);
  if (name.empty() || !std::ranges::all_of(name, [](char c) { return c > ' ' && c < 0x7F; })) return std::nullopt;
  return name;
}

/// Up to and with the next LF, or to the end.
std::string_view line_at(std::string_view text, std::size_t at) {
  const std::size_t lf = text.find('\n', at);
  return text.substr(at, lf == std::string_view::npos ? lf : lf + 1 - at);
}

std::string_view without_lf(std::string_view line) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  return line;
}

}  // namespace

HeaderBlock parse_headers(std::string_view message, std::size_t most) {
  HeaderBlock block;
  std::size_t at = 0;
  while (at < std::min(message.size(), most)) {
    const std::string_view line = line_at(message, at);
    const auto name = field_name(without_lf(line));
    if (!name) break;
    std::size_t end = at + line.size();
    while (end < message.size() && is_blank(message[end])) end += line_at(message, end).size();
    HeaderField field;
    field.name = *name;
    field.whole = message.substr(at, end - at);
    field.body = without_lf(field.whole.substr(line.find(':') + 1));
    block.fields.push_back(field);
    at = end;
  }
  block.size = at;
  return block;
}

const HeaderField* find(const HeaderBlock& block, std::string_view name) {
  const auto field =
      std::ranges::find_if(block.fields, [name](const HeaderField& one) { return iequals(one.name, name); });
  return field == block.fields.end() ? nullptr : &*field;
}

std::size_t count(const HeaderBlock& block, std::string_view name) {
  return static_cast<std::size_t>(
      std::ranges::count_if(block.fields, [name](const HeaderField& one) { return iequals(one.name, name); }));
}

std::string unfold(std::string_view body) {
  // Unfolding removes the line end that stands before a blank and keeps the blank (RFC 5322 2.2.3).
  std::string line;
  line.reserve(body.size());
  for (const char c : body) {
    if (c != '\n' && c != '\r') line += c;
  }
  return std::string(trim(line));
}

std::string message_id_of(const HeaderBlock& header) {
  const HeaderField* const field = find(header, "Message-ID");
  return field == nullptr ? std::string() : unfold(field->body).substr(0, kLongestMessageId);
}

bool is_field_text(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return (c >= ' ' && c < 0x7F) || c == '\t' || c == '\n'; });
}

bool is_address_field(std::string_view name) {
  return std::ranges::any_of(kAddressFields, [name](std::string_view one) { return iequals(one, name); });
}

}  // namespace postern::mail
