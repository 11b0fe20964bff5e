#include "mail/address.h"

#include "base/text.h"
#include "mail/address_scanner.h"

#include <algorithm>

namespace postern::mail {
namespace {

constexpr std::size_t kLocalPart = 64;  // RFC 5321 4.5.3.1.1
constexpr std::size_t kDomain = 255;    // 4.5.3.1.2
constexpr std::size_t kLabel = 63;      // RFC 1035 2.3.4

bool is_alnum(char c) { return (c >= '0' && c <= '9') || (to_lower(c) >= 'a' && to_lower(c) <= 'z'); }
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

/// Dot-string: atoms joined by single dots.
bool is_dot_string(std::string_view local) {
  bool atom_open = false;
  for (const char c : local) {
    if (c == '.') {
      if (!atom_open) return false;
      atom_open = false;
    } else if (is_atext(c)) {
      atom_open = true;
    } else {
      return false;
    }
  }
  return atom_open;
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
  return std::ranges::all_of(content, [](char c) { return c > ' ' && c < 0x7F && c != '[' && c != ']' && c != '\\'; });
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

}  // namespace

bool is_atext(char c) {
  return is_alnum(c) || is_eight_bit(c) || std::string_view("!#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos;
}

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
  }
  const AddressParts parts = split_address(text);
  if (parts.local.size() > kLocalPart) return fault("the part before the @ is longer than 64 bytes", text);
  if (!is_dot_string(parts.local) && !is_quoted_string(parts.local)) {
    return fault("the part before the @ is not valid", text);
  }
  if (parts.local.size() == text.size()) return std::string(text);  // bare: "root"
  if (parts.domain.size() > kDomain) return fault("the domain is longer than 255 bytes", text);
  if (!is_domain(parts.domain)) return fault("the domain is not valid", text);
  return std::string(text);
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

Result<std::vector<std::string>> parse_address_list(std::string_view header_body) {
  const auto found = scan_addresses(header_body);
  if (!found) return found.error();
  std::vector<std::string> addresses;
  addresses.reserve(found->size());
  for (const FoundAddress& one : *found) {
    auto address = parse_address(one.text, Utf8::allow);
    if (!address) return address.error();
    addresses.push_back(std::move(*address));
  }
  return addresses;
}

std::string complete_address_list(std::string_view header_body, std::string_view domain) {
  const auto found = scan_addresses(header_body);
  // A header that cannot be read is left as it is: mending it would be a guess.
  if (!found || domain.empty()) return std::string(header_body);
  std::string whole;
  std::size_t copied = 0;
  for (const FoundAddress& one : *found) {
    if (split_address(one.text).local.size() != one.text.size() || !parse_address(one.text, Utf8::allow)) continue;
    whole += header_body.substr(copied, one.end - copied);
    whole += '@';
    whole += domain;
    copied = one.end;
  }
  whole += header_body.substr(copied);
  return whole;
}

}  // namespace postern::mail
