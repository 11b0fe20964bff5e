#include "history/remote_id.h"

#include "base/ascii.h"
#include "base/text.h"

#include <algorithm>
#include <array>

namespace postern::history {
namespace {

/// What stands before the name and what behind it, in lower case; either may be empty.
struct Words {
  std::string_view before;
  std::string_view behind;
};
/// The first row that fits counts. Of what is said several times the last: a filter in front of a server quotes it.
constexpr std::array kWords{
    Words{" queued as ", ""},                     // Postfix, SendGrid, qmail's patches, many more
    Words{"internalid=", ""},                     // Exchange
    Words{" id=", ""},                            // Exim, and with it many hosters
    Words{" session-id=", ""},                    // Cyrus
    Words{" queued (", ")"},                      // Courier
    Words{" (", ") queued"},                      // Yahoo
    Words{"", " message accepted for delivery"},  // Sendmail, OpenSMTPD
    Words{"", " - gsmtp"},                        // Gmail
    Words{" ok ", " qp "},                        // qmail
    Words{" queued. ", ""},                       // Hotmail's
    Words{"250 ok ", ""},                         // Amazon
    Words{" ok <", ">"},                          // netqmail, Mailgun
};

bool is_of_name(char c) { return is_alnum(c) || std::string_view("-_.+=/@").find(c) != std::string_view::npos; }

/// No name has less, and a word for people seldom a digit.
bool is_name(std::string_view text) {
  constexpr std::size_t kShortest = 5;
  return text.size() >= kShortest && std::ranges::any_of(text, is_digit);
}

std::string_view name_in(std::string_view reply, const std::string& lower, const Words& words) {
  const std::size_t found = lower.rfind(words.before.empty() ? words.behind : words.before);
  if (found == std::string::npos) return {};
  std::string_view name;
  if (words.before.empty()) {
    std::size_t begin = found;
    while (begin > 0 && is_of_name(reply[begin - 1])) --begin;
    name = reply.substr(begin, found - begin);
  } else {
    const std::size_t begin = found + words.before.size();
    std::size_t end = begin;
    while (end < reply.size() && is_of_name(reply[end])) ++end;
    name = reply.substr(begin, end - begin);
    const bool closed = std::string_view(lower).substr(end).starts_with(words.behind);
    if (!closed) return {};
  }
  while (name.ends_with('.')) name.remove_suffix(1);
  return is_name(name) ? name : std::string_view();
}

}  // namespace

std::string remote_id_of(std::string_view reply) {
  const std::string lower = to_lower(reply);
  for (const Words& words : kWords) {
    if (const std::string_view name = name_in(reply, lower, words); !name.empty()) return std::string(name);
  }
  return {};
}

}  // namespace postern::history
