#include "queue/decide.h"

#include "mail/repeated_addresses.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace postern::queue {
namespace {

constexpr std::string_view kExpired = "4.4.7";  // RFC 3463: delivery time expired
constexpr std::string_view kAfter = "expired after ";
constexpr std::string_view kLastAnswer = "; last: ";

/// expiry_of() takes it apart again.
mail::Status expired(const mail::Status& last, const Retry& retry) {
  mail::Status status;
  status.verdict = mail::Verdict::failed;
  status.enhanced = kExpired;
  status.code = last.code;
  const std::string_view blank = last.enhanced.empty() ? "" : " ";
  status.text =
      fmt::format("{}{}{}{}{}{}", kAfter, to_words(retry.expire), kLastAnswer, last.enhanced, blank, last.text);
  return status;
}

/// "4.2.1"
bool is_enhanced_code(std::string_view word) {
  return word.size() >= 5 && word[1] == '.' && word.find_first_not_of("0123456789.") == std::string_view::npos;
}

constexpr std::string_view kUncertain =
    "delivery uncertain: the connection was lost before the answer to the end of data";

mail::Status uncertain() {
  mail::Status status;
  status.enhanced = "4.4.2";  // RFC 3463: bad connection
  status.text = kUncertain;
  return status;
}

/// Trouble in the middle of a transaction may be this message's doing: it must not be the one that is tried first
/// each time the site opens, nor live for ever.
bool is_charged(const mail::DeliveryReport& report) {
  return report.site && report.site->in_transaction && !report.site->crowded;
}

/// The status of a pending recipient after this attempt; nothing if the attempt says nothing of it.
std::optional<mail::Status> judge(const std::optional<mail::Status>& answer, const mail::DeliveryReport& report,
                                  bool last_attempt, const Retry& retry) {
  std::optional<mail::Status> status = answer;
  if (!status && report.uncertain) status = uncertain();
  if (!status && is_charged(report)) status = status_of(*report.site);
  if (!status && last_attempt && report.sender) status = status_of(*report.sender);
  if (status && status->verdict == mail::Verdict::deferred && last_attempt) return expired(*status, retry);
  return status;
}

/// Why a message waits in trouble of others, without an attempt. What was said of their messages may name whom these
/// were for.
mail::Status held_by(const mail::Envelope& envelope, const mail::DeliveryReport& report) {
  mail::Status trouble = status_of(report.sender ? *report.sender : *report.site);
  trouble.text = mail::without_addresses_of_others(trouble.text, envelope);
  return trouble;
}

/// Of a recipient of such a message.
mail::Status judge_held(const mail::Status& trouble, const RecipientState& state, bool expires, const Retry& retry) {
  if (expires) return expired(trouble, retry);
  // What the server said of this very message tells its sender more.
  return state.last && state.last->doubtful ? *state.last : trouble;
}

/// Each of the first doubtful refusals does, since they are counted over restarts.
bool says_something_new(const RecipientState& state, const mail::Status& status) {
  if (status.doubtful && state.doubtful < kProvingRefusals) return true;
  return !state.last || state.last->text != status.text || state.last->code != status.code ||
         state.last->doubtful != status.doubtful;
}

/// Of what could not be read as a recipient; the DSN quotes its text.
mail::Status unreadable() {
  mail::Status status;
  status.verdict = mail::Verdict::failed;
  status.enhanced = "5.1.3";  // RFC 3463: bad destination mailbox address syntax
  status.text = "this cannot be read as an address, and so nobody got a copy for it";
  return status;
}

void apply(const spool::LogLine& line, RecipientState& state) {
  const bool unreported = std::exchange(state.unreported, false);
  if (unreported && line.note == spool::Note::untold) {
    state.untold = line.time;
  } else if (!state.settled()) {
    // A warning repeats what was said, and is no refusal more.
    const bool repeated = line.note == spool::Note::warned && state.last && state.last->doubtful &&
                          state.last->code == line.status.code && state.last->text == line.status.text;
    state.last = line.status;
    state.uncertain = state.uncertain || (line.status.code == 0 && line.status.text == kUncertain);
    state.last->doubtful = line.note == spool::Note::doubtful || repeated;
    if (line.note == spool::Note::doubtful) {
      ++state.doubtful;
      state.refused_since = std::min(state.refused_since.value_or(line.time), line.time);
    }
    if (line.note == spool::Note::untold) state.untold = line.time;
    state.warned = state.warned || line.note == spool::Note::warned;
  } else if (line.status.verdict == state.last->verdict && line.note == spool::Note::none) {
    state.untold.reset();
  }
}

/// A warning is due: the delay is long enough, and there was none before.
bool late(const RecipientState& state, bool early, Milliseconds age, const Retry& retry) {
  if (state.warned || retry.warn_after == Seconds(0)) return false;
  return age > warning_after(early, retry);
}

}  // namespace

