// Carrying out what decide() says. The order is the promise: a bounce is on disk before the recipient it reports is
// dropped, a verdict is on disk before the next attempt.
#include "base/log.h"
#include "queue/bounce.h"
#include "queue/queue_impl.h"
#include "queue/schedule.h"

#include <algorithm>
#include <utility>

namespace postern::queue {
namespace {

/// How the file of a settled message ended.
struct Ending {
  Result<spool::Area> area;  ///< failed; queue: it is gone
  bool logged = false;       ///< the verdicts are in the file
};

/// Removing the file of a settled message, or moving it to failed/, as one job.
struct EndJob {
  spool::Spool* spool;
  std::shared_ptr<spool::Stored> stored;
  std::vector<spool::LogLine> lines;
  std::vector<std::size_t> failed;  ///< indexes of the recipients that were not delivered

  Ending operator()() const {
    const QueueId& id = stored->envelope.id;
    const auto set_aside = silent_failure();
    if (!set_aside) return Ending{set_aside.error()};
    if (!*set_aside) {
      const auto removed = spool->remove(id, spool::Area::queue, spool::Durability::lazy);
      if (removed || removed.error().failure == Failure::not_found) return Ending{spool::Area::queue};
      // What cannot be removed must at least not be sent again after a restart.
      return Ending{removed.error(), write().has_value()};
    }
    if (auto done = write(); !done) return Ending{done.error()};
    if (auto moved = spool->move(id, spool::Area::queue, spool::Area::failed); !moved) {
      return Ending{moved.error(), true};
    }
    // Should a power failure undo the move, the verdicts in its file say where it belongs.
    return Ending{spool::Area::failed, true};
  }

  /// Somebody's failure may not be told.
  [[nodiscard]] Result<bool> silent_failure() const {
    if (failed.empty()) return false;
    const auto text = first_text(*spool, *stored);
    if (!text) return text.error();
    const Author author = author_of(*text);
    const mail::Envelope& envelope = stored->envelope;
    return std::ranges::any_of(failed, [&](std::size_t index) {
      const mail::Recipient& one = envelope.recipients[index];
      const Notice notice = notice_for(envelope, one, mail::Verdict::failed, Upstream::with_dsn);
      return permitted(notice, author, one) == Notice::none;
    });
  }

