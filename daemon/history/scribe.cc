#include "history/scribe.h"

#include "base/ascii.h"
#include "base/text.h"
#include "history/remote_id.h"
#include "mail/accepted_log.h"
#include "mail/original_recipient.h"

#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

namespace postern::history {
namespace {

std::string number(const auto& value) { return value ? std::to_string(*value) : std::string(); }

/// Who handed it in, and whose it is; our own reports are nobody's, whosever mail they are about.
void put_source(const mail::Source& source, Record& record) {
  if (mail::made_by_us(source)) return;
  record[Field::uid] = number(source.user());
  record[Field::owner] = number(source.uid);
}

std::string bracketed(const std::string& sender) { return sender.empty() ? "<>" : sender; }

Record record_of(Kind kind, const QueueId& id, const mail::Envelope& envelope) {
  Record record;
  record[Field::kind] = name(kind);
  record[Field::id] = id.text();
  put_source(envelope.source, record);
  record[Field::accepted] = to_rfc3339(id.accepted());
  record[Field::size] = std::to_string(envelope.wire_size);
  record[Field::from] = bracketed(envelope.sender);
  return record;
}

/// Each with the one that the sender named in its place. Whoever looks for one of them must find it: where all have no
/// room in one record, there are several.
class Recipients {
 public:
  void add(std::string_view address, std::string_view original) {
    const Part& last = parts_.back();
    const bool full = !last.to.has_room(address) || !last.original.has_room(original);
    if (full && last.count > 0) parts_.emplace_back();
    Part& part = parts_.back();
    ++part.count;
    if (part.to.add(address) && !part.original.add(original)) part.original.add("");
  }
  /// At least one, each with a count of its own.
  [[nodiscard]] std::vector<Record> in(const Record& common) const {
    std::vector<Record> records(parts_.size(), common);
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      records[i][Field::to] = parts_[i].to.text();
      records[i][Field::original] = parts_[i].original.text();
      if (parts_[i].count != 1) records[i][Field::count] = std::to_string(parts_[i].count);
    }
    return records;
  }
  void count_also(std::size_t more) { parts_.back().count += more; }
  [[nodiscard]] bool empty() const { return parts_.front().count == 0; }

 private:
  struct Part {
    Row to{Field::to};
    Row original{Field::original};
    std::size_t count = 0;
  };
  std::vector<Part> parts_ = std::vector<Part>(1);
};

/// Of the recipient of this number, as the states of a message have them.
void add_state(const mail::Envelope& envelope, std::size_t index, Recipients& into) {
  const std::string unread = queue::unread_text(envelope, index);
  if (!unread.empty()) return into.add(unread, "");
  const mail::Recipient recipient = queue::recipient_of(envelope, index);
  into.add(recipient.address, mail::original_of(recipient));
}

Recipients everybody(const mail::Envelope& envelope) {
  Recipients recipients;
  const std::size_t all = envelope.recipients.size() + envelope.unread.size();
  for (std::size_t i = 0; i < all; ++i) add_state(envelope, i, recipients);
  return recipients;
}

/// Which one it was, where there were others before.
void put_attempt(std::uint32_t number, Record& record) {
  if (number > 1) record[Field::attempts] = std::to_string(number);
}

/// Those who have no end yet. Where there are none, as in failed/, those of whose failure nobody was told.
std::vector<std::size_t> without_end(const std::vector<queue::RecipientState>& states) {
  const auto those = [&states](auto is_one) {
    std::vector<std::size_t> found;
    for (std::size_t i = 0; i < states.size(); ++i) {
      if (is_one(states[i])) found.push_back(i);
    }
    return found;
  };
  std::vector<std::size_t> waiting = those([](const auto& one) { return !one.settled() || one.unreported; });
  if (waiting.empty()) waiting = those([](const auto& one) { return one.untold.has_value(); });
  if (waiting.empty()) waiting = those([](const auto& one) { return one.last->verdict == mail::Verdict::failed; });
  return waiting;
}

/// Of a message that left the queue with nobody's answer. What could not be read of it is empty.
std::vector<Record> unended(Kind kind, const QueueId& id, const mail::Envelope& envelope,
                            const std::vector<queue::RecipientState>& states, const queue::Title& title,
                            std::string_view reply = {}) {
  Record record = record_of(kind, id, envelope);
  record[Field::subject] = title.subject;
  record[Field::message_id] = title.message_id;
  if (envelope.recipients.empty()) record[Field::from].clear();
  if (envelope.wire_size == 0) record[Field::size].clear();
  record[Field::reply] = reply;
  Recipients recipients;
  for (const std::size_t one : without_end(states)) add_state(envelope, one, recipients);
  return recipients.in(record);
}

/// What is said again and again but for times, counts and ids in it.
std::string words_without_numbers(const mail::Status& status) {
  const std::string text = mail::to_text(status);
  const std::string codes = std::to_string(status.code) + " " + status.enhanced;
  std::string words = codes;
  for (const std::string_view word : split_words(text)) {
    const bool numbered = std::ranges::any_of(word, is_digit);
    if (!numbered) words.append(" ").append(word);
  }
  return words;
}

}  // namespace

