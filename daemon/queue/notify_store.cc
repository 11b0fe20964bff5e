// Looking for trouble, and telling the operator by mail and by a program.
#include "base/log.h"
#include "queue/bounce.h"
#include "queue/notify.h"
#include "queue/queue_impl.h"

#include <algorithm>
#include <utility>

namespace postern::queue {

void QueueImpl::watch_over() {
  if (config_.notify.address.empty() && !config_.tell_operator) return;
  const SteadyTime now = clock_.steady();
  if (looked_ && now - *looked_ < kLookEvery) return;
  looked_ = now;
  Alarms::Seen seen;
  for (const SitePtr& site : sites_) seen.sites.push_back({site->name(), site->trouble()});
  const Totals totals = this->totals();
  seen.waiting = totals.waiting;
  if (totals.oldest) seen.oldest = totals.oldest_age;
  for (Alarm& alarm : alarms_.look(seen, config_.notify.after, now)) {
    log(Level::notice, "alarm", {{"what", name(alarm.what)}, {"text", alarm.text}});
    if (config_.tell_operator) config_.tell_operator(std::string(name(alarm.what)), alarm.text);
    if (config_.notify.address.empty()) continue;
    ++open_;
    spawn(loop_, send_alarm(std::move(alarm)), "alarm");
  }
}

/// From the null sender: an alarm that fails makes no further mail.
Task<void> QueueImpl::send_alarm(Alarm alarm) {
  ReportContext context = report_context(config_.notify.address);
  const AlarmMail mail{config_.hostname, config_.domain, context.id.str(), context.to.front(), context.now};
  auto job = [spool = &spool_, note = make_note(context, alarm_text(mail, alarm))] { return store(*spool, note); };
  const Result<std::shared_ptr<spool::Draft>> stored = co_await pool_.run(spool::Priority::normal, std::move(job));
  if (stored) {
    accepted(**stored);
  } else {
    log(Level::warning, "an alarm cannot be stored", {{"text", alarm.text}, {"why", stored.error().text}});
  }
  closed();
  pump();
}

}  // namespace postern::queue
