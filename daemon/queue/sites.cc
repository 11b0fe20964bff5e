#include "queue/sites.h"

#include "base/log.h"
#include "base/random.h"
#include "mail/advice.h"
#include "mail/delivered.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace postern::queue {
namespace {

// Nobody has as many smarthosts, nor renames them as often; those beyond have no number.
constexpr std::size_t kMostNames = 1000;

Senders::Shown shown_of_sender(const mail::DeliveryReport& report) {
  // Words that may be about a recipient or the message say nothing where the sender's mail was taken beside.
  if (report.sender && !(report.sender->in_transaction && mail::delivered_any(report))) return Senders::Shown::trouble;
  if (mail::delivered_any(report)) return Senders::Shown::taken;
  const bool answered = std::ranges::any_of(report.recipients, [](const auto& status) { return status.has_value(); });
  return answered ? Senders::Shown::answer : Senders::Shown::nothing;
}

}  // namespace

bool Sites::configure(std::vector<SiteConfig> sites) {
  rates_.configure(sites);
  std::vector<SitePtr> before = std::exchange(sites_, {});
  for (SiteConfig& config : sites) {
    const auto known = std::ranges::find_if(before, [&](const SitePtr& site) {
      return site->name() == config.name && site->config().generation == config.generation;
    });
    if (known == before.end()) {
      sites_.push_back(std::make_shared<Site>(std::move(config)));
      sites_.back()->well(clock_.wall());
    } else {
      (*known)->configure(std::move(config));
      sites_.push_back(*known);
    }
  }
  std::vector<std::string> names;
  names.reserve(sites_.size());
  for (const SitePtr& site : sites_) names.push_back(site->name());
  senders_.keep_only(names);
  return !std::ranges::is_permutation(before, sites_, {}, &Site::name, &Site::name);
}

SitePtr Sites::find(const std::string& name) const {
  const auto found = std::ranges::find_if(sites_, [&](const SitePtr& site) { return site->name() == name; });
  return found == sites_.end() ? nullptr : *found;
}

template <typename Visit>
void Sites::visit(const Route& route, Visit each) const {
  if (route.unknown) return;
  if (!route.rerouted_to.empty()) {
    if (const SitePtr own = find(route.rerouted_to)) {
      each(own);
      return;
    }
  }
  if (route.sites.empty()) {
    for (const SitePtr& site : sites_) {
      if (each(site)) return;
    }
    return;
  }
  for (const std::string& name : route.sites) {
    const SitePtr site = find(name);
    if (site && each(site)) return;
  }
}

SitePtr Sites::choose(const Route& route, const std::string& sender, const Rate::Load& load) const {
  const SteadyTime now = clock_.steady();
  SitePtr chosen;
  SitePtr later;  // it takes small messages: where no other takes this one, that is where it waits
  visit(route, [&](const SitePtr& site) {
    const bool takes =
        site->accepts(now) && !rates_.closed(site->name()) && senders_.accepts(site->name(), sender, now);
    if (takes && !rates_.holds_for_long(site->name(), load)) {
      chosen = site;
      return true;
    }
    if (takes && !later) later = site;
    return !takes && keeps(*site, sender);
  });
  return chosen ? chosen : later;
}

bool Sites::keeps(const Site& site, const std::string& sender) const {
  return site.healthy() && senders_.find(site.name(), sender) == nullptr && !rates_.closed_for_long(site.name());
}

/// Of a sender in trouble one message at a time, the probe.
std::size_t Sites::appetite_of(const Site& site, const std::string& sender) const {
  const SteadyTime now = clock_.steady();
  if (rates_.closed(site.name())) return 0;
  const Senders::Trouble* const trouble = senders_.find(site.name(), sender);
  if (trouble == nullptr) return site.appetite(now);
  return senders_.accepts(site.name(), sender, now) ? std::min<std::size_t>(1, site.appetite(now)) : 0;
}

