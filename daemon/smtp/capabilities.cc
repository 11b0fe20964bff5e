#include "smtp/capabilities.h"

#include "base/ascii.h"
#include "base/text.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace postern::smtp {
namespace {

constexpr std::size_t kMechanisms = 64;
constexpr std::size_t kMechanismName = 20;

/// RFC 4422 3.1. The one place that judges: what others are given as a name, to keep or to log, went through here.
bool is_mechanism_name(std::string_view name) {
  return !name.empty() && name.size() <= kMechanismName &&
         std::ranges::all_of(name, [](char c) { return is_upper(c) || is_digit(c) || c == '-' || c == '_'; });
}

void take_size(Capabilities& known, std::string_view value) {
  known.size_offered = true;
  const auto words = split_words(value);
  if (words.empty()) return;
  const auto size = parse_number(words.front());
  if (size && *size > 0) known.size = size;
}

/// Words that are no mechanism name (blanks, controls, an "=" by itself) are passed over.
void take_auth(Capabilities& known, std::string_view value) {
  for (const std::string_view word : split_words(value)) {
    if (known.auth.size() == kMechanisms) return;
    std::string name = to_upper(word);
    if (!is_mechanism_name(name) || std::ranges::find(known.auth, name) != known.auth.end()) continue;
    known.auth.push_back(std::move(name));
  }
}

/// "MAILMAX=5 RCPTMAX=100 RCPTDOMAINMAX=1"; a limit of 0 is none (RFC 9422 2).
void take_limits(Capabilities& known, std::string_view value) {
  for (const std::string_view word : split_words(value)) {
    const std::size_t equals = std::min(word.find('='), word.size());
    const auto limit = parse_number(word.substr(std::min(equals + 1, word.size())));
    if (!limit || *limit == 0) continue;
    if (iequals(word.substr(0, equals), "MAILMAX")) known.mail_max = static_cast<std::size_t>(*limit);
    if (iequals(word.substr(0, equals), "RCPTMAX")) known.rcpt_max = static_cast<std::size_t>(*limit);
  }
}

struct Keyword {
  std::string_view name;
  void (*take)(Capabilities& known, std::string_view value);
};

constexpr std::array kKeywords{
    Keyword{"PIPELINING", [](Capabilities& known, std::string_view) { known.pipelining = true; }},
    Keyword{"8BITMIME", [](Capabilities& known, std::string_view) { known.eight_bit_mime = true; }},
    // RFC 6531 requires 8BITMIME beside it; servers that forget to announce it have it all the same.
    Keyword{"SMTPUTF8", [](Capabilities& known, std::string_view) { known.smtputf8 = known.eight_bit_mime = true; }},
    Keyword{"DSN", [](Capabilities& known, std::string_view) { known.dsn = true; }},
    Keyword{"STARTTLS", [](Capabilities& known, std::string_view) { known.starttls = true; }},
    Keyword{"SIZE", take_size},
    Keyword{"LIMITS", take_limits},
    Keyword{"AUTH", take_auth},
};

}  // namespace

Capabilities Capabilities::parse(const Reply& ehlo) {
  Capabilities known;
  for (std::size_t i = 1; i < ehlo.lines.size(); ++i) {  // the first line is the server's name
    const std::string_view line = trim(ehlo.lines[i]);
    // "AUTH=LOGIN PLAIN" was the form before RFC 2554 and is still sent.
    const std::size_t end = std::min(line.find_first_of(" \t="), line.size());
    for (const Keyword& keyword : kKeywords) {
      if (!iequals(line.substr(0, end), keyword.name)) continue;
      keyword.take(known, line.substr(std::min(end + 1, line.size())));
    }
  }
  return known;
}

}  // namespace postern::smtp
