#include "queue/outcomes.h"

#include "base/log.h"
#include "base/random.h"
#include "mail/advice.h"
#include "queue/recorder.h"
#include "queue/schedule.h"
#include "queue/verdict_log.h"

#include <algorithm>
#include <iterator>
#include <span>
#include <utility>

namespace postern::queue {
namespace {

/// At the first such refusal: nobody else may hear of it for an hour.
void tell_doubt(const QueueId& id, const std::string& to, const std::string& site, const mail::Status& status) {
  std::string advice = mail::advice(status, site);
  if (advice.empty()) advice = "`postern queue show " + id.str() + "` tells what would settle it";
  log(Level::error, "refused for good, but it is not known whether this is about the message or the account; it waits",
      {{"id", id.text()}, {"to", to}, {"site", site}, {"reply", mail::to_text(status)}, {"advice", advice}});
}

std::vector<std::size_t> without_finding(std::span<const std::size_t> tried, const std::vector<Finding>& findings,
                                         std::size_t states) {
  std::vector<bool> found(states);
  for (const Finding& finding : findings) found[finding.recipient] = true;
  std::vector<std::size_t> left;
  std::ranges::copy_if(tried, std::back_inserter(left), [&](std::size_t one) { return !found[one]; });
  return left;
}

/// As a clock would have it that never was set: neither a jump of it nor a sleep of the machine proves anything, and a
/// time that lies ahead is none to wait for.
std::optional<WallTime> without_gaps(const std::optional<WallTime>& time, WallTime now, const Timekeeper& clock) {
  return time ? std::optional(now - clock.age(*time)) : std::nullopt;
}

}  // namespace

Outcomes::Outcomes(const Ground& ground, const Config& config, Timekeeper& time, Messages& messages, Reports& reports,
                   Watchers& watchers)
    : ground_(ground), config_(config), time_(time), messages_(messages), reports_(reports), watchers_(watchers) {}

void Outcomes::begins(const QueueId& id) {
  if (!watchers_.wants(id)) return;
  Event event;
  event.id = id;
  watchers_.tell(event);
}

void Outcomes::attempted(const std::string& site, SteadyTime::duration took, const mail::DeliveryReport& report) {
  if (config_.observer == nullptr) return;
  config_.observer->attempted(site, std::chrono::duration_cast<Milliseconds>(took), report);
}

Task<Outcomes::Outcome> Outcomes::perform(const StoredMessage& message, const mail::DeliveryReport& report,
                                          const std::string& site, Evidence evidence, std::optional<WallTime> others) {
  const WallTime now = ground_.clock.wall();
  time_.notice_jump();
  const Moment moment{now, time_.age(messages_.ready_since(message.id(), message.envelope().accepted))};
  std::vector<RecipientState> states = message.states();
  for (RecipientState& one : states) one.refused_since = without_gaps(one.refused_since, now, time_);
  evidence.taken = without_gaps(evidence.taken, now, time_);
  Actions actions = decide(message.envelope(), states, report, moment, config_.retry, random_fraction(), evidence);
  co_await reports_.report(message, actions, report.host);
  tell(message, actions, report, site);
  const std::vector<std::size_t>& tried = evidence.tried.empty() ? message.pending() : evidence.tried;
  if (config_.recorder != nullptr) {
    const Answered attempt{message, report, site, tried, actions.findings, evidence.held};
    config_.recorder->answered(attempt);
  }
  const bool owed = std::ranges::find(actions.findings, spool::Note::untold, &Finding::note) != actions.findings.end();
  if (owed || owed_since(message.states())) {
    const WallTime told = reports_.owe(message.envelope(), now);
    if (std::exchange(actions.done, false)) {
      actions.next = told;
      messages_.index().set_settled(message.id());
    }
  }
  Outcome outcome;
  if (report.site || report.sender) {
    outcome.unanswered = without_finding(tried, actions.findings, states.size());
    const auto asked = std::span(tried).first(std::min(evidence.part, tried.size()));
    if (!evidence.held) count_waits(message, without_finding(asked, actions.findings, states.size()), site);
  }
  if (!outcome.unanswered.empty()) outcome.waiting = pending(after(states, actions.findings, now)).size();
  if (!evidence.tried.empty()) {
    const std::vector<std::size_t> waiting = pending(after(states, actions.findings, now));
    const auto waits = [&](std::size_t one) { return std::ranges::binary_search(waiting, one); };
    std::ranges::copy_if(evidence.tried, std::back_inserter(outcome.left), waits);
  }
  outcome.told = std::ranges::none_of(actions.findings, [](const Finding& one) {
    return one.notice == Notice::delayed && one.note == spool::Note::none;
  });
  if (actions.done) {
    co_await messages_.finish(message, actions.findings);
  } else {
    co_await messages_.keep(message, std::move(actions), others);
  }
  co_return outcome;
}

void Outcomes::tell(const StoredMessage& message, const Actions& actions, const mail::DeliveryReport& report,
                    const std::string& site) {
  const mail::Envelope& envelope = message.envelope();
  const Milliseconds waited = time_.age(messages_.ready_since(message.id(), envelope.accepted));
  Totals& counted = messages_.counted();
  Event event;
  event.id = message.id();
  if (watchers_.wants(event.id)) event.report = report;
  event.site = site;
  if (report.uncertain) {
    const auto wait = std::chrono::ceil<Seconds>(actions.next - ground_.clock.wall());
    log(Level::warning, "delivery uncertain",
        {{"id", event.id.text()}, {"site", site}, {"host", report.host}, {"next_try_in", wait}});
  }
  VerdictLog verdicts(message, report, site, waited);
  for (const Finding& finding : actions.findings) {
    verdicts.tell(finding);
    // No site and no watcher has to do with one that could not be read.
    if (finding.recipient >= envelope.recipients.size()) continue;
    const std::string& to = envelope.recipients[finding.recipient].address;
    if (finding.status.doubtful && message.states()[finding.recipient].doubtful == 0) {
      tell_doubt(event.id, to, site, finding.status);
    }
    constexpr Event::Kind kKinds[] = {Event::Kind::delivered, Event::Kind::deferred, Event::Kind::failed};
    event.kind = kKinds[static_cast<std::size_t>(finding.status.verdict)];
    if (config_.observer != nullptr && !site.empty()) {
      config_.observer->verdict(site, finding.status.verdict, waited);
    }
    if (event.kind == Event::Kind::delivered) ++counted.delivered;
    if (event.kind == Event::Kind::deferred) ++counted.deferred;
    event.recipient = to;
    event.status = finding.status;
    watchers_.tell(event);
  }
  if (!report.site && !report.sender) return;
  event.kind = Event::Kind::site_trouble;
  event.recipient.clear();
  event.status = mail::Status();
  watchers_.tell(event);
}

/// An attempt is one, too, after which they wait on without a word about them.
void Outcomes::count_waits(const StoredMessage& message, const std::vector<std::size_t>& unanswered,
                           const std::string& site) {
  const mail::Envelope& envelope = message.envelope();
  const Milliseconds waited = time_.age(messages_.ready_since(message.id(), envelope.accepted));
  for (const std::size_t one : unanswered) {
    if (one >= envelope.recipients.size()) continue;
    ++messages_.counted().deferred;
    if (config_.observer != nullptr) config_.observer->verdict(site, mail::Verdict::deferred, waited);
  }
}

}  // namespace postern::queue