  Result<void> write() const {
    if (lines.empty()) return {};
    return spool->append_log(stored->envelope.id, *stored, lines, spool::Durability::synced);
  }
};

}  // namespace

Task<void> QueueImpl::perform(const StoredMessage& message, const mail::DeliveryReport& report,
                              const std::string& site) {
  const WallTime now = clock_.wall();
  notice_clock_jump();
  const Moment moment{now, gaps_.age(message.envelope().accepted, now)};
  Actions actions = decide(message.envelope(), message.states(), report, moment, config_.retry, chance());
  co_await this->report(message, actions, report.host);
  tell(message, actions, report, site);
  const bool owed = std::ranges::find(actions.verdicts, spool::Note::untold, &Verdict::note) != actions.verdicts.end();
  if (owed || owed_since(message.states())) {
    const WallTime told = owe(message.envelope(), now);
    if (std::exchange(actions.done, false)) {
      actions.next = told;
      index_.set_settled(message.id());
    }
  }
  if (actions.done) {
    co_await finish(message, actions);
  } else {
    co_await keep(message, std::move(actions));
  }
}

/// Nobody is waited for any more: the file goes, or to failed/ if there is a failure that nobody was told.
Task<void> QueueImpl::finish(const StoredMessage& message, const Actions& actions) {
  std::vector<RecipientState> states = message.states();
  for (const Verdict& verdict : actions.verdicts) states[verdict.recipient].last = verdict.status;
  std::vector<std::size_t> failed;
  for (std::size_t i = 0; i < states.size(); ++i) {
    if (states[i].last && states[i].last->verdict == mail::Verdict::failed) failed.push_back(i);
  }
  std::vector<spool::LogLine> lines = log_lines(message.envelope(), actions.verdicts, clock_.wall());
  if (const auto more = unwritten_.find(message.id()); more != unwritten_.end()) {
    lines.insert(lines.begin(), more->second.begin(), more->second.end());
  }
  EndJob job{&spool_, message.stored(), lines, std::move(failed)};
  const Ending ended = co_await pool_.run(spool::Priority::normal, std::move(job));
  const QueueId id = message.id();
  if (!ended.area) {
    log(Level::warning, "message is settled but its file cannot be removed, tried again later",
        {{"id", id.text()}, {"why", ended.area.error().text}});
    if (ended.logged) {
      unwritten_.erase(id);
    } else {
      unwritten_[id] = std::move(lines);
    }
    index_.set(id, Ticket::Phase::waiting, clock_.wall() + config_.retry.min);
    co_return;
  }
  if (*ended.area == spool::Area::failed) {
    ++counted_.failed;
    log(Level::warning, "neither delivered nor bounced: kept in failed/", {{"id", id.text()}});
  }
  gone(id);
}

/// The message waits on: what was learnt goes to its file, if anything was.
Task<void> QueueImpl::keep(const StoredMessage& message, Actions actions) {
  const QueueId id = message.id();
  std::vector<spool::LogLine> lines = log_lines(message.envelope(), actions.verdicts, clock_.wall());
  auto durability = actions.durability;
  if (const auto more = unwritten_.find(id); more != unwritten_.end()) {
    lines.insert(lines.begin(), more->second.begin(), more->second.end());
    durability = spool::Durability::synced;
  }
  const std::optional<WallTime> stored_next = actions.store_next ? std::optional(actions.next) : std::nullopt;
  if (!lines.empty() || stored_next) {
    auto job = [spool = &spool_, stored = message.stored(), lines, durability, stored_next]() -> Result<void> {
      const QueueId& file = stored->envelope.id;
      if (!lines.empty()) {
        if (auto done = spool->append_log(file, *stored, lines, durability); !done) return done.error();
      }
      // A time that is lost costs one attempt more: no reason to complain.
      if (stored_next) (void)spool->set_next(file, *stored_next);
      return {};
    };
    const Result<void> written = co_await pool_.run(spool::Priority::normal, std::move(job));
    if (written) {
      unwritten_.erase(id);
    } else {
      log(Level::warning, "delivery log cannot be written, kept in memory",
          {{"id", id.text()}, {"why", written.error().text}});
      unwritten_[id] = std::move(lines);
    }
  }
  index_.set_size(id, message.stored()->file_size);
  index_.set(id, Ticket::Phase::waiting, actions.next);
}

void QueueImpl::tell(const StoredMessage& message, const Actions& actions, const mail::DeliveryReport& report,
                     const std::string& site) {
  const mail::Envelope& envelope = message.envelope();
  const Milliseconds waited = gaps_.age(envelope.accepted, clock_.wall());
  const auto delay = std::chrono::floor<Seconds>(waited);
  Event event;
  event.id = message.id();
  if (watchers_.wants(event.id)) event.report = report;
  event.site = site;
  if (report.uncertain) {
    log(Level::warning, "delivery uncertain",
        {{"id", event.id.text()}, {"host", report.host}, {"next_try_in", to_words(kUncertainDelay)}});
  }
  for (const Verdict& verdict : actions.verdicts) {
    const std::string& to = envelope.recipients[verdict.recipient].address;
    const std::string reply = mail::to_text(verdict.status);
    log(Level::info, mail::name(verdict.status.verdict),
        {{"id", event.id.text()},
         {"to", to},
         {"host", report.host},
         {"tls", report.tls},
         {"reply", reply},
         {"delay", to_words(delay)}});
    constexpr Event::Kind kKinds[] = {Event::Kind::delivered, Event::Kind::deferred, Event::Kind::failed};
    event.kind = kKinds[static_cast<std::size_t>(verdict.status.verdict)];
    if (config_.observer != nullptr && !site.empty()) {
      config_.observer->verdict(site, verdict.status.verdict, waited);
    }
    if (event.kind == Event::Kind::delivered) ++counted_.delivered;
    if (event.kind == Event::Kind::deferred) ++counted_.deferred;
    event.recipient = to;
    event.status = verdict.status;
    watchers_.tell(event);
  }
  if (!report.site) return;
  event.kind = Event::Kind::site_trouble;
  event.recipient.clear();
  event.status = mail::Status();
  watchers_.tell(event);
}

/// The queue knows the message no more.
void QueueImpl::gone(const QueueId& id) {
  index_.remove(id);
  unwritten_.erase(id);
  suspects_.ended(id);
  Event event;
  event.kind = Event::Kind::removed;
  event.id = id;
  watchers_.tell(event);
}

}  // namespace postern::queue