mail::Status status_of(const mail::SiteTrouble& trouble) {
  mail::Status status;
  status.text = trouble.text;
  if (trouble.step != mail::Step::auth) return status;
  status.text = "there is no login at the smarthost";
  if (trouble.code != 0) status.text += fmt::format(" ({})", trouble.code);
  status.text += "; why is for administrators to read (postern status)";
  return status;
}

std::vector<RecipientState> fold(const mail::Envelope& envelope, const std::vector<spool::LogLine>& log) {
  const std::size_t recipients = envelope.recipients.size();
  std::vector<RecipientState> states(recipients + envelope.unread.size());
  for (std::size_t i = recipients; i < states.size(); ++i) {
    states[i].last = unreadable();
    states[i].unreported = true;
  }
  if (log.empty()) return states;
  // Both are long where a message has many recipients.
  std::unordered_multimap<std::string_view, std::size_t> indices;
  for (std::size_t i = 0; i < states.size(); ++i) {
    indices.emplace(i < recipients ? std::string_view(envelope.recipients[i].address) : std::string_view(), i);
  }
  for (const spool::LogLine& line : log) {
    const auto [first, last] = indices.equal_range(line.recipient);
    for (auto one = first; one != last; ++one) apply(line, states[one->second]);
  }
  return states;
}

mail::Recipient recipient_of(const mail::Envelope& envelope, std::size_t index) {
  if (index < envelope.recipients.size()) return envelope.recipients[index];
  mail::Recipient nobody;
  if (!envelope.recipients.empty()) nobody.notify = envelope.recipients.front().notify;
  return nobody;
}

std::string unread_text(const mail::Envelope& envelope, std::size_t index) {
  const std::size_t recipients = envelope.recipients.size();
  return index < recipients ? std::string() : envelope.unread[index - recipients];
}

Milliseconds warning_after(bool early, const Retry& retry) {
  return early ? std::min(kDoubtWarning, retry.warn_after) : retry.warn_after;
}

std::vector<std::size_t> pending(const std::vector<RecipientState>& states) {
  std::vector<std::size_t> indexes;
  for (std::size_t i = 0; i < states.size(); ++i) {
    if (!states[i].settled()) indexes.push_back(i);
  }
  return indexes;
}

bool proven(const RecipientState& state, const Evidence& evidence, WallTime now) {
  if (!state.refused_since || !evidence.taken || *evidence.taken <= *state.refused_since) return false;
  return state.doubtful + 1 >= kProvingRefusals && now - *state.refused_since >= kProvingTime;
}

Standing standing_of(const std::vector<RecipientState>& states) {
  Standing standing;
  for (const RecipientState& one : states) {
    if (one.settled()) continue;
    standing.doubtful = standing.doubtful || (one.last && one.last->doubtful);
    standing.uncertain = standing.uncertain || one.uncertain;
  }
  return standing;
}

std::vector<RecipientState> after(std::vector<RecipientState> states, const std::vector<Finding>& findings,
                                  WallTime now) {
  for (const Finding& one : findings) {
    const spool::Note note = one.status.doubtful ? spool::Note::doubtful : spool::Note::none;
    apply({now, {}, one.status, note}, states[one.recipient]);
  }
  return states;
}

std::optional<WallTime> owed_since(const std::vector<RecipientState>& states) {
  std::optional<WallTime> first;
  for (const RecipientState& one : states) {
    if (one.untold) first = std::min(first.value_or(WallTime::max()), *one.untold);
  }
  return first;
}

std::optional<Expiry> expiry_of(const mail::Status& status) {
  // No server fails a message with 4.x.x: what says so is ours.
  if (status.verdict != mail::Verdict::failed || status.enhanced != kExpired) return std::nullopt;
  std::string_view text = status.text;
  const std::size_t end = text.find(kLastAnswer);
  if (!text.starts_with(kAfter) || end == std::string_view::npos) return std::nullopt;
  Expiry expiry;
  expiry.after = text.substr(kAfter.size(), end - kAfter.size());
  text.remove_prefix(end + kLastAnswer.size());
  const std::string_view word = text.substr(0, text.find(' '));
  if (is_enhanced_code(word)) {
    expiry.last.enhanced = word;
    text.remove_prefix(std::min(word.size() + 1, text.size()));
  }
  expiry.last.code = status.code;
  expiry.last.text = text;
  return expiry;
}

