#include "settings/tls_values.h"

#include "base/ascii.h"
#include "base/base64.h"
#include "base/hex_digit.h"
#include "base/text.h"

#include <algorithm>
#include <utility>

namespace postern::settings {
namespace {

constexpr std::size_t kBytes = 32;       // of SHA-256
constexpr std::size_t kSha1Digits = 40;  // too short to be trusted, and still printed by many a program
constexpr std::size_t kMd5Digits = 32;

/// Without the words that openssl and sha256sum print around a digest.
std::string_view without_words(std::string_view text) {
  const std::size_t mark = text.find('=');
  const std::string_view before = trim(text.substr(0, mark));
  const std::string_view behind = mark == std::string_view::npos ? std::string_view() : trim(text.substr(mark + 1));
  constexpr std::string_view kWord = "fingerprint";
  const bool word = before.size() >= kWord.size() && iequals(before.substr(before.size() - kWord.size()), kWord);
  if (!behind.empty() && (word || before.ends_with(')'))) return behind;
  const std::size_t blank = std::min(text.find(' '), text.size());
  return blank == 2 * kBytes ? text.substr(0, blank) : text;
}

std::string_view without_prefix(std::string_view text) {
  for (const std::string_view prefix : {"pin-sha256:", "sha256//", "sha256:", "sha-256:"}) {
    if (istarts_with(text, prefix)) return text.substr(prefix.size());
  }
  return text;
}

}  // namespace

Result<std::string> parse_pin(std::string_view text) {
  const std::string_view pin = without_prefix(without_words(trim(text)));
  std::string digits = to_lower(pin);
  std::erase_if(digits, [](char c) { return c == ':' || c == ' '; });
  const bool all_digits = std::ranges::all_of(digits, [](char c) { return hex_digit(c) >= 0; });
  if (all_digits && digits.size() == 2 * kBytes) return digits;
  if (all_digits && (digits.size() == kSha1Digits || digits.size() == kMd5Digits)) {
    return Error{Failure::invalid,
                 "be a SHA-256; this one is " + std::string(digits.size() == kMd5Digits ? "MD5" : "SHA-1") +
                     ", which can be forged: make it anew, as with openssl x509 -fingerprint -sha256"};
  }
  const auto bytes = base64_decode(pin);
  if (bytes && bytes->size() == kBytes) return hex(*bytes);
  return Error{
      Failure::invalid,
      "be the SHA-256 of a public key or of a certificate, in 64 hexadecimal digits or in base64; postern check "
      "shows it"};
}

std::optional<std::vector<std::string>> pins_value(const Node& node, Scope& scope) {
  std::vector<std::string> pins;
  const auto add = [&](const Node& item) {
    const std::string* text = scalar(item, scope, "a pin");
    if (text == nullptr) return;
    auto pin = parse_pin(*text);
    if (pin) return pins.push_back(std::move(*pin));
    scope.error(item, "must " + pin.error().text);
  };
  if (node.kind != Node::Kind::list) {
    add(node);
  } else {
    std::ranges::for_each(node.items, add);
    // An empty list would look as if no key were good, and be the same as none.
    if (node.items.empty()) scope.error(node, "must list at least one pin; leave the key out where there is none");
  }
  return pins;
}

std::optional<net::TlsVersion> tls_version_value(const Node& node, Scope& scope) {
  const std::string* text = scalar(node, scope, "a version of TLS");
  if (text == nullptr) return std::nullopt;
  std::string number = to_lower(trim(*text));
  for (const std::string_view prefix : {"tls", "v", " "}) {
    if (number.starts_with(prefix)) number.erase(0, prefix.size());
  }
  if (number == "1") number = "1.0";  // "TLSv1"
  const auto* const named = std::ranges::find(net::kTlsVersions, number, &net::NamedTlsVersion::number);
  if (named != net::kTlsVersions.end()) return named->version;
  scope.error(node, "must be 1.0, 1.1, 1.2 or 1.3, not '" + shown_start(*text) + "'");
  return std::nullopt;
}

std::optional<std::string> ciphers_value(const Node& node, Scope& scope) {
  auto text = text_value(node, scope);
  if (!text) return std::nullopt;
  const auto is_of_list = [](char c) {
    return is_alnum(c) || std::string_view("!+-:@=_, ").find(c) != std::string_view::npos;
  };
  if (!text->empty() && std::ranges::all_of(*text, is_of_list)) return text;
  scope.error(node, "must be a list of ciphers as openssl-ciphers(1) has it, such as 'DEFAULT:@SECLEVEL=1'");
  return std::nullopt;
}

}  // namespace postern::settings
