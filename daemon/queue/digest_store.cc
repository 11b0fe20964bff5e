// Making a digest: one report about all that is owed to a mailbox. Order: the digest is on disk before any log says
// that somebody was told, so a crash tells twice and never not at all.
#include "base/log.h"
#include "queue/bounce.h"
#include "queue/queue_impl.h"

#include <algorithm>
#include <utility>

namespace postern::queue {
namespace {

/// One that is at work just now is asked again after this time.
constexpr Seconds kBusy{60};

struct DigestMade {
  std::shared_ptr<spool::Draft> digest;  ///< nothing: nobody may be told anything
  std::size_t recipients = 0;            ///< in the digest
  std::vector<QueueId> messages;         ///< in the digest, or of which nothing may be said
  std::vector<QueueId> rest;             ///< for which it had no room
};

/// Reading the messages, and storing what is to be said of them.
struct DigestJob {
  spool::Spool* spool;
  std::vector<QueueId> ids;
  std::map<QueueId, std::vector<spool::LogLine>> unwritten;
  ReportContext context;

  Result<DigestMade> operator()() const {
    DigestMade made;
    std::vector<mail::DigestItem> items;
    BounceMail only;  // of one message there is an ordinary report
    for (const QueueId& id : ids) {
      if (!made.rest.empty()) {
        made.rest.push_back(id);
        continue;
      }
      auto stored = spool->read(id);
      if (!stored) continue;  // its own reading will tell
      const auto text = first_text(*spool, *stored);
      if (!text) continue;
      const mail::Envelope& envelope = stored->envelope;
      if (const auto more = unwritten.find(id); more != unwritten.end()) {
        stored->log.insert(stored->log.end(), more->second.begin(), more->second.end());
      }
      const auto verdicts = untold(envelope, fold(envelope, stored->log), author_of(*text));
      const auto count = std::ranges::count_if(verdicts, [](const Verdict& one) { return one.notice != Notice::none; });
      const auto said = static_cast<std::size_t>(count);
      if (!items.empty() && made.recipients + said > kDigestRecipients) {
        made.rest.push_back(id);
        continue;
      }
      made.messages.push_back(id);
      if (said == 0) continue;
      made.recipients += said;
      if (items.empty()) only = make_bounce(context, envelope, *text, verdicts, std::string());
      items.push_back(digest_item(envelope, *text, verdicts));
    }
    if (items.empty()) return made;
    auto stored = store(*spool, items.size() == 1 ? std::move(only) : make_digest(context, items));
    if (!stored) return stored.error();
    made.digest = *stored;
    return made;
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
    if (ticket->phase == Ticket::Phase::held || ticket->phase == Ticket::Phase::corrupt) continue;  // not to be read
    if (ticket->phase == Ticket::Phase::active) {
      owed_.add(batch.to, id, now - kReportHour + kBusy, now);
      continue;
    }
    index_.set(id, Ticket::Phase::active);  // nobody takes it meanwhile
    if (const auto more = unwritten_.find(id); more != unwritten_.end()) unwritten.insert(*more);
    ids.push_back(id);
  }
  ReportContext context = report_context(batch.to.front());
  context.to = batch.to;
  DigestJob job{&spool_, ids, std::move(unwritten), std::move(context)};
  const Result<DigestMade> made = co_await pool_.run(spool::Priority::normal, std::move(job));
  std::vector<QueueId> rest = ids;
  std::vector<QueueId> waiting = ids;
  if (!made) {
    log(Level::warning, "digest cannot be stored, its messages wait",
        {{"to", batch.to.front()}, {"messages", ids.size()}, {"why", made.error().text}});
  } else {
    if (made->digest != nullptr) {
      counted_.bounced += made->recipients;
      log(Level::info, "bounced in a digest",
          {{"to", batch.to.front()},
           {"bounce", made->digest->envelope().id.text()},
           {"messages", made->messages.size()}});
      accepted(*made->digest);
    }
    for (const QueueId& id : made->messages) co_await was_told(id);
    const auto told = [&made](const QueueId& id) { return std::ranges::count(made->messages, id) > 0; };
    std::erase_if(waiting, told);
    rest = made->rest;  // what could not be read is owed again once it can
  }
  for (const QueueId& id : rest) owed_.add(batch.to, id, now, now);
  for (const QueueId& id : waiting) index_.set(id, Ticket::Phase::waiting);
  digesting_ = false;
  closed();
  pump();
}

/// The digest is stored: its message ends, or waits on for those who are still pending.
Task<void> QueueImpl::was_told(QueueId id) {
  auto job = [spool = &spool_, id] { return spool->read(id); };
  Result<spool::Stored> stored = co_await pool_.run(spool::Priority::normal, std::move(job));
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