/// Failover: a site counts only while those before it are in trouble, or closed by their limits for long.
std::size_t Sites::appetite(const Route& route, const std::string& sender) const {
  std::size_t total = 0;
  visit(route, [&](const SitePtr& site) {
    total += appetite_of(*site, sender);
    return keeps(*site, sender);
  });
  return total;
}

SitePtr Sites::first_well(const Route& route, const std::string& sender) const {
  // The probe of a sender waits for a free connection as any message does.
  const SteadyTime now = clock_.steady();
  SitePtr first;
  visit(route, [&](const SitePtr& site) {
    const bool well = site->healthy() && senders_.accepts(site->name(), sender, now);
    if (well && !rates_.closed_for_long(site->name())) first = site;
    return first != nullptr;
  });
  return first;
}

bool Sites::hopeless(const Route& route, const std::string& sender) const {
  const SitePtr site = first_well(route, sender);
  return !site || rates_.closed(site->name());
}

std::optional<Sites::Held> Sites::held_at(const Site& site, const std::string& sender) const {
  if (site.refuses_every_message()) return Held{site.name(), *site.trouble(), false, site.since().value_or(WallTime())};
  if (!site.healthy()) return std::nullopt;
  const Senders::Trouble* const trouble = senders_.find(site.name(), sender);
  if (trouble != nullptr) return Held{site.name(), trouble->what, true, trouble->since};
  const auto wait = rates_.closed(site.name());
  if (!wait || wait->limit.per == RateLimit::Per::minute) return std::nullopt;
  return held_by(site, *wait);
}

Sites::Held Sites::held_by(const Site& site, const Rate::Wait& wait) const {
  Held held;
  held.site = site.name();
  held.trouble.step = mail::Step::mail;
  held.trouble.text = fmt::format("{}: {} ({})", site.name(), wait_words(wait.limit), to_text(wait.limit));
  held.since = site.well_since();
  held.by_limit = true;
  return held;
}

std::optional<Sites::Held> Sites::held(const Route& route, const std::string& sender) const {
  std::optional<Held> newest;
  visit(route, [&](const SitePtr& site) {
    std::optional<Held> one = held_at(*site, sender);
    const bool none = !one.has_value();
    if (none || !newest || one->since > newest->since) newest = std::move(one);
    return none;
  });
  return newest;
}

std::optional<Sites::Held> Sites::kept_back(const Route& route, const std::string& sender) const {
  std::optional<Held> first;
  bool open = false;
  visit(route, [&](const SitePtr& site) {
    open = keeps(*site, sender);
    if (open || first) return open;
    first = held_at(*site, sender);
    if (!site->healthy()) first = Held{site->name(), *site->trouble(), false, site->since().value_or(WallTime())};
    return false;
  });
  if (sites_.empty() && !route.unknown) first.emplace().trouble.text = config_.no_site;
  return open ? std::nullopt : first;
}

std::uint16_t Sites::number_of(const std::string& site) {
  const auto known = std::ranges::find(known_, site);
  if (known != known_.end()) return static_cast<std::uint16_t>(known - known_.begin());
  if (known_.size() == kMostNames) return 0;
  known_.push_back(site);
  return static_cast<std::uint16_t>(known_.size() - 1);
}

SitePtr Sites::waited_for(const Route& route, std::uint16_t number) const {
  const SitePtr last = find(known_[number]);
  SitePtr waited;
  visit(route, [&](const SitePtr& site) {
    if (!waited || site == last) waited = site;
    return site == last;
  });
  return waited;
}

void Sites::probe(Probe probe, const std::string& site) {
  for (const SitePtr& one : sites_) {
    if (site.empty() || one->name() == site) one->force_probe(clock_.steady(), probe);
  }
  // A sender that was refused is for an administrator to try: the server answered, and may count the tries.
  if (probe == Probe::forced) senders_.force_probe(site, clock_.steady());
}

void Sites::hint(const Route& route) {
  visit(route, [this](const SitePtr& site) {
    site->force_probe(clock_.steady(), Probe::hint);
    return false;
  });
}

