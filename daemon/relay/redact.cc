#include "relay/redact.h"

#include "base/base64.h"
#include "base/text.h"

#include <cstddef>
#include <string_view>
#include <vector>

namespace postern::relay {
namespace {

constexpr std::size_t kBeginning = 16;  // bytes of a secret by which it is known, were it cut off
constexpr std::size_t kTelling = 5;     // an encoded form that is shorter would be found in innocent words

using Forms = std::vector<Secret>;

void add(Forms& forms, std::string form) {
  if (!form.empty()) forms.emplace_back(to_lower(form));
  wipe(form);
}

/// The characters that stand for `secret` alone when `before` bytes precede it in what is encoded (modulo 3).
std::string base64_core(std::string_view secret, std::size_t before) {
  std::string text(before, '\0');
  text += secret;
  std::string encoded = base64_encode(text);
  const std::size_t first = (before * 8 + 5) / 6;
  const std::size_t whole = text.size() * 8 / 6;
  std::string core = whole > first ? encoded.substr(first, whole - first) : std::string();
  wipe(text);
  wipe(encoded);
  return core;
}

void add_forms(Forms& forms, std::string_view secret) {
  secret = secret.substr(0, kBeginning);
  add(forms, std::string(secret));
  add(forms, printable(secret));
  std::vector<std::string> encoded{hex(secret)};
  for (const std::size_t before : {0U, 1U, 2U}) encoded.push_back(base64_core(secret, before));
  for (std::string& form : encoded) {
    if (form.size() >= kTelling) add(forms, form);
    wipe(form);
  }
}

Forms forms_of(const sasl::Credentials& credentials) {
  Forms forms;
  if (credentials.password) {
    add_forms(forms, credentials.password->reveal());
    // How the response of PLAIN begins, in case the password itself is cut off.
    add_forms(forms, std::string(1, '\0') + credentials.user + '\0');
  }
  if (credentials.token) add_forms(forms, credentials.token->reveal());
  return forms;
}

}  // namespace

void hide_secrets(std::string& words, const sasl::Credentials& credentials) {
  std::string said = to_lower(words);
  for (const Secret& form : forms_of(credentials)) {
    if (said.find(form.reveal()) == std::string::npos) continue;
    const bool has_code = words.size() > 3 && parse_number(words.substr(0, 3));
    std::string shown = (has_code ? words.substr(0, 4) : std::string()) + "(words that repeat the login are not shown)";
    wipe(words);
    words = std::move(shown);
    break;
  }
  wipe(said);
}

}  // namespace postern::relay
