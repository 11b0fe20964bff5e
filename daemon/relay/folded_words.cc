#include "relay/folded_words.h"

#include "base/text.h"
#include "mail/repeated_addresses.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace postern::relay {
namespace {

constexpr std::size_t kLongest = 4096;  // of a reply, so many bytes are looked at

/// In lower case: what stands behind it on its line is another's. Postfix (verify), Exim (a callout; "Response:" of a
/// sender's), Sendmail, Exchange.
constexpr std::array kQuoting = std::to_array<std::string_view>({
    " said:",
    "unverified address:",
    "undeliverable address:",
    "refused to talk to me:",
    "callout verification failed:",
    "verification failed:",
    "callout failed:",
    "response:",
    "responded:",
    "replied:",
    "answered:",
    "server returned",
    "host returned",
    "error from remote",
    "<<< ",
    "{led=",
});

/// A further line of the answer that is quoted: it has its code again.
bool goes_on(std::string_view line) {
  line = trim(line);
  return line.size() > 3 && (line[0] == '4' || line[0] == '5') &&
         line.substr(1, 2).find_first_not_of("0123456789") == std::string_view::npos &&
         (line[3] == ' ' || line[3] == '-');
}

std::string without_quotes(std::string_view text) {
  std::string out;
  bool quoting = false;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (quoting && goes_on(line)) continue;
    const std::string lower = to_lower(line);
    std::size_t own = std::string::npos;
    for (const std::string_view mark : kQuoting) {
      const std::size_t found = lower.find(mark);
      if (found != std::string::npos) own = std::min(own, found + mark.size());
    }
    quoting = own != std::string::npos;
    out.append(line.substr(0, own)).append("\n");
  }
  return out;
}

/// Without addresses, its lines apart.
std::string said_by(const smtp::Reply& reply) {
  std::string said;
  const std::string enhanced = reply.enhanced();
  for (const std::string& line : reply.lines) {
    std::string_view text = line;
    if (!enhanced.empty() && text.starts_with(enhanced)) text.remove_prefix(enhanced.size());
    said.append("\n").append(text.substr(0, kLongest - std::min(kLongest, said.size())));
    if (said.size() >= kLongest) break;
  }
  return mail::replace_addresses(said, [](std::string_view address) { return address.front() == '<' ? "<>" : ""; });
}

std::string without_links(std::string_view text) {
  constexpr std::string_view kEnds = " \t\n<>\"'";
  const std::string lower = to_lower(text);
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const std::string_view rest = std::string_view(lower).substr(i);
    if (rest.starts_with("http://") || rest.starts_with("https://") || rest.starts_with("www.")) {
      i = std::min(text.find_first_of(kEnds, i), text.size());
      continue;
    }
    out += text[i++];
  }
  return out;
}

std::string fold(std::string_view said) {
  std::string folded = " ";
  for (const char c : said) {
    const bool blank = c == ' ' || c == '\t' || c == '\n' || c == '-' || c == '_';
    if (!blank) folded += to_lower(c);
    if (blank && folded.back() != ' ') folded += ' ';
  }
  if (folded.back() != ' ') folded += ' ';
  // "E-mail" and "email" are one word.
  for (std::size_t at = 0; (at = folded.find(" e mail", at)) != std::string::npos;) folded.erase(at + 2, 1);
  return folded;
}

}  // namespace

std::string folded_words(const smtp::Reply& reply) { return fold(said_by(reply)); }

std::string own_words(const smtp::Reply& reply) { return fold(without_quotes(said_by(reply))); }

std::string own_words_without_links(const smtp::Reply& reply) {
  return fold(without_links(without_quotes(said_by(reply))));
}

}  // namespace postern::relay
