#include "queue/decide.h"

#include "queue/schedule.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace postern::queue {
namespace {

mail::Status expired(const mail::Status& last, const Retry& retry) {
  mail::Status status;
  status.verdict = mail::Verdict::failed;
  status.enhanced = "4.4.7";  // RFC 3463: delivery time expired
  status.code = last.code;
  status.text = fmt::format("expired after {}; last: {}", to_words(retry.expire), last.text);
  return status;
}

mail::Status uncertain() {
  mail::Status status;
  status.enhanced = "4.4.2";  // RFC 3463: bad connection
  status.text = "delivery uncertain: the connection was lost before the answer to the end of data";
  return status;
}

/// What a message dies of that outlives its time in the middle of transactions: the site's own words.
mail::Status status_of(const mail::SiteTrouble& trouble) {
  mail::Status status;
  status.code = trouble.code;
  status.text = trouble.text;
  return status;
}

/// Trouble in the middle of a transaction may be this message's doing: it must not be the one that is tried first
/// each time the site opens, nor live for ever.
bool met_in_transaction(const mail::SiteTrouble& trouble) {
  switch (trouble.step) {
    case mail::Step::mail:
    case mail::Step::rcpt:
    case mail::Step::data:
    case mail::Step::end_of_data: return true;
    default: return false;
  }
}

/// The status of a pending recipient after this attempt; nothing if the attempt says nothing of it.
std::optional<mail::Status> judge(const std::optional<mail::Status>& answer, const mail::DeliveryReport& report,
                                  bool last_attempt, const Retry& retry) {
  std::optional<mail::Status> status = answer;
  if (!status && report.uncertain) status = uncertain();
  if (!status && last_attempt && report.site && met_in_transaction(*report.site)) status = status_of(*report.site);
  if (status && status->verdict == mail::Verdict::deferred && last_attempt) return expired(*status, retry);
  return status;
}

bool says_something_new(const RecipientState& state, const mail::Status& status) {
  return !state.last || state.last->text != status.text || state.last->code != status.code;
}

}  // namespace

std::vector<RecipientState> fold(const mail::Envelope& envelope, const std::vector<spool::LogLine>& log) {
  std::vector<RecipientState> states(envelope.recipients.size());
  for (const spool::LogLine& line : log) {
    for (std::size_t i = 0; i < states.size(); ++i) {
      if (envelope.recipients[i].address == line.recipient && !states[i].settled()) states[i].last = line.status;
    }
  }
  return states;
}

std::vector<std::size_t> pending(const std::vector<RecipientState>& states) {
  std::vector<std::size_t> indexes;
  for (std::size_t i = 0; i < states.size(); ++i) {
    if (!states[i].settled()) indexes.push_back(i);
  }
  return indexes;
}

Actions decide(const mail::Envelope& envelope, const std::vector<RecipientState>& states,
               const mail::DeliveryReport& report, WallTime now, const Retry& retry, double jitter) {
  Actions actions;
  const std::vector<std::size_t> tried = pending(states);
  const bool last_attempt = past_expiry(envelope.accepted, now, retry);
  std::size_t settled = 0;
  bool deferred = false;
  for (std::size_t k = 0; k < tried.size(); ++k) {
    const std::size_t index = tried[k];
    const auto answer = k < report.recipients.size() ? report.recipients[k] : std::nullopt;
    auto status = judge(answer, report, last_attempt, retry);
    if (!status) continue;
    const bool settles = status->verdict != mail::Verdict::deferred;
    if (settles || says_something_new(states[index], *status)) {
      actions.log.push_back(spool::LogLine{now, envelope.recipients[index].address, *status});
    }
    if (settles) {
      ++settled;
      actions.durability = spool::Durability::synced;
    } else {
      deferred = true;
    }
    if (status->verdict == mail::Verdict::failed) actions.failed.push_back(actions.verdicts.size());
    actions.verdicts.push_back(Verdict{index, std::move(*status)});
  }

  actions.done = settled == tried.size();
  if (actions.done) return actions;
  const WallTime scheduled = next_attempt(envelope.accepted, now, retry, jitter);
  if (report.uncertain) {
    actions.next = std::max(scheduled, now + kUncertainDelay);
    actions.store_next = true;
  } else if (report.site) {
    // Somebody left without an answer: as soon as the site is well. Memory only.
    actions.next = met_in_transaction(*report.site) ? scheduled : now;
  } else {
    actions.next = scheduled;
    actions.store_next = deferred;
  }
  return actions;
}

bool wants_bounce(const mail::Envelope& envelope, const mail::Recipient& recipient) {
  if (envelope.sender.empty()) return false;
  return recipient.notify == mail::kNotifyUnspecified || (recipient.notify & mail::kNotifyFailure) != 0;
}

}  // namespace postern::queue
