#include "queue/alarms.h"

#include "base/log.h"

#include <algorithm>
#include <utility>

namespace postern::queue {

Alarms::Alarms(const Ground& ground, const Config& config, const Sites& sites, Reports& reports, Watchers& watchers,
               OpenWork& work)
    : ground_(ground), config_(config), sites_(sites), reports_(reports), watchers_(watchers), work_(work) {}

void Alarms::watch_over(const Inspector& inspector) {
  if (!config_.tell_operator) {
    untold_.clear();
    telling_.reset();
  }
  if (config_.notify.address.empty() && !config_.tell_operator) {
    put_off_ = false;
    return;
  }
  const SteadyTime now = ground_.clock.steady();
  const bool changed = std::exchange(seen_changes_, sites_.changes()) != sites_.changes();
  put_off_ = !changed && looked_ && now - *looked_ < kLookEvery;
  if (!put_off_) look(inspector, now);
  tell();
}

void Alarms::look(const Inspector& inspector, SteadyTime now) {
  looked_ = now;
  const Totals totals = inspector.totals();
  AlarmJudge::Seen seen;
  for (const SiteStatus& site : sites_.status()) {
    seen.sites.push_back({site.name, site.trouble});
    for (const SenderStatus& one : site.senders) seen.senders.push_back({site.name, one.sender, one.trouble});
  }
  const auto is_bad = [](const AlarmJudge::Site& site) { return site.trouble.has_value(); };
  if (std::ranges::any_of(seen.sites, is_bad)) {
    const std::map<std::string, std::size_t> due = inspector.due_by_site();
    for (AlarmJudge::Site& site : seen.sites) {
      if (const auto count = due.find(site.name); count != due.end()) site.waiting = count->second;
    }
  }
  // What is under way is not delivered: most alarms are raised while the attempt that met the trouble is being ended.
  seen.waiting = totals.waiting + totals.active;
  if (totals.oldest) seen.oldest = totals.oldest_age;
  seen.doubtful = totals.doubtful;
  seen.failed = totals.failed - failed_alarms(totals.failed);
  seen.corrupt = totals.corrupt;
  seen.refused = totals.refused;
  for (Alarm& alarm : judge_.look(seen, config_.notify.after, now)) raise(std::move(alarm), now);
}

void Alarms::raise(Alarm alarm, SteadyTime now) {
  log(alarm.what == Alarm::What::trouble ? Level::error : Level::notice, "alarm",
      {{"what", name(alarm.what)}, {"text", alarm.text}});
  if (config_.tell_operator) {
    if (const auto lost = untold_.add(alarm, now)) {
      log(Level::error, "an alarm is given up, too many wait for notify.command", {{"text", lost->text}});
    }
  }
  if (!config_.notify.address.empty()) work_.spawn(send(std::move(alarm)), "alarm");
}

void Alarms::tell() {
  if (!config_.tell_operator) return;
  std::optional<Alarm> next = untold_.take(ground_.clock.steady());
  if (!next) return;
  telling_ = std::make_shared<int>(0);
  const std::string what(name(next->what));
  const std::string text = next->text;
  // The program may outlive this, or be of settings that are gone.
  auto ended = [this, alarm = std::move(*next), current = std::weak_ptr<int>(telling_)](const Result<void>& result) {
    if (!current.expired()) was_told(alarm, result);
  };
  config_.tell_operator(what, text, std::move(ended));
}

void Alarms::was_told(const Alarm& alarm, const Result<void>& result) {
  telling_.reset();
  if (result) {
    untold_.told();
  } else if (const auto pause = untold_.failed(ground_.clock.steady())) {
    log(Level::warning, "notify.command failed",
        {{"text", alarm.text}, {"why", result.error().text}, {"next_try_in", *pause}});
  } else {
    log(Level::error, "notify.command failed, the alarm is given up",
        {{"text", alarm.text}, {"why", result.error().text}, {"tries", AlarmBacklog::kTries}});
  }
  tell();
}

Task<void> Alarms::send(Alarm alarm) {
  const ReportContext context = reports_.context(config_.notify.address);
  const AlarmMail mail{config_.hostname, config_.domain, context.id.str(), context.to.front(), context.now};
  auto make = [spool = &ground_.spool, note = make_note(context, alarm_text(mail, alarm))] {
    return store(*spool, note);
  };
  follow(context.id);
  const Reports::Stored stored = co_await reports_.store("alarm", std::move(make));
  if (!stored) {
    mails_.erase(context.id);
    log(Level::warning, "an alarm cannot be stored", {{"text", alarm.text}, {"why", stored.error().text}});
  }
}

void Alarms::follow(const QueueId& id) {
  std::erase_if(mails_, [](const auto& mail) { return mail.second->ended; });
  const auto mail = std::make_shared<Mail>();
  mail->watch = watchers_.add(id, [this, followed = std::weak_ptr<Mail>(mail)](const Event& event) {
    const std::shared_ptr<Mail> own = followed.lock();
    if (own == nullptr) return;
    if (event.kind == Event::Kind::failed) own->failed = true;
    if (event.kind != Event::Kind::removed || std::exchange(own->ended, true)) return;
    if (own->failed) ++failed_alarms_;
  });
  mails_.emplace(id, mail);
}

std::size_t Alarms::failed_alarms(std::size_t failed) {
  failed_alarms_ = std::min(failed_alarms_, failed);  // somebody may have removed them
  return failed_alarms_;
}

}  // namespace postern::queue
