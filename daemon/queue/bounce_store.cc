// Telling the sender what became of a message: the report is on disk before anything of it is settled.
#include "base/log.h"
#include "queue/bounce.h"
#include "queue/queue_impl.h"

#include <algorithm>
#include <utility>

namespace postern::queue {
namespace {

/// After the digest's time its message looks again whether it was told.
constexpr Seconds kDigestSlack{600};

/// Storing a report about one message.
struct ReportJob {
  spool::Spool* spool;
  std::shared_ptr<spool::Stored> stored;
  ReportContext context;
  std::vector<Verdict> verdicts;
  std::string host;

  Result<std::shared_ptr<spool::Draft>> operator()() const {
    const auto text = first_text(*spool, *stored);
    if (!text) return text.error();
    return store(*spool, make_bounce(context, stored->envelope, *text, verdicts, host));
  }
};

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
  if (config_.expand) context.to = config_.expand(sender);
  if (context.to.empty()) context.to.push_back(sender);
  context.config = config_;
  context.config.expand = nullptr;
  context.config.notify.run = nullptr;
  context.id = new_id();
  context.now = clock_.wall();
  return context;
}

Task<Result<Author>> QueueImpl::author(const StoredMessage& message) {
  auto job = [spool = &spool_, stored = message.stored()]() -> Result<Author> {
    const auto text = first_text(*spool, *stored);
    if (!text) return text.error();
    return author_of(*text);
  };
  co_return co_await pool_.run(std::move(job));
}

Task<void> QueueImpl::report(const StoredMessage& message, Actions& actions, const std::string& host) {
  std::vector<Verdict>& verdicts = actions.verdicts;
  if (std::ranges::none_of(verdicts, is_said)) co_return;
  const QueueId id = message.id();
  const std::string& sender = message.envelope().sender;
  const Result<Author> author = co_await this->author(message);
  if (!author) {
    log(Level::warning, "bounce cannot be made, its message waits", {{"id", id.text()}, {"why", author.error().text}});
    leave_untold(verdicts);
    co_return;
  }
  for (Verdict& one : verdicts) {
    one.notice = permitted(one.notice, *author, message.envelope().recipients[one.recipient]);
  }
  const auto count = static_cast<std::size_t>(std::ranges::count_if(verdicts, is_said));
  if (count == 0) co_return;
  if (!reports_.take(sender, clock_.steady(), config_.bounces.per_sender, config_.bounces.per_hour)) {
    log(Level::notice, "too many reports within an hour, this one waits for the digest",
        {{"id", id.text()}, {"to", sender}});
    leave_untold(verdicts);
    co_return;
  }
  ReportJob job{&spool_, message.stored(), report_context(sender), verdicts, host};
  const Result<std::shared_ptr<spool::Draft>> stored = co_await pool_.run(std::move(job));
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
      {{"id", id.text()}, {"to", sender}, {"bounce", (*stored)->envelope().id.text()}, {"recipients", count}});
  accepted(**stored);
}

WallTime QueueImpl::owe(const mail::Envelope& envelope, WallTime since) {
  const WallTime now = clock_.wall();
  owed_.add(envelope.sender, envelope.id, since, now);
  return std::max(owed_.due(envelope.sender).value_or(now), now) + kDigestSlack;
}

}  // namespace postern::queue