bool Allowances::take(std::string of, SteadyTime now) {
  if (now - begin_ >= window_) {
    begin_ = now;
    taken_.clear();
  }
  if (taken_.size() >= kApart && !taken_.contains(of)) of = "others";
  return ++taken_[std::move(of)] <= most_;
}

/// An alarm is no party's.
void Scribe::note(Record record, const mail::Source& source) {
  const std::optional<std::uint32_t> party = mail::is_alarm(source) ? std::nullopt : std::optional(parties_.of(source));
  history_.note(std::move(record), party);
}

void Scribe::note(std::vector<Record> records, const mail::Source& source) {
  for (Record& one : records) note(std::move(one), source);
}

void Scribe::accepted(const mail::Envelope& envelope, const queue::Title& title, std::string_view why) {
  Record record = record_of(Kind::accepted, envelope.id, envelope);
  record[Field::client] = why.empty() ? mail::client_text(envelope.source) : std::string();
  record[Field::subject] = title.subject;
  record[Field::message_id] = title.message_id;
  record[Field::reply] = why;
  note(everybody(envelope).in(record), envelope.source);
}

void Scribe::refused(const queue::AtDoor& message, std::string_view reply) {
  const std::string port_apart = message.source.peer.substr(0, message.source.peer.rfind(':'));
  const std::uint32_t party = parties_.of(message.source.user().value_or(mail::kNoUid));
  const bool by_address = party == mail::kNoUid && !port_apart.empty();
  if (!refusals_.take(by_address ? port_apart : std::to_string(party), clock_.steady())) return;
  Record record;
  record[Field::kind] = name(Kind::refused);
  put_source(message.source, record);
  record[Field::client] = message.client;
  if (message.size > 0) record[Field::size] = std::to_string(message.size);
  if (message.has_sender) record[Field::from] = bracketed(message.sender);
  record[Field::subject] = message.title.subject;
  record[Field::message_id] = message.title.message_id;
  record[Field::reply] = reply;
  Recipients recipients;
  for (const mail::Recipient& one : message.recipients) recipients.add(one.address, mail::original_of(one));
  recipients.count_also(message.count - std::min(message.count, message.recipients.size()));
  if (recipients.empty()) return note(std::move(record), message.source);
  note(recipients.in(record), message.source);
}

/// What is known of earlier attempts; null: nothing.
Scribe::Tried* Scribe::tried_before(const queue::Answered& attempt) {
  const QueueId& id = attempt.message.id();
  auto known = tried_.find(id);
  if (known == tried_.end()) {
    if (tried_.size() >= kTried) return nullptr;
    // What was tried before this program began was not counted. What could not be read was never tried.
    const auto& states = attempt.message.states();
    const std::size_t readable = std::min(attempt.message.envelope().recipients.size(), states.size());
    known = tried_.try_emplace(id).first;
    known->second.counted = std::none_of(states.begin(), states.begin() + static_cast<std::ptrdiff_t>(readable),
                                         [](const auto& one) { return one.last.has_value(); });
    // Troubles of a smarthost are not in the message's file.
    known->second.numbered = known->second.counted && id.accepted() >= began_;
  }
  return &known->second;
}

/// Which one this was of each recipient at this smarthost.
Scribe::Numbers Scribe::count_attempt(const queue::Answered& attempt) {
  const std::size_t all = attempt.message.states().size();
  Numbers unknown(all);
  Tried* const tried = attempt.held || attempt.site.empty() ? nullptr : tried_before(attempt);
  if (tried == nullptr) return unknown;
  if (tried->counted) ++tried->attempts;
  if (!tried->numbered) return unknown;
  Numbers& numbers = tried->numbers[attempt.site];
  if (numbers.empty()) {
    tried->numbered = numbers_ + all <= kNumbers;
    if (!tried->numbered) return unknown;
    numbers_ += all;
    numbers.resize(all);
  }
  for (const std::size_t one : attempt.tried) ++numbers[one];
  return numbers;
}

void Scribe::left(const QueueId& id) {
  const auto known = tried_.find(id);
  if (known == tried_.end()) return;
  for (const auto& [site, numbers] : known->second.numbers) numbers_ -= numbers.size();
  tried_.erase(known);
}

bool Scribe::may_defer_again(const queue::Answered& attempt) {
  return deferrals_.take(std::to_string(parties_.of(attempt.message.envelope().source)), clock_.steady());
}