bool Sites::leads_to(const Route& route, const std::string& site) const {
  bool leads = false;
  visit(route, [&](const SitePtr& one) { return leads = one->name() == site; });
  return leads;
}

bool Sites::closed_by_messages() const {
  return std::ranges::any_of(sites_, [](const SitePtr& site) { return !site->healthy() && site->judge().inferred(); });
}

bool Sites::closed_by_others(std::uint32_t party, const Route& route) const {
  bool closed = false;
  visit(route, [&](const SitePtr& site) { return closed = !site->healthy() && site->judge().says_nothing_of(party); });
  return closed;
}

bool Sites::open_for(std::optional<std::uint32_t> party, const Route& route) {
  bool opened = false;
  visit(route, [&](const SitePtr& site) {
    if (site->healthy() || !site->judge().says_nothing_of(party)) return false;
    site->judge().open_again(party);
    tell(*site, site->recovered());
    opened = true;
    return false;
  });
  return opened;
}

void Sites::recovered(const std::string& name) {
  if (const SitePtr site = find(name)) tell(*site, site->recovered());
}

void Sites::failed(const std::string& name, const mail::SiteTrouble& trouble) {
  const SitePtr site = find(name);
  if (!site || site->active() > 0) return;
  const Site::Permit permit = site->started(clock_.steady());
  tell(*site, site->finished(permit, trouble, clock_.steady(), clock_.wall(), config_.retry, random_fraction()));
}

Sites::Permit Sites::started(Site& site, const Sender& sender) {
  const Site::Permit permit = site.started(clock_.steady());
  return {permit, senders_.started(site.name(), sender.key, clock_.steady())};
}

void Sites::returned(Site& site, const Permit& permit, const Sender& sender) {
  site.returned(permit.site);
  const mail::DeliveryReport nothing;
  const Attempted nobody{};
  (void)learn_sender(site, permit, nothing, sender, nobody);
}

bool Sites::learn(Site& site, const Permit& permit, const mail::DeliveryReport& report, const Sender& sender,
                  const Attempted& attempted) {
  Conclusion conclusion;
  if (site.is_current(permit.site)) conclusion = site.judge().conclude(report, attempted, site.trouble());
  if (conclusion.kind == Conclusion::Kind::unchanged) {
    site.unchanged(permit.site, clock_.steady(), random_fraction());
  } else {
    tell(site, site.finished(permit.site, conclusion.trouble, clock_.steady(), clock_.wall(), config_.retry,
                             random_fraction()));
  }
  if (mail::delivered_any(report)) site.delivered(clock_.wall());
  // It began before the site was closed for refusing every message, and was taken: so it does not.
  if (mail::delivered_any(report) && site.refuses_every_message()) {
    site.judge().forgive();
    tell(site, site.recovered());
  }
  return learn_sender(site, permit, report, sender, attempted);
}

bool Sites::learn_sender(const Site& site, const Permit& permit, const mail::DeliveryReport& report,
                         const Sender& sender, const Attempted& attempted) {
  // If its settings are others now, what was learnt counts no more, but the probe has ended.
  const bool counts = find(site.name()).get() == &site;
  const Senders::Shown shown = counts ? shown_of_sender(report) : Senders::Shown::nothing;
  const mail::SiteTrouble none;
  const Senders::Ended ended{shown, report.sender.value_or(none), attempted.id, attempted.party.value_or(mail::kNoUid)};
  const Senders::Change change = senders_.finished(site.name(), sender, permit.sender, ended, clock_.steady(),
                                                   clock_.wall(), config_.retry, random_fraction());
  tell_sender(site, sender, change);
  const bool of_message = counts && report.sender && shown != Senders::Shown::trouble;
  return change != Senders::Change::unknown && !of_message;
}

