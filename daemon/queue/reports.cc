#include "queue/reports.h"

#include "base/log.h"
#include "base/zone.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <utility>

namespace postern::queue {
namespace {

/// After the digest's time its message looks again whether it was told.
constexpr Seconds kDigestSlack{600};
/// A message that is at work just now is asked again after this time.
constexpr Seconds kBusy{60};

struct Original {
  Author author = Author::person;
  std::string text;  ///< first_text()
};

Result<Original> read_original(spool::Spool& spool, const spool::Stored& stored) {
  auto text = first_text(spool, stored);
  if (!text) return text.error();
  const Author author = author_of(*text);
  return Original{author, std::move(*text)};
}

/// Where mail for the sender goes; at least one.
Mailboxes mailboxes_of(const Config& config, const std::string& sender) {
  Mailboxes to;
  if (config.expand) to = config.expand(sender);
  if (to.empty()) to.push_back(sender);
  return to;
}

bool is_said(const Finding& one) { return one.notice != Notice::none; }

/// What is not told now is owed, but a warning of a delay: the next attempt brings another.
void leave_untold(std::vector<Finding>& findings) {
  for (Finding& one : findings) {
    if (is_said(one) && one.notice != Notice::delayed) one.note = spool::Note::untold;
  }
}

/// The event: what the report is about first of all.
std::string_view told_as(const std::vector<Finding>& findings) {
  if (std::ranges::find(findings, Notice::failed, &Finding::notice) != findings.end()) return "bounced";
  if (std::ranges::find(findings, Notice::delayed, &Finding::notice) != findings.end()) return "delay reported";
  return "success reported";
}

/// Of each message by itself, also where one report is about many: whoever looks for it finds that its sender was told.
void log_told(std::string_view about, const QueueId& id, std::string_view to, const spool::Draft& report,
              std::size_t recipients) {
  log(Level::info, about,
      {{"id", id.text()}, {"to", to}, {"bounce", report.envelope().id.text()}, {"recipients", recipients}});
}

struct InDigest {
  QueueId id;
  std::size_t recipients = 0;  ///< 0: nothing may be said of it
  std::string_view event;      ///< told_as()
};

struct StoredDigest {
  std::shared_ptr<spool::Draft> stored;  ///< nothing: nobody may be told anything
  std::size_t recipients = 0;            ///< in the digest
  std::vector<InDigest> messages;
  std::vector<QueueId> rest;  ///< for which it had no room
};

/// Log lines that are not in the files.
using Unwritten = std::map<QueueId, std::vector<spool::LogLine>>;

/// Reads the messages, and stores what is to be said of them. Blocks.
Result<StoredDigest> make_and_store(spool::Spool& spool, const std::vector<QueueId>& ids, const Unwritten& unwritten,
                                    const ReportContext& context) {
  StoredDigest made;
  std::vector<mail::DigestItem> items;
  BounceMail only;  // of one message there is an ordinary report
  for (const QueueId& id : ids) {
    if (!made.rest.empty()) {
      made.rest.push_back(id);
      continue;
    }
    auto stored = spool.read(id);
    if (!stored) continue;  // its own reading will tell
    const auto text = first_text(spool, *stored);
    if (!text) continue;
    const mail::Envelope& envelope = stored->envelope;
    if (const auto more = unwritten.find(id); more != unwritten.end()) {
      stored->log.insert(stored->log.end(), more->second.begin(), more->second.end());
    }
    const auto findings = untold(envelope, fold(envelope, stored->log), author_of(*text));
    const auto said = static_cast<std::size_t>(std::ranges::count_if(findings, is_said));
    if (!items.empty() && made.recipients + said > kDigestRecipients) {
      made.rest.push_back(id);
      continue;
    }
    made.messages.push_back({id, said, told_as(findings)});
    if (said == 0) continue;
    made.recipients += said;
    if (items.empty()) only = make_bounce(context, envelope, *text, findings, std::string());
    items.push_back(digest_item(envelope, *text, findings));
  }
  if (items.empty()) return made;
  auto stored = store(spool, items.size() == 1 ? std::move(only) : make_digest(context, items));
  if (!stored) return stored.error();
  made.stored = *stored;
  return made;
}

}  // namespace

Reports::Reports(const Ground& ground, const Config& config, Timekeeper& time, Messages& messages, OpenWork& work)
    : ground_(ground), config_(config), time_(time), messages_(messages), work_(work) {}

ReportContext Reports::context(const std::string& address) {
  ReportContext context;
  context.to = mailboxes_of(config_, address);
  context.options = static_cast<const QueueOptions&>(config_);
  context.names = static_cast<const mail::HostNames&>(config_);
  context.id = time_.new_id();
  context.now = ground_.clock.wall();
  context.utc_offset = utc_offset(context.now);
  return context;
}

Task<Reports::Stored> Reports::store(std::string_view why, std::function<Stored()> make) {
  Stored stored = co_await ground_.pool.run(spool::Priority::normal, std::move(make));
  if (stored) {
    messages_.add_own(**stored, why);
    work_.changed();
  }
  co_return stored;
}

Task<void> Reports::report(const StoredMessage& message, Actions& actions, const std::string& host) {
  std::vector<Finding>& findings = actions.findings;
  if (std::ranges::none_of(findings, is_said)) co_return;
  const QueueId id = message.id();
  auto reading = [spool = &ground_.spool, stored = message.stored()] { return read_original(*spool, *stored); };
  Result<Original> original = co_await ground_.pool.run(spool::Priority::normal, std::move(reading));
  if (!original) {
    log(Level::warning, "bounce cannot be made, its message waits",
        {{"id", id.text()}, {"why", original.error().text}});
    leave_untold(findings);
    co_return;
  }
  for (Finding& one : findings) {
    one.notice = permitted(one.notice, original->author, recipient_of(message.envelope(), one.recipient));
  }
  const auto count = static_cast<std::size_t>(std::ranges::count_if(findings, is_said));
  if (count == 0) co_return;
  ReportContext context = this->context(message.envelope().sender);
  context.age = time_.age(messages_.ready_since(id, message.envelope().accepted));
  const std::string to = context.to.front();
  const std::uint32_t party = config_.parties.of(message.envelope().source);
  if (!sent_.take(to, party, ground_.clock.steady(), config_.bounces.per_sender, config_.bounces.per_hour)) {
    log(Level::notice, "too many reports within an hour, this one waits for the digest",
        {{"id", id.text()}, {"to", to}});
    leave_untold(findings);
    co_return;
  }
  auto make = [spool = &ground_.spool, about = message.stored(), text = std::move(original->text),
               context = std::move(context), findings, host]() -> Stored {
    return queue::store(*spool, make_bounce(context, about->envelope, text, findings, host));
  };
  const Stored stored = co_await store("report", std::move(make));
  if (!stored) {
    log(Level::warning, "bounce cannot be stored, its message waits",
        {{"id", id.text()}, {"why", stored.error().text}});
    leave_untold(findings);
    co_return;
  }
  for (Finding& one : findings) {
    if (one.notice == Notice::delayed) one.note = spool::Note::warned;
    if (one.notice == Notice::failed) ++messages_.counted().bounced;
  }
  log_told(told_as(findings), id, to, **stored, count);
}

WallTime Reports::owe(const mail::Envelope& envelope, WallTime since) {
  const WallTime now = ground_.clock.wall();
  const Mailboxes to = mailboxes_of(config_, envelope.sender);
  owed_.add(to, envelope.id, since, now);
  return std::max(owed_.due(to).value_or(now), now) + kDigestSlack;
}

void Reports::start_digest() {
  const auto due = owed_.due();
  if (*digesting_ || !due || *due > ground_.clock.wall()) return;
  const std::size_t most = config_.bounces.per_hour;
  if (!digests_.take(std::string(), mail::kNoUid, ground_.clock.steady(), most, most)) return;
  auto batch = owed_.take(ground_.clock.wall());
  work_.spawn(digest(std::move(*batch), UnderWay(digesting_)), "digest of reports");
}

Task<void> Reports::digest(OwedReports::Batch batch, UnderWay) {
  const WallTime now = ground_.clock.wall();
  Index& index = messages_.index();
  std::vector<QueueId> ids;
  Unwritten unwritten;
  for (const QueueId& id : batch.ids) {
    const Ticket* ticket = index.find(id);
    if (ticket == nullptr) continue;
    if (ticket->phase == Ticket::Phase::held || ticket->phase == Ticket::Phase::corrupt) continue;  // not to be read
    if (ticket->phase == Ticket::Phase::active) {
      owed_.add(batch.to, id, now - kReportHour + kBusy, now);
      continue;
    }
    index.set(id, Ticket::Phase::active);  // nobody takes it meanwhile
    unwritten.emplace(id, messages_.unwritten(id));
    ids.push_back(id);
  }
  ReportContext context = this->context(batch.to.front());
  context.to = batch.to;
  auto job = [spool = &ground_.spool, ids, unwritten = std::move(unwritten), context = std::move(context)] {
    return make_and_store(*spool, ids, unwritten, context);
  };
  const Result<StoredDigest> made = co_await ground_.pool.run(spool::Priority::normal, std::move(job));
  std::vector<QueueId> rest = ids;
  std::vector<QueueId> waiting = ids;
  if (!made) {
    log(Level::warning, "digest cannot be stored, its messages wait",
        {{"to", batch.to.front()}, {"messages", ids.size()}, {"why", made.error().text}});
  } else {
    if (made->stored != nullptr) {
      messages_.counted().bounced += made->recipients;
      for (const InDigest& one : made->messages) {
        if (one.recipients > 0) log_told(one.event, one.id, batch.to.front(), *made->stored, one.recipients);
      }
      messages_.add_own(*made->stored, "digest");
      work_.changed();
    }
    for (const InDigest& one : made->messages) co_await was_told(one.id);
    const auto told = [&made](const QueueId& id) {
      return std::ranges::find(made->messages, id, &InDigest::id) != made->messages.end();
    };
    std::erase_if(waiting, told);
    rest = made->rest;  // what could not be read is owed again once it can
  }
  for (const QueueId& id : rest) owed_.add(batch.to, id, now, now);
  for (const QueueId& id : waiting) index.set(id, Ticket::Phase::waiting);
}

Task<void> Reports::was_told(QueueId id) {
  Result<MessagePtr> loaded = co_await messages_.load(id);
  if (!loaded) {
    Error error = loaded.error();
    co_await messages_.put_aside(id, std::move(error));
    co_return;
  }
  const StoredMessage& message = **loaded;
  Actions actions;
  actions.findings = untold(message.envelope(), message.states(), Author::person);
  actions.durability = spool::Durability::synced;
  if (message.pending().empty()) {
    co_await messages_.finish(message, actions.findings);
    co_return;
  }
  const Ticket* ticket = messages_.index().find(id);
  actions.next = ticket == nullptr ? ground_.clock.wall() : ticket->due;
  co_await messages_.keep(message, std::move(actions));
}

}  // namespace postern::queue
