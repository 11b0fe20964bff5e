#include "queue/storm_text.h"

#include "base/text.h"
#include "mail/date.h"
#include "mail/encoded_words.h"
#include "mail/headers.h"
#include "mail/report_lines.h"
#include "mail/seven_bit.h"
#include "mail/wrap.h"
#include "queue/said.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace postern::queue {
namespace {

/// What the digest has of the first message's header: whose it is, and how reports about it are dealt with.
constexpr std::array<std::string_view, 9> kKept{"From",           "Sender",     "Reply-To",   "To",        "Cc",
                                                "Auto-Submitted", "Importance", "X-Priority", "Precedence"};
constexpr std::size_t kLongestSubject = 150;

std::string subject_in(std::string_view text) {
  const mail::HeaderBlock header = mail::parse_headers(text);
  const mail::HeaderField* const field = mail::find(header, "Subject");
  return field == nullptr ? std::string() : mail::shown_subject(field->body);
}

/// What people read in it.
std::vector<std::string> texts_in(std::string_view text) {
  std::vector<std::string> texts;
  for (Said& one : said_by(text)) {
    if (one.kind == Said::Kind::text) texts.push_back(std::move(one.content));
  }
  return texts;
}

std::string_view cut_line_off(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

/// The lines of one text that stand otherwise in another. Of those that are alike each has its fellow at its place.
void add_differing(std::string& lines, std::string_view text, std::string_view first, std::size_t most) {
  while (!text.empty()) {
    const std::string_view line = cut_line_off(text);
    if (line == cut_line_off(first)) continue;
    const std::string shown = mail::one_line(line);
    if (lines.size() + shown.size() + 2 * mail::kIndent.size() > most) {
      lines.append(mail::kIndent).append("...\n");
      return;
    }
    lines.append(mail::kIndent).append(shown).append("\n");
  }
}

}  // namespace

void StormText::add(const QueueId& id, std::string text) {
  if (count_ > 1) {
    others_.push_back(told_of(last_id_, last_));
    lines_ += others_.back().lines.size();
  }
  const std::string shown = subject_in(text);
  const auto known = std::ranges::find(subjects_, shown, [](const auto& one) { return one.first; });
  if (known != subjects_.end()) {
    ++known->second;
  } else if (subjects_.size() < kMostSubjects) {
    subjects_.emplace_back(shown, 1);
  } else {
    ++more_subjects_;
  }
  if (count_++ == 0) {
    first_id_ = id;
    texts_of_first_ = texts_in(text);
    first_ = std::move(text);
  } else {
    last_id_ = id;
    last_ = std::move(text);
  }
}

StormText::Other StormText::told_of(const QueueId& id, std::string_view text) const {
  Other other{id, {}};
  if (lines_ >= kLinesOfAll) return other;
  const std::vector<std::string> texts = texts_in(text);
  for (std::size_t i = 0; i < texts.size() && other.lines.size() < kLinesOfOne; ++i) {
    const std::string_view first = i < texts_of_first_.size() ? texts_of_first_[i] : std::string_view();
    add_differing(other.lines, texts[i], first, kLinesOfOne);
  }
  return other;
}

std::string StormText::subject() const {
  const std::string& first = subjects_.front().first;
  return mail::encode_words(fmt::format("[{} alike] {}", count_, front_characters(first, kLongestSubject)));
}

std::string StormText::words(const Told& told) const {
  const auto when = [&](const QueueId& id) {
    return fmt::format("{}  {}\n", mail::format_date(id.accepted(), digest_.utc_offset), id.text());
  };
  const bool last_whole = told.others.size() + 2 == count_;
  std::string words = mail::wrap(
      fmt::format("This is Postern, the mail relay of {}. It got {} messages that are alike, and sends them as this "
                  "one so that you are not flooded with many. The first {} below as {} came.",
                  digest_.hostname, count_, last_whole ? "and the last are" : "is", last_whole ? "they" : "it"),
      "");
  words += "\n\nFirst: " + when(first_id_) + "Last:  " + when(last_id_);
  if (subjects_.size() > 1) {
    words += "\nSubjects, and how many have each:\n";
    for (const auto& [shown, count] : subjects_) words.append(fmt::format("{}{} x  {}\n", mail::kIndent, count, shown));
    if (more_subjects_ > 0) words.append(fmt::format("{}{} x  others\n", mail::kIndent, more_subjects_));
  }
  if (told.others.empty()) return words;
  words += "\nThe others, each with the lines in which it differs from the first";
  words += told.lines < lines_ ? ",\nas far as there is room:\n\n" : ":\n\n";
  std::size_t lines = told.lines;
  for (std::size_t i = 0; i < told.named; ++i) {
    const Other& one = told.others[i];
    words += when(one.id);
    if (one.lines.size() > lines) continue;
    words += one.lines;
    lines -= one.lines.size();
  }
  if (told.named < told.others.size()) words += fmt::format("and {} more\n", told.others.size() - told.named);
  return words;
}

std::string StormText::head() const {
  const mail::HeaderBlock header = mail::parse_headers(first_);
  std::string text;
  for (const mail::HeaderField& field : header.fields) {
    const bool kept = std::ranges::any_of(kKept, [&](std::string_view name) { return iequals(name, field.name); });
    if (kept) text += field.whole;
  }
  text += "Subject: " + subject() + "\n";
  text += "Date: " + mail::format_date(digest_.now, digest_.utc_offset) + "\n";
  text += fmt::format("Message-ID: <{}@{}>\n", digest_.id.text(), digest_.hostname);
  return text;
}

std::string StormText::put_together(const Told& told, const std::vector<std::string>& whole) const {
  std::string boundary = "=_" + digest_.id.str();
  const auto has_boundary = [&](const std::string& one) { return one.find(boundary) != std::string::npos; };
  while (std::ranges::any_of(whole, has_boundary)) boundary += '_';
  std::string text = head();
  text += "MIME-Version: 1.0\nContent-Type: multipart/mixed;\n\tboundary=\"" + boundary + "\"\n";
  text += "\nThis is a collection of messages in MIME format.\n";
  text += mail::text_for_people(boundary, words(told));
  for (const std::string& one : whole) text += mail::mime_part(boundary, "message/rfc822", one);
  return text.append("\n--").append(boundary).append("--\n");
}

std::optional<std::string> StormText::fit(Told told, const std::vector<std::string>& whole) const {
  // What names one is no longer, so that no more is left out than there is no room for.
  constexpr std::size_t kNaming = 64;
  const bool last_whole = whole.size() > 1;
  for (;;) {
    std::string text = put_together(told, whole);
    if (text.size() <= digest_.most) return text;
    const std::size_t over = text.size() - digest_.most;
    if (told.lines > 0) {
      told.lines -= std::min<std::size_t>(told.lines, over);
    } else if (told.named > 0 && !last_whole) {
      told.named -= std::min(told.named, over / kNaming + 1);
    } else {
      return std::nullopt;
    }
  }
}

std::optional<std::string> StormText::write() const {
  const std::string first = mail::seven_bit_message(first_);
  auto text = fit(Told{others_, lines_, others_.size()}, {first, mail::seven_bit_message(last_)});
  if (text) return text;
  std::vector<Other> all = others_;
  all.push_back(told_of(last_id_, last_));
  return fit(Told{all, lines_ + all.back().lines.size(), all.size()}, {first});
}

}  // namespace postern::queue
