#include "mail/header_front.h"

#include "base/text.h"
#include "mail/date.h"
#include "mail/header_completion.h"
#include "mail/headers.h"

#include <algorithm>
#include <array>

namespace postern::mail {
namespace {

constexpr std::size_t kLongestMailboxLine = kLongestFieldName;

bool begins_as_mailbox_line(std::string_view line) {
  if (line.starts_with('>')) line.remove_prefix(1);
  return line.starts_with("From ") && line.size() <= kLongestMailboxLine;
}

/// One that programs write first, and no word that a text would begin with.
bool is_known(std::string_view name) {
  static constexpr std::array<std::string_view, 7> kFronts = {"X-",    "Resent-",    "Content-", "List-",
                                                              "Auto-", "Precedence", "Received"};
  return !single_field(name).empty() || is_address_field(name) || never_leaves(name) ||
         std::ranges::any_of(kFronts, [name](std::string_view front) { return istarts_with(name, front); });
}

struct Front {
  std::string_view rest;  ///< what is left
  bool open = false;      ///< more of the text may say otherwise
};

Front read_front(std::string_view text, EmptyLines empty) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  constexpr int kMostLines = 8;
  text = without_mailbox_lines(text);
  std::string_view rest = text;
  for (int like = 0;;) {
    if (rest.starts_with(kByteOrderMark)) rest.remove_prefix(kByteOrderMark.size());
    const std::size_t lf = rest.find('\n');
    if (lf == std::string_view::npos) break;
    const std::string_view line = rest.substr(0, lf);
    const bool is_empty = trim(line).empty() && empty == EmptyLines::are_no_header;
    // "From : a@b" is a field (RFC 5322 4.5).
    const bool is_like = begins_as_mailbox_line(line) && parse_headers(rest, 1).fields.empty() && like < kMostLines;
    if (!is_empty && !is_like) break;
    if (!is_mailbox_line(line) && is_like) ++like;
    rest.remove_prefix(lf + 1);
  }
  const HeaderBlock first = parse_headers(rest, 1);
  const bool open = rest.find('\n') == std::string_view::npos && rest.size() <= kLongestMailboxLine;
  const bool known = !first.fields.empty() && is_known(first.fields.front().name);
  return {known ? rest : text, open};
}

}  // namespace

bool is_mailbox_line(std::string_view line) {
  if (!begins_as_mailbox_line(line)) return false;
  const auto words = split_words(trim(line));
  // The user may be missing, and may not have blanks in it.
  for (std::size_t i = 1; i < 3 && i + 1 < words.size(); ++i) {
    if (is_weekday(words[i]) && is_month(words[i + 1])) return true;
  }
  return false;
}

std::string_view without_mailbox_lines(std::string_view text) {
  for (;;) {
    const std::string_view line = text.substr(0, text.find('\n'));
    if (!is_mailbox_line(line)) return text;
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
}

std::string_view from_header_on(std::string_view text, EmptyLines empty) { return read_front(text, empty).rest; }

std::optional<std::string_view> from_header_on_so_far(std::string_view text) {
  const Front front = read_front(text, EmptyLines::end_the_header);
  if (front.open) return std::nullopt;
  return front.rest;
}

}  // namespace postern::mail
