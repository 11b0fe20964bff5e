#include "queue/notice.h"

#include "base/text.h"
#include "mail/headers.h"

#include <algorithm>
#include <array>
#include <string>

namespace postern::queue {
namespace {

/// The first word of a field's value, without its parameters: "auto-generated; type=x".
std::string first_word(const mail::HeaderField& field) {
  const std::string value = mail::unfold(field.body);
  const auto words = split_words(std::string_view(value).substr(0, value.find(';')));
  return words.empty() ? std::string() : std::string(words.front());
}

bool made_by_program(const mail::HeaderField& field) {
  if (!iequals(field.name, "Auto-Submitted")) return false;
  const std::string word = first_word(field);
  return !word.empty() && !iequals(word, "no");
}

bool made_by_list(const mail::HeaderField& field) {
  constexpr std::array<std::string_view, 3> kPrecedences{"bulk", "list", "junk"};
  if (iequals(field.name, "List-Id")) return true;
  if (!iequals(field.name, "Precedence")) return false;
  const std::string word = first_word(field);
  return std::ranges::any_of(kPrecedences, [&word](std::string_view known) { return iequals(word, known); });
}

}  // namespace

Notice notice_for(const mail::Envelope& envelope, const mail::Recipient& recipient, mail::Verdict verdict,
                  Upstream upstream) {
  if (envelope.sender.empty()) return Notice::none;
  const auto asked = [&recipient](unsigned bit) { return (recipient.notify & bit) != 0; };
  const bool silent = recipient.notify == mail::kNotifyUnspecified;
  switch (verdict) {
    case mail::Verdict::delivered:
      return upstream == Upstream::without_dsn && asked(mail::kNotifySuccess) ? Notice::relayed : Notice::none;
    case mail::Verdict::failed: return silent || asked(mail::kNotifyFailure) ? Notice::failed : Notice::none;
    case mail::Verdict::deferred: return silent || asked(mail::kNotifyDelay) ? Notice::delayed : Notice::none;
  }
  return Notice::none;
}

Author author_of(std::string_view message) {
  const mail::HeaderBlock block = mail::parse_headers(message);
  if (std::ranges::any_of(block.fields, made_by_program)) return Author::program;
  if (std::ranges::any_of(block.fields, made_by_list)) return Author::list;
  return Author::person;
}

Notice permitted(Notice notice, Author author, const mail::Recipient& recipient) {
  if (author == Author::program) return Notice::none;
  const bool asked = recipient.notify != mail::kNotifyUnspecified;
  if (author == Author::list && notice == Notice::delayed && !asked) return Notice::none;
  return notice;
}

}  // namespace postern::queue