std::vector<spool::LogLine> log_lines(const mail::Envelope& envelope, const std::vector<Finding>& findings,
                                      WallTime now) {
  std::vector<spool::LogLine> lines;
  bool unread = false;  // one line speaks of all of them
  for (const Finding& one : findings) {
    if (!one.news && one.note == spool::Note::none) continue;
    const bool nobody = one.recipient >= envelope.recipients.size();
    if (nobody && std::exchange(unread, true)) continue;
    const std::string to = nobody ? std::string() : envelope.recipients[one.recipient].address;
    if (one.note != spool::Note::none || !one.status.doubtful) lines.push_back({now, to, one.status, one.note});
    // Last, since the last line tells how it stands.
    if (one.status.doubtful && !one.repeats) lines.push_back({now, to, one.status, spool::Note::doubtful});
  }
  return lines;
}

Actions decide(const mail::Envelope& envelope, const std::vector<RecipientState>& states,
               const mail::DeliveryReport& report, const Moment& moment, const Retry& retry, double jitter,
               const Evidence& evidence) {
  Actions actions;
  const std::vector<std::size_t> waiting = pending(states);
  const std::vector<std::size_t>& tried = evidence.tried.empty() ? waiting : evidence.tried;
  const bool last_attempt = past_expiry(moment.age, retry);
  const Upstream upstream = report.dsn ? Upstream::with_dsn : Upstream::without_dsn;
  std::size_t settled = 0;
  bool deferred = false;
  // First, since the end of a log may be torn off by a crash, and who is missing there is tried again.
  for (std::size_t i = 0; i < states.size(); ++i) {
    if (!states[i].unreported) continue;
    Finding finding;
    finding.recipient = i;
    finding.status = *states[i].last;
    finding.news = true;
    finding.notice = notice_for(envelope, recipient_of(envelope, i), mail::Verdict::failed, upstream);
    actions.durability = spool::Durability::synced;
    actions.findings.push_back(std::move(finding));
  }
  std::optional<mail::Status> trouble;
  if (evidence.held) trouble = held_by(envelope, report);
  for (std::size_t k = 0; k < tried.size(); ++k) {
    const std::size_t index = tried[k];
    const auto answer = k < report.recipients.size() ? report.recipients[k] : std::nullopt;
    auto status =
        trouble ? judge_held(*trouble, states[index], last_attempt, retry) : judge(answer, report, last_attempt, retry);
    if (!status) continue;
    if (status->doubtful && !evidence.held && proven(states[index], evidence, moment.now)) {
      status->verdict = mail::Verdict::failed;
      status->doubtful = false;
    }
    Finding finding;
    finding.recipient = index;
    const bool settles = status->verdict != mail::Verdict::deferred;
    finding.repeats = evidence.held;
    finding.news = settles || (!evidence.held && says_something_new(states[index], *status));
    const bool early = status->doubtful || (evidence.held && !report.sender && !evidence.by_limit);
    if (settles || late(states[index], early, moment.age, retry)) {
      finding.notice = notice_for(envelope, envelope.recipients[index], status->verdict, upstream);
    }
    if (evidence.held && !settles && finding.notice == Notice::none) continue;
    if (settles) {
      ++settled;
      actions.durability = spool::Durability::synced;
    } else {
      deferred = true;
    }
    finding.status = std::move(*status);
    actions.findings.push_back(std::move(finding));
  }

  actions.done = settled == waiting.size();
  if (actions.done) return actions;
  const bool charged = is_charged(report) || report.uncertain;
  if ((report.site || report.sender) && !charged) {
    // Somebody left without an answer: as soon as the site, or that sender there, is well. Memory only.
    actions.next = moment.now;
  } else {
    actions.next = next_attempt(moment, retry, jitter);
    // A warning is given at an attempt: there is one when it is due.
    const bool unwarned = std::ranges::any_of(actions.findings, [&](const Finding& one) {
      return one.status.doubtful && one.notice == Notice::none && !states[one.recipient].warned;
    });
    if (unwarned && moment.age < kDoubtWarning) {
      actions.next = std::min(actions.next, moment.now + (kDoubtWarning - moment.age) + Seconds(1));
    }
    // And one as soon as the time is over in which it is proven that the message is at fault: its sender waits for
    // that.
    for (const Finding& one : actions.findings) {
      const RecipientState& before = states[one.recipient];
      if (!one.status.doubtful || before.doubtful + 2 < kProvingRefusals || !before.refused_since) continue;
      const WallTime proving = *before.refused_since + kProvingTime + Seconds(1);
      if (proving > moment.now) actions.next = std::min(actions.next, proving);
    }
    actions.store_next = deferred;
  }
  return actions;
}

}  // namespace postern::queue
