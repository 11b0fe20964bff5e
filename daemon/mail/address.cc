#include "mail/address.h"

#include "base/ascii.h"
#include "base/text.h"
#include "mail/address_lexer.h"
#include "mail/address_marks.h"
#include "mail/address_scanner.h"

#include <algorithm>

namespace postern::mail {
namespace {

constexpr std::size_t kLabel = 63;  // RFC 1035 2.3.4

bool is_eight_bit(char c) { return static_cast<unsigned char>(c) >= 0x80; }

/// One Error text a person can act on: what is wrong, then the address itself made safe to print.
Error fault(std::string_view what, std::string_view address) {
  constexpr std::size_t kShown = 200;
  std::string text(what);
  text += ": ";
  text += printable(address.substr(0, kShown));
  if (address.size() > kShown) text += "...";
  return Error{Failure::invalid, std::move(text)};
}

/// Atoms and dots in any order, which need no escapes in quotes.
bool is_dotted(std::string_view local) {
  return std::ranges::all_of(local, [](char c) { return is_atext(c) || c == '.'; }) &&
         local.find_first_not_of('.') != std::string_view::npos;
}

/// Of these: atoms joined by single dots (RFC 5321 4.1.2).
bool is_dot_string(std::string_view local) {
  return !local.starts_with('.') && !local.ends_with('.') && local.find("..") == std::string_view::npos;
}

/// U+0080 to U+009F: controls to a terminal.
bool has_c1_control(std::string_view utf8) {
  for (std::size_t at = utf8.find('\xC2'); at != std::string_view::npos; at = utf8.find('\xC2', at + 1)) {
    if (at + 1 < utf8.size() && static_cast<unsigned char>(utf8[at + 1]) < 0xA0) return true;
  }
  return false;
}

/// Quoted-string: the closing quote is the last byte, a backslash takes the next byte. Controls were refused before.
bool is_quoted_string(std::string_view local) {
  if (local.size() < 2 || local.front() != '"') return false;
  for (std::size_t i = 1; i < local.size(); ++i) {
    if (local[i] == '"') return i + 1 == local.size();
    if (local[i] == '\\') ++i;
  }
  return false;
}

bool is_label(std::string_view label) {
  if (label.empty() || label.size() > kLabel || label.front() == '-' || label.back() == '-') return false;
  // "_" is no host name, but names of machines on local networks have it.
  return std::ranges::all_of(label, [](char c) { return is_alnum(c) || c == '-' || c == '_' || is_eight_bit(c); });
}

bool is_address_literal(std::string_view domain) {
  if (domain.size() < 3 || domain.front() != '[' || domain.back() != ']') return false;
  const std::string_view content = domain.substr(1, domain.size() - 2);
  // RFC 5321 has more, but not in any literal that is in use, and a bracket or quote would end the path it stands in.
  return std::ranges::all_of(content, [](char c) { return is_alnum(c) || c == '.' || c == ':' || c == '-'; });
}

bool is_domain(std::string_view domain) {
  if (domain.starts_with('[')) return is_address_literal(domain);
  while (true) {
    const std::size_t dot = domain.find('.');
    if (!is_label(domain.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    domain.remove_prefix(dot + 1);
  }
}

/// Of what may be a whole header: a piece, its folds and runs of blanks as one blank.
std::string shown_slip(std::string_view slip) {
  std::string text;
  for (const char c : slip) {
    const bool blank = c == ' ' || c == '\t' || c == '\r' || c == '\n';
    if (!blank) {
      text += c;
    } else if (!text.ends_with(' ')) {
      text += ' ';
    }
    if (text.size() > AddressList::kLongestSlip) break;
  }
  text = printable(trim(text));
  if (text.size() <= AddressList::kLongestSlip) return text;
  return std::string(cut_printable(text, AddressList::kLongestSlip - 3)) + "...";
}

AddressList as_list(AddressScan scan) {
  AddressList list;
  list.addresses.reserve(scan.found.size());
  for (FoundAddress& one : scan.found) list.addresses.push_back(std::move(one.text));
  for (const std::string_view slip : scan.unread) {
    if (list.unread.size() == AddressList::kMostSlips) break;
    list.unread.push_back(shown_slip(slip));
  }
  list.more_unread = scan.unread.size() - list.unread.size();
  return list;
}

}  // namespace

AddressParts split_address(std::string_view address) {
  std::size_t at = std::string_view::npos;
  bool quoted = false;
  for (std::size_t i = 0; i < address.size(); ++i) {
    const char c = address[i];
    if (quoted && c == '\\') {
      ++i;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (c == '@' && !quoted) {
      at = i;
    }
  }
  if (at == std::string_view::npos) return {address, {}};
  return {address.substr(0, at), address.substr(at + 1)};
}

Result<std::string> parse_address(std::string_view text, Utf8 utf8) {
  if (text.empty()) return Error{Failure::invalid, "the address is empty"};
  if (has_control(text)) return fault("the address has a control character in it", text);
  if (!is_ascii(text)) {
    if (utf8 == Utf8::refuse) return fault("the address is not ASCII and SMTPUTF8 was not asked for", text);
    if (!is_utf8(text)) return fault("the address is not valid UTF-8", text);
    if (has_c1_control(text)) return fault("the address has a control character in it", text);
    if (has_invisible(text)) return fault("the address has a character in it that nobody sees", text);
  }
  AddressParts parts = split_address(text);
  const bool bare = parts.local.size() == text.size();  // "root"
  const bool dotted = is_dotted(parts.local);
  if (bare && dotted && parts.local.ends_with('.')) parts.local.remove_suffix(1);  // the end of a sentence
  if (!dotted && !is_quoted_string(parts.local)) return fault("the part before the @ is not valid", text);
  std::string address =
      dotted && !is_dot_string(parts.local) ? '"' + std::string(parts.local) + '"' : std::string(parts.local);
  if (!bare) {
    if (parts.domain.ends_with('.')) parts.domain.remove_suffix(1);
    if (!is_domain(parts.domain)) return fault("the domain is not valid", text);
    address.append("@").append(parts.domain);
  }
  if (address.size() > kLongestAddress) return fault("the address is longer than 254 bytes", text);
  return address;
}

std::string complete_address(std::string_view address, std::string_view domain) {
  std::string whole(address);
  if (address.empty() || domain.empty() || split_address(address).local.size() != address.size()) return whole;
  whole += '@';
  whole += domain;
  return whole;
}

std::string mailbox_key(std::string_view address) {
  const AddressParts parts = split_address(address);
  std::string key(parts.local);
  key += '@';
  key += to_lower(parts.domain);
  return key;
}

AddressList read_address_list(std::string_view header_body) {
  return as_list(scan_addresses(header_body, BareWords::are_users));
}

Result<std::vector<std::string>> parse_address_list(std::string_view header_body) {
  AddressList list = as_list(scan_addresses(header_body));
  if (list.unread.empty()) return std::move(list.addresses);
  return Error{Failure::invalid, "this is no address: " + list.unread.front()};
}

std::string complete_address_list(std::string_view header_body, std::string_view domain) {
  if (domain.empty()) return std::string(header_body);
  std::string whole;
  std::size_t copied = 0;
  for (const FoundAddress& one : scan_addresses(header_body).found) {
    if (split_address(one.text).local.size() != one.text.size()) continue;
    // The dot at the end of a sentence ends the domain.
    const std::size_t end = header_body[one.end - 1] == '.' ? one.end - 1 : one.end;
    whole += header_body.substr(copied, end - copied);
    whole += '@';
    whole += domain;
    copied = end;
  }
  whole += header_body.substr(copied);
  return whole;
}

}  // namespace postern::mail
