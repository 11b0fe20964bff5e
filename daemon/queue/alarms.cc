#include "queue/alarms.h"

#include "base/log.h"

#include <utility>

namespace postern::queue {

Alarms::Alarms(const Ground& ground, const Config& config, const Sites& sites, Reports& reports, OpenWork& work)
    : ground_(ground), config_(config), sites_(sites), reports_(reports), work_(work) {}

void Alarms::watch_over(const std::function<Totals()>& totals) {
  const Notify& notify = config_.notify;
  if (notify.address.empty() && !config_.tell_operator) return;
  const SteadyTime now = ground_.clock.steady();
  const bool changed = std::exchange(seen_changes_, sites_.changes()) != sites_.changes();
  if (!changed && looked_ && now - *looked_ < kLookEvery) return;
  looked_ = now;
  AlarmJudge::Seen seen;
  for (const SitePtr& site : sites_.all()) seen.sites.push_back({site->name(), site->trouble()});
  const Totals counted = totals();
  seen.waiting = counted.waiting;
  if (counted.oldest) seen.oldest = counted.oldest_age;
  for (Alarm& alarm : judge_.look(seen, notify.after, now)) {
    log(Level::notice, "alarm", {{"what", name(alarm.what)}, {"text", alarm.text}});
    if (config_.tell_operator) config_.tell_operator(std::string(name(alarm.what)), alarm.text);
    if (!notify.address.empty()) work_.spawn(send(std::move(alarm)), "alarm");
  }
}

Task<void> Alarms::send(Alarm alarm) {
  const ReportContext context = reports_.context(config_.notify.address);
  const AlarmMail mail{config_.hostname, config_.domain, context.id.str(), context.to.front(), context.now};
  auto make = [spool = &ground_.spool, note = make_note(context, alarm_text(mail, alarm))] {
    return store(*spool, note);
  };
  const Reports::Stored stored = co_await reports_.store(std::move(make));
  if (!stored) {
    log(Level::warning, "an alarm cannot be stored", {{"text", alarm.text}, {"why", stored.error().text}});
  }
}

}  // namespace postern::queue
