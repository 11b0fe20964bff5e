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

/// The whole text of a small message, the first piece of a large one.
Result<std::string> first_text(spool::Spool& spool, const spool::Stored& stored) {
  if (!stored.large) return stored.small_text;
  return spool.read_piece(stored, 0);
}

/// Takes the failures back: their senders could not be told, so for the disk and the queue they have not happened yet.
void postpone_failures(Actions& actions, WallTime next) {
  std::erase_if(actions.log, [](const spool::LogLine& line) { return line.status.verdict == mail::Verdict::failed; });
  std::erase_if(actions.verdicts, [](const Verdict& one) { return one.status.verdict == mail::Verdict::failed; });
  actions.failed.clear();
  actions.done = false;
  actions.next = next;
  actions.store_next = false;
}

/// Storing a bounce, as one job.
struct BounceJob {
  spool::Spool* spool;
  std::shared_ptr<spool::Stored> stored;
  Config config;
  QueueId id;
  std::vector<Verdict> verdicts;
  std::string host;
  std::vector<std::string> to;
  WallTime now;

  /// The draft that was committed; nothing if the message was made by a program.
  Result<std::shared_ptr<spool::Draft>> operator()() const {
    const auto text = first_text(*spool, *stored);
    if (!text) return text.error();
    if (auto_submitted(*text)) return std::shared_ptr<spool::Draft>();
    BounceMail mail = make_bounce(config, id, stored->envelope, *text, verdicts, host, to, now);
    auto draft = std::make_shared<spool::Draft>(*spool, std::move(mail.envelope));
    draft->add(mail.text);
    const auto body = draft->envelope().body;
    if (auto done = draft->commit(mail.wire_size, body); !done) return done.error();
    return draft;
  }
};

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
  bool failures;  ///< somebody was not delivered
  bool untold;    ///< and somebody's failure may not be told

  Ending operator()() const {
    const QueueId& id = stored->envelope.id;
    bool set_aside = untold;
    if (failures && !untold) {
      const auto text = first_text(*spool, *stored);
      if (!text) return Ending{text.error()};
      set_aside = auto_submitted(*text);
    }
    if (!set_aside) {
      const auto removed = spool->remove(id, spool::Area::queue, spool::Durability::lazy);
      if (removed || removed.error().failure == Failure::not_found) return Ending{spool::Area::queue};
      // What cannot be removed must at least not be sent again after a restart.
      return Ending{removed.error(), write().has_value()};
    }
    if (auto done = write(); !done) return Ending{done.error()};
    if (auto moved = spool->move(id, spool::Area::queue, spool::Area::failed); !moved) {
      return Ending{moved.error(), true};
    }
    return Ending{spool::Area::failed, true};
  }

  Result<void> write() const {
    if (lines.empty()) return {};
    return spool->append_log(stored->envelope.id, *stored, lines, spool::Durability::synced);
  }
};

}  // namespace

Task<void> QueueImpl::perform(const StoredMessage& message, const mail::DeliveryReport& report) {
  const WallTime now = clock_.wall();
  Actions actions = decide(message.envelope(), message.states(), report, now, config_.retry, chance());
  if (!actions.failed.empty()) {
    const Result<void> told = co_await bounce(message, actions, report.host);
    if (!told) {
      log(Level::warning, "bounce cannot be stored, its message waits",
          {{"id", message.id().text()}, {"why", told.error().text}});
      postpone_failures(actions, now + config_.retry.min);
    }
  }
  tell(message, actions, report);
  if (actions.done) {
    co_await finish(message, actions);
  } else {
    co_await keep(message, std::move(actions));
  }
}

Task<Result<void>> QueueImpl::bounce(const StoredMessage& message, const Actions& actions, const std::string& host) {
  std::vector<Verdict> told;
  for (const std::size_t index : actions.failed) {
    const Verdict& verdict = actions.verdicts[index];
    if (wants_bounce(message.envelope(), message.envelope().recipients[verdict.recipient])) told.push_back(verdict);
  }
  if (told.empty()) co_return Result<void>();
  const std::string& sender = message.envelope().sender;
  std::vector<std::string> to;
  if (config_.expand) to = config_.expand(sender);
  if (to.empty()) to.push_back(sender);
  BounceJob job{&spool_, message.stored(), config_, new_id(), told, host, std::move(to), clock_.wall()};
  job.config.expand = nullptr;  // it belongs to the event loop
  const Result<std::shared_ptr<spool::Draft>> stored = co_await pool_.run(std::move(job));
  if (!stored) co_return stored.error();
  if (*stored == nullptr) co_return Result<void>();
  counted_.bounced += told.size();
  log(Level::info, "bounced",
      {{"id", message.id().text()},
       {"to", sender},
       {"bounce", (*stored)->envelope().id.text()},
       {"recipients", told.size()}});
  accepted(**stored);
  co_return Result<void>();
}

/// Nobody is waited for any more: the file goes, or to failed/ if there is a failure that nobody was told.
Task<void> QueueImpl::finish(const StoredMessage& message, const Actions& actions) {
  std::vector<RecipientState> states = message.states();
  for (const Verdict& verdict : actions.verdicts) states[verdict.recipient].last = verdict.status;
  bool failures = false;
  bool untold = false;
  for (std::size_t i = 0; i < states.size(); ++i) {
    if (!states[i].last || states[i].last->verdict != mail::Verdict::failed) continue;
    failures = true;
    untold = untold || !wants_bounce(message.envelope(), message.envelope().recipients[i]);
  }
  std::vector<spool::LogLine> lines = actions.log;
  if (const auto more = unwritten_.find(message.id()); more != unwritten_.end()) {
    lines.insert(lines.begin(), more->second.begin(), more->second.end());
  }
  EndJob job{&spool_, message.stored(), lines, failures, untold};
  const Ending ended = co_await pool_.run(std::move(job));
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
  std::vector<spool::LogLine> lines = std::move(actions.log);
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
    const Result<void> written = co_await pool_.run(std::move(job));
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

void QueueImpl::tell(const StoredMessage& message, const Actions& actions, const mail::DeliveryReport& report) {
  const mail::Envelope& envelope = message.envelope();
  const auto delay = std::chrono::floor<Seconds>(std::max(clock_.wall() - envelope.accepted, Milliseconds(0)));
  Event event;
  event.id = message.id();
  if (watchers_.wants(event.id)) {
    event.report = report;
    const Ticket* ticket = index_.find(event.id);
    if (ticket != nullptr && ticket->site < sites_.size()) event.site = sites_[ticket->site]->name();
  }
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
  Event event;
  event.kind = Event::Kind::removed;
  event.id = id;
  watchers_.tell(event);
}

}  // namespace postern::queue