void Sites::tell(Site& site, Site::Change change) {
  if (change == Site::Change::none) return;
  if (change == Site::Change::up) {
    site.well(clock_.wall());
    ++changes_;
    log(Level::notice, "site up", {{"site", site.name()}});
    return;
  }
  if (change == Site::Change::fewer) {
    log(Level::notice, "too many connections for the smarthost, fewer for a while",
        {{"site", site.name()}, {"connections", site.connections(clock_.steady())}});
    return;
  }
  ++changes_;
  const mail::SiteTrouble& trouble = *site.trouble();
  if (trouble.failure == Failure::cancelled) return;  // that is us, at the stop
  const auto probe = site.next_probe().value_or(clock_.steady()) - clock_.steady();
  const bool alarm = change == Site::Change::login_refused;
  const std::string_view what = alarm                          ? "site down: the login failed"
                                : change == Site::Change::down ? "site down"
                                                               : "site still down";
  log(alarm ? Level::error : Level::warning, what,
      {{"site", site.name()},
       {"step", mail::name(trouble.step)},
       {"why", trouble.text},
       {"advice", mail::advice_or_check(trouble, site.name())},
       {"next_try_in", std::chrono::ceil<Seconds>(probe)}});
}

void Sites::tell_sender(const Site& site, const Sender& sender, Senders::Change change) {
  if (change == Senders::Change::none || change == Senders::Change::unknown) return;
  if (change == Senders::Change::ended) {
    log(Level::notice, "sender is taken again", {{"site", site.name()}, {"sender", sender.shown}});
    return;
  }
  const Senders::Trouble& trouble = *senders_.find(site.name(), sender.key);
  std::string advice = mail::advice(trouble.what, site.name());
  if (advice.empty()) advice = "see whether the account may send as this sender";
  log(Level::error, "sender is not taken by the smarthost, its mail waits",
      {{"site", site.name()},
       {"sender", sender.shown},
       {"step", mail::name(trouble.what.step)},
       {"why", trouble.what.text},
       {"advice", advice},
       {"next_try_in", std::chrono::ceil<Seconds>(trouble.probe_at - clock_.steady())}});
}

std::optional<SteadyTime> Sites::wake() const {
  const SteadyTime now = clock_.steady();
  std::optional<SteadyTime> first = senders_.wake(now);
  if (const auto opens = rates_.wake()) first = std::min(first.value_or(*opens), *opens);
  for (const SitePtr& site : sites_) {
    const auto opens = site->wake(now);
    if (opens && *opens > now) first = std::min(first.value_or(*opens), *opens);
  }
  return first;
}

WallTime Sites::wall_at(SteadyTime time) const {
  return clock_.wall() + std::max(std::chrono::ceil<Milliseconds>(time - clock_.steady()), Milliseconds(0));
}

std::vector<SenderStatus> Sites::troubled_senders(const Site& site) const {
  const SteadyTime now = clock_.steady();
  const bool open = site.healthy() && !rates_.closed(site.name());
  std::vector<SenderStatus> list;
  for (const Senders::Trouble* one : senders_.at(site.name(), now, open)) {
    if (std::ranges::find(list, one->sender.shown, &SenderStatus::sender) != list.end()) continue;
    const auto next = one->probing ? std::nullopt : std::optional(wall_at(one->probe_at));
    list.push_back({one->sender.shown, one->what, one->since, next});
  }
  return list;
}

std::vector<SiteStatus> Sites::status() const {
  std::vector<SiteStatus> list;
  for (const SitePtr& site : sites_) {
    SiteStatus status;
    status.name = site->name();
    status.active = site->active();
    status.trouble = site->trouble();
    status.since = site->since();
    if (const auto probe = site->next_probe()) status.next_probe = wall_at(*probe);
    status.connections = site->connections(clock_.steady());
    status.senders = troubled_senders(*site);
    status.last_delivery = site->last_delivery();
    status.tried = site->tried();
    if (const auto wait = rates_.closed(site->name())) status.limited = Limited{wait->limit, wait->until};
    list.push_back(std::move(status));
  }
  return list;
}

}  // namespace postern::queue
