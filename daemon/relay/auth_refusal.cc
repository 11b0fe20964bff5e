#include "relay/auth_refusal.h"

#include "base/text.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace postern::relay {
namespace {

// In lower case, anywhere in what the server says together with a 5xx.
constexpr std::array<std::string_view, 8> kPassing{
    "too many login",  // Gmail: 454 4.7.0, and 535 from servers that copy it
    "too many bad auth", "too many failed", "too many auth", "too many connections",
    "try again later",  // Mailgun, Yahoo
    "temporar",         // "temporarily unavailable", "temporary authentication failure"
    "rate limit",
};

constexpr std::array kForm{500, 501, 502, 503, 504, 538};

/// Some write a 4.x.y behind a 5xx: "535 4.7.0 ...".
bool begins_with_4(const smtp::Reply& refusal) {
  if (refusal.lines.empty()) return false;
  const std::string_view words = trim(refusal.lines.front());
  return words.size() > 4 && words.starts_with("4.") && words[3] == '.';
}

}  // namespace

bool is_temporary(const smtp::Reply& refusal) {
  if (refusal.transient() || begins_with_4(refusal)) return true;
  const std::string said = to_lower(refusal.text());
  return std::ranges::any_of(kPassing, [&](std::string_view words) { return said.find(words) != std::string::npos; });
}

bool concerns_form(const smtp::Reply& refusal) { return std::ranges::find(kForm, refusal.code) != kForm.end(); }

}  // namespace postern::relay
