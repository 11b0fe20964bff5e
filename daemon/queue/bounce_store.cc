// Telling the sender what became of a message: the report is on disk before anything of it is settled.
#include "base/log.h"
#include "base/zone.h"
#include "queue/bounce.h"
#include "queue/queue_impl.h"

#include <algorithm>
#include <utility>

namespace postern::queue {
namespace {

/// After the digest's time its message looks again whether it was told.
constexpr Seconds kDigestSlack{600};

struct Original {
  Author author = Author::person;
  std::string text;  ///< first_text()
};

struct ReadJob {
  spool::Spool* spool;
  std::shared_ptr<spool::Stored> stored;

  Result<Original> operator()() const {
    auto text = first_text(*spool, *stored);
    if (!text) return text.error();
    const Author author = author_of(*text);
    return Original{author, std::move(*text)};
  }
};

/// Storing a report about one message.
struct ReportJob {
  spool::Spool* spool;
  std::shared_ptr<spool::Stored> stored;
  std::string text;
  ReportContext context;
  std::vector<Verdict> verdicts;
  std::string host;

  Result<std::shared_ptr<spool::Draft>> operator()() const {
    return store(*spool, make_bounce(context, stored->envelope, text, verdicts, host));
  }
};

/// Where mail for the sender goes; at least one.
Mailboxes mailboxes_of(const Config& config, const std::string& sender) {
  Mailboxes to;
  if (config.expand) to = config.expand(sender);
  if (to.empty()) to.push_back(sender);
  return to;
}

bool is_said(const Verdict& one) { return one.notice != Notice::none; }

/// What is not told now is owed, but a warning of a delay: the next attempt brings another.
void leave_untold(std::vector<Verdict>& verdicts) {
  for (Verdict& one : verdicts) {
    if (is_said(one) && one.notice != Notice::delayed) one.note = spool::Note::untold;
  }
}

}  // namespace

ReportContext QueueImpl::report_context(const std::string& sender) {
  ReportContext context;
  context.to = mailboxes_of(config_, sender);
  context.options = config_;
  context.names = config_;
  context.id = new_id();
  context.now = clock_.wall();
  context.utc_offset = utc_offset(context.now);
  return context;
}

Task<void> QueueImpl::report(const StoredMessage& message, Actions& actions, const std::string& host) {
  std::vector<Verdict>& verdicts = actions.verdicts;
  if (std::ranges::none_of(verdicts, is_said)) co_return;
  const QueueId id = message.id();
  ReadJob reading{&spool_, message.stored()};
  Result<Original> original = co_await pool_.run(spool::Priority::normal, std::move(reading));
  if (!original) {
    log(Level::warning, "bounce cannot be made, its message waits",
        {{"id", id.text()}, {"why", original.error().text}});
    leave_untold(verdicts);
    co_return;
  }
  for (Verdict& one : verdicts) {
    one.notice = permitted(one.notice, original->author, message.envelope().recipients[one.recipient]);
  }
  const auto count = static_cast<std::size_t>(std::ranges::count_if(verdicts, is_said));
  if (count == 0) co_return;
  ReportContext context = report_context(message.envelope().sender);
  context.age = gaps_.age(message.envelope().accepted, context.now);
  const std::string to = context.to.front();
  if (!reports_.take(to, clock_.steady(), config_.bounces.per_sender, config_.bounces.per_hour)) {
    log(Level::notice, "too many reports within an hour, this one waits for the digest",
        {{"id", id.text()}, {"to", to}});
    leave_untold(verdicts);
    co_return;
  }
  ReportJob job{&spool_, message.stored(), std::move(original->text), std::move(context), verdicts, host};
  const Result<std::shared_ptr<spool::Draft>> stored = co_await pool_.run(spool::Priority::normal, std::move(job));
  if (!stored) {
    log(Level::warning, "bounce cannot be stored, its message waits",
        {{"id", id.text()}, {"why", stored.error().text}});
    leave_untold(verdicts);
    co_return;
  }
  for (Verdict& one : verdicts) {
    if (one.notice == Notice::delayed) one.note = spool::Note::warned;
    if (one.notice == Notice::failed) ++counted_.bounced;
  }
  log(Level::info, "bounced",
      {{"id", id.text()}, {"to", to}, {"bounce", (*stored)->envelope().id.text()}, {"recipients", count}});
  accepted(**stored);
}

WallTime QueueImpl::owe(const mail::Envelope& envelope, WallTime since) {
  const WallTime now = clock_.wall();
  const Mailboxes to = mailboxes_of(config_, envelope.sender);
  owed_.add(to, envelope.id, since, now);
  return std::max(owed_.due(to).value_or(now), now) + kDigestSlack;
}

}  // namespace postern::queue
