// Making a digest: one report about all that is owed to a sender. Order: the digest is on disk before any log says that
// somebody was told, so a crash tells twice and never not at all.
#include "base/log.h"
#include "queue/bounce.h"
#include "queue/queue_impl.h"

#include <algorithm>
#include <utility>

namespace postern::queue {
namespace {

/// One that is at work just now is asked again after this time.
constexpr Seconds kBusy{60};

struct Told {
  std::shared_ptr<spool::Draft> digest;  ///< nothing: nobody may be told anything
  std::size_t recipients = 0;            ///< in the digest
  std::vector<QueueId> messages;         ///< in the digest, or of which nothing may be said
};

/// Reading the messages, and storing what is to be said of them.
struct DigestJob {
  spool::Spool* spool;
  std::vector<QueueId> ids;
  std::map<QueueId, std::vector<spool::LogLine>> unwritten;
  ReportContext context;

  Result<Told> operator()() const {
    Told told;
    std::vector<mail::DigestItem> items;
    BounceMail only;  // of one message there is an ordinary report
    for (const QueueId& id : ids) {
      auto stored = spool->read(id);
      if (!stored) continue;  // its own reading will tell
      const auto text = first_text(*spool, *stored);
      if (!text) return text.error();
      const mail::Envelope& envelope = stored->envelope;
      if (const auto more = unwritten.find(id); more != unwritten.end()) {
        stored->log.insert(stored->log.end(), more->second.begin(), more->second.end());
      }
      const auto verdicts = untold(envelope, fold(envelope, stored->log), author_of(*text));
      told.messages.push_back(id);
      const auto said = std::ranges::count_if(verdicts, [](const Verdict& one) { return one.notice != Notice::none; });
      if (said == 0) continue;
      told.recipients += static_cast<std::size_t>(said);
      if (items.empty()) only = make_bounce(context, envelope, *text, verdicts, std::string());
      items.push_back(digest_item(envelope, *text, verdicts));
    }
    if (items.empty()) return told;
    auto stored = store(*spool, items.size() == 1 ? std::move(only) : make_digest(context, items));
    if (!stored) return stored.error();
    told.digest = *stored;
    return told;
  }
};

}  // namespace

void QueueImpl::start_digest() {
  const auto due = owed_.due();
  if (digesting_ || !due || *due > clock_.wall()) return;
  const std::size_t most = config_.bounces.per_hour;
  if (!digests_.take(std::string(), clock_.steady(), most, most)) return;
  auto batch = owed_.take(clock_.wall());
  digesting_ = true;
  ++open_;
  spawn(loop_, digest(std::move(*batch)), "digest of reports");
}

Task<void> QueueImpl::digest(OwedReports::Batch batch) {
  const WallTime now = clock_.wall();
  std::vector<QueueId> ids;
  std::map<QueueId, std::vector<spool::LogLine>> unwritten;
  for (const QueueId& id : batch.ids) {
    const Ticket* ticket = index_.find(id);
    if (ticket == nullptr) continue;
    if (ticket->phase != Ticket::Phase::waiting) {
      owed_.add(batch.sender, id, now - kReportHour + kBusy, now);
      continue;
    }
    index_.set(id, Ticket::Phase::active);  // nobody takes it meanwhile
    if (const auto more = unwritten_.find(id); more != unwritten_.end()) unwritten.insert(*more);
    ids.push_back(id);
  }
  DigestJob job{&spool_, ids, std::move(unwritten), report_context(batch.sender)};
  const Result<Told> told = co_await pool_.run(std::move(job));
  if (!told) {
    log(Level::warning, "digest cannot be stored, its messages wait",
        {{"to", batch.sender}, {"messages", ids.size()}, {"why", told.error().text}});
  } else {
    if (told->digest != nullptr) {
      counted_.bounced += told->recipients;
      log(Level::info, "bounced in a digest",
          {{"to", batch.sender}, {"bounce", told->digest->envelope().id.text()}, {"messages", told->messages.size()}});
      accepted(*told->digest);
    }
    for (const QueueId& id : told->messages) co_await was_told(id);
    std::erase_if(ids,
                  [&told](const QueueId& id) { return std::ranges::find(told->messages, id) != told->messages.end(); });
  }
  for (const QueueId& id : ids) {
    owed_.add(batch.sender, id, now, now);
    index_.set(id, Ticket::Phase::waiting);
  }
  digesting_ = false;
  closed();
  pump();
}

/// The digest is stored: its message ends, or waits on for those who are still pending.
Task<void> QueueImpl::was_told(QueueId id) {
  auto job = [spool = &spool_, id] { return spool->read(id); };
  Result<spool::Stored> stored = co_await pool_.run(std::move(job));
  if (!stored) {
    Error error = stored.error();
    co_await unreadable(id, std::move(error));
    co_return;
  }
  if (const auto more = unwritten_.find(id); more != unwritten_.end()) {
    stored->log.insert(stored->log.end(), more->second.begin(), more->second.end());
  }
  const StoredMessage message(spool_, pool_, std::move(*stored));
  Actions actions;
  actions.verdicts = untold(message.envelope(), message.states(), Author::person);
  actions.durability = spool::Durability::synced;
  actions.done = message.pending().empty();
  if (actions.done) {
    co_await finish(message, actions);
    co_return;
  }
  const Ticket* ticket = index_.find(id);
  actions.next = ticket == nullptr ? clock_.wall() : ticket->due;
  co_await keep(message, std::move(actions));
}

}  // namespace postern::queue
