#include "mail/seven_bit.h"

#include "base/text.h"
#include "mail/headers.h"
#include "mail/outgoing_fields.h"
#include "mail/outgoing_structures.h"
#include "mail/quoted_printable.h"
#include "mail/wrap.h"

#include <algorithm>

namespace postern::mail {
namespace {

constexpr int kDeepest = 16;  // as people write mail, and some lists in lists
constexpr std::string_view kEncoding = "Content-Transfer-Encoding";

/// Other bytes as "?", long lines broken.
std::string seven_bit_by_force(std::string_view text) {
  std::string out;
  std::size_t column = 0;
  for (const char c : text) {
    if (column == kLongestWord && c != '\n') {
      out += '\n';
      column = 0;
    }
    out += static_cast<unsigned char>(c) < 0x80 && c != '\0' && c != '\r' ? c : '?';
    column = c == '\n' ? 0 : column + 1;
  }
  return out;
}

/// What outgoing_fields() leaves has "?" for its letters, and its long tokens are broken.
std::string seven_bit_field(const HeaderField& field) {
  std::string whole = outgoing_fields(field.whole, FieldRules());
  if (!is_seven_bit(whole)) whole = wrap(escape_letters(unfold(whole), '?'), " ");
  if (!whole.ends_with('\n')) whole += '\n';
  return whole;
}

std::string body_of(const HeaderBlock& block, std::string_view name) {
  const HeaderField* field = find(block, name);
  return field == nullptr ? std::string() : unfold(field->body);
}

/// RFC 2046 5.1.1; empty: there is none.
std::string boundary_of(std::string_view content_type) {
  constexpr std::string_view kParameter = "boundary=";
  for (std::string_view rest = content_type; !rest.empty(); rest.remove_prefix(1)) {
    if (!istarts_with(rest, kParameter)) continue;
    rest.remove_prefix(kParameter.size());
    if (rest.starts_with('"')) return std::string(rest.substr(1, rest.substr(1).find('"')));
    return std::string(rest.substr(0, rest.find_first_of("; \t")));
  }
  return {};
}

enum class Delimiter { none, part, end };

Delimiter delimiter(std::string_view line, std::string_view boundary) {
  if (!line.starts_with("--") || !line.substr(2).starts_with(boundary)) return Delimiter::none;
  const std::string_view rest = line.substr(2 + boundary.size());
  if (trim(rest).empty()) return Delimiter::part;
  return rest.starts_with("--") && trim(rest.substr(2)).empty() ? Delimiter::end : Delimiter::none;
}

std::string entity(std::string_view text, std::string_view default_type, bool is_message, int depth);

/// Preamble and epilogue are no parts.
std::string parts(std::string_view content, std::string_view boundary, std::string_view default_type, int depth) {
  std::string out;
  bool in_part = false;
  std::size_t begin = 0;  // of the part, or of what is none
  for (std::size_t at = 0; at < content.size();) {
    const std::size_t lf = std::min(content.find('\n', at), content.size());
    const Delimiter found = delimiter(content.substr(at, lf - at), boundary);
    const std::size_t next = std::min(lf + 1, content.size());
    if (found != Delimiter::none) {
      // The line end before a delimiter is the delimiter's.
      const std::size_t end = at > begin ? at - 1 : begin;
      const std::string_view before = content.substr(begin, end - begin);
      out += in_part ? entity(before, default_type, false, depth + 1) : seven_bit_by_force(before);
      out += seven_bit_by_force(content.substr(end, next - end));
      begin = next;
      in_part = found == Delimiter::part;
      if (!in_part) break;
    }
    at = next;
  }
  const std::string_view rest = content.substr(begin);
  return out + (in_part ? entity(rest, default_type, false, depth + 1) : seven_bit_by_force(rest));
}

std::string entity(std::string_view text, std::string_view default_type, bool is_message, int depth) {
  if (is_seven_bit(text)) return std::string(text);
  const HeaderBlock block = parse_headers(text);
  std::string_view content = text.substr(block.size);
  if (content.starts_with('\n')) content.remove_prefix(1);
  const std::string encoding = to_lower(body_of(block, kEncoding));
  const bool encoded = !encoding.empty() && encoding != "7bit" && encoding != "8bit" && encoding != "binary";
  const std::string written_type = body_of(block, "Content-Type");
  const std::string type = written_type.empty() ? std::string(default_type) : to_lower(written_type);
  std::string fields;
  for (const HeaderField& field : block.fields) {
    if (encoded || !iequals(field.name, kEncoding)) fields += seven_bit_field(field);
  }
  if (is_seven_bit(content)) return fields.append("\n").append(content);
  const bool multipart = type.starts_with("multipart/");
  const std::string boundary = multipart ? boundary_of(written_type) : std::string();
  const bool deeper = depth < kDeepest;
  if (!encoded && deeper && !boundary.empty()) {
    const bool digest = type.starts_with("multipart/digest");
    return fields + "\n" + parts(content, boundary, digest ? "message/rfc822" : "text/plain", depth);
  }
  const bool message = type.starts_with("message/");
  if (!encoded && deeper && message) return fields + "\n" + entity(content, "text/plain", true, depth + 1);
  if (encoded || multipart || message) return fields + "\n" + seven_bit_by_force(content);
  if (written_type.empty()) {
    fields += std::string("Content-Type: text/plain; charset=") + (is_utf8(content) ? "utf-8" : "unknown-8bit") + "\n";
  }
  if (is_message && find(block, "MIME-Version") == nullptr) fields += "MIME-Version: 1.0\n";
  return fields + std::string(kEncoding) + ": quoted-printable\n\n" + quoted_printable(content);
}

}  // namespace

bool is_seven_bit(std::string_view text) {
  constexpr std::string_view kNever("\0\r", 2);
  return is_ascii(text) && text.find_first_of(kNever) == std::string_view::npos && lines_fit(text);
}

std::string seven_bit_message(std::string_view message) { return entity(message, "text/plain", true, 0); }

std::string seven_bit_header(std::string_view header) {
  std::string fields;
  for (const HeaderField& field : parse_headers(header).fields) fields += seven_bit_field(field);
  return fields;
}

}  // namespace postern::mail