void Scribe::answered(const queue::Answered& attempt) {
  const queue::StoredMessage& message = attempt.message;
  const bool by_operator = attempt.site.empty();
  Record common = record_of(Kind::failed, message.id(), message.envelope());
  common[Field::subject] = message.subject();
  common[Field::message_id] = message.message_id();
  common[Field::site] = attempt.site;
  common[Field::host] = attempt.report.host;
  const Numbers numbers = count_attempt(attempt);
  note_trouble(attempt, common, numbers);
  note_deferred(attempt, common, numbers);
  for (const queue::Finding& finding : attempt.findings) {
    if (finding.status.verdict == mail::Verdict::deferred) continue;
    Record record = common;
    const bool delivered = finding.status.verdict == mail::Verdict::delivered;
    const bool unread = finding.recipient >= message.envelope().recipients.size();
    record[Field::kind] = name(delivered ? Kind::delivered : by_operator && !unread ? Kind::bounced : Kind::failed);
    record[Field::reply] = mail::to_text(finding.status);
    if (delivered) record[Field::remote_id] = remote_id_of(record[Field::reply]);
    // No site has to do with one that could not be read.
    if (unread) record[Field::site] = record[Field::host] = std::string();
    if (!unread) put_attempt(numbers[finding.recipient], record);
    Recipients recipient;
    add_state(message.envelope(), finding.recipient, recipient);
    note(recipient.in(record), message.envelope().source);
  }
}

/// Of those who got no answer.
void Scribe::note_trouble(const queue::Answered& attempt, const Record& common, const Numbers& numbers) {
  const mail::DeliveryReport& report = attempt.report;
  if (attempt.held || (!report.site && !report.sender)) return;
  std::vector<bool> found(attempt.message.states().size());
  for (const queue::Finding& finding : attempt.findings) found[finding.recipient] = true;
  Recipients recipients;
  std::optional<std::uint32_t> number_of_all;  // 0: they were not tried equally often
  for (const std::size_t index : attempt.tried) {
    if (found[index]) continue;
    add_state(attempt.message.envelope(), index, recipients);
    number_of_all = number_of_all.value_or(numbers[index]) == numbers[index] ? numbers[index] : 0;
  }
  if (recipients.empty()) return;
  const mail::Status status = queue::status_of(report.sender ? *report.sender : *report.site);
  const std::size_t words = std::hash<std::string>()(words_without_numbers(status));
  const auto tried = tried_.find(attempt.message.id());
  // The first trouble of a message is its own; a second one counts only as far as it is known to be another.
  const bool known = tried != tried_.end();
  if (known && tried->second.words == words) return;
  const bool first = known && tried->second.attempts == 1;
  if (!first && !may_defer_again(attempt)) return;
  if (known) tried->second.words = words;
  Record record = common;
  record[Field::kind] = name(Kind::deferred);
  put_attempt(number_of_all.value_or(0), record);
  record[Field::reply] = mail::to_text(status);
  note(recipients.in(record), attempt.message.envelope().source);
}

/// Against what was said of this recipient before, which stands in the message's file.
bool Scribe::says_more(const queue::Answered& attempt, const queue::Finding& finding) {
  const std::optional<mail::Status>& before = attempt.message.states()[finding.recipient].last;
  if (!before) return true;
  if (!finding.news || words_without_numbers(*before) == words_without_numbers(finding.status)) return false;
  return may_defer_again(attempt);
}

/// Those who were told the same, and were tried equally often, are one record.
void Scribe::note_deferred(const queue::Answered& attempt, const Record& common, const Numbers& numbers) {
  if (attempt.held) return;
  std::map<std::pair<std::string, std::uint32_t>, Recipients> by_reply;
  for (const queue::Finding& finding : attempt.findings) {
    if (finding.status.verdict != mail::Verdict::deferred || !says_more(attempt, finding)) continue;
    Recipients& alike = by_reply[{mail::to_text(finding.status), numbers[finding.recipient]}];
    add_state(attempt.message.envelope(), finding.recipient, alike);
  }
  for (const auto& [what, recipients] : by_reply) {
    Record record = common;
    record[Field::kind] = name(Kind::deferred);
    record[Field::reply] = what.first;
    put_attempt(what.second, record);
    note(recipients.in(record), attempt.message.envelope().source);
  }
}

void Scribe::deleted(const QueueId& id, const mail::Envelope& envelope,
                     const std::vector<queue::RecipientState>& states, const queue::Title& title) {
  note(unended(Kind::deleted, id, envelope, states, title), envelope.source);
}

void Scribe::damaged(const QueueId& id, const mail::Envelope& envelope,
                     const std::vector<queue::RecipientState>& states, const queue::Title& title,
                     std::string_view why) {
  const std::string reply = "the file is damaged and is not delivered: " + std::string(why);
  note(unended(Kind::corrupt, id, envelope, states, title, reply), envelope.source);
}

void Scribe::vanished(const QueueId& id, const mail::Envelope& envelope) {
  note(unended(Kind::deleted, id, envelope, {}, {}, "the file is gone, and posternd did not remove it"),
       envelope.source);
}

void Scribe::gathered(const mail::Envelope& original, const queue::Title& title, const QueueId& digest) {
  Record record = record_of(Kind::gathered, original.id, original);
  record[Field::subject] = title.subject;
  record[Field::message_id] = title.message_id;
  record[Field::digest] = digest.text();
  note(everybody(original).in(record), original.source);
}

}  // namespace postern::history
