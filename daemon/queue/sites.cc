#include "queue/sites.h"

#include "base/log.h"
#include "base/random.h"
#include "mail/advice.h"

#include <algorithm>
#include <utility>

namespace postern::queue {
namespace {

// Nobody has as many smarthosts, nor renames them as often; those beyond have no number.
constexpr std::size_t kMostNames = 1000;

}  // namespace

void Sites::configure(std::vector<SiteConfig> sites) {
  rates_.configure(sites);
  std::vector<SitePtr> before = std::exchange(sites_, {});
  for (SiteConfig& config : sites) {
    const auto known = std::ranges::find_if(before, [&](const SitePtr& site) {
      return site->name() == config.name && site->config().generation == config.generation;
    });
    if (known == before.end()) {
      sites_.push_back(std::make_shared<Site>(std::move(config)));
    } else {
      (*known)->configure(std::move(config));
      sites_.push_back(*known);
    }
  }
}

SitePtr Sites::find(const std::string& name) const {
  const auto found = std::ranges::find_if(sites_, [&](const SitePtr& site) { return site->name() == name; });
  return found == sites_.end() ? nullptr : *found;
}

SitePtr Sites::choose(const std::string& rerouted_to) const {
  const SteadyTime now = clock_.steady();
  const auto accepts = [&](const Site& site) { return site.accepts(now) && !rates_.closed(site.name()); };
  if (const SitePtr own = find(rerouted_to)) return accepts(*own) ? own : nullptr;
  for (const SitePtr& site : sites_) {
    if (accepts(*site)) return site;
    if (site->healthy()) return nullptr;
  }
  return nullptr;
}

/// Failover: a site counts only while those before it are in trouble.
std::size_t Sites::appetite(const std::string& rerouted_to) const {
  const SteadyTime now = clock_.steady();
  const auto appetite_of = [&](const Site& site) {
    return rates_.closed(site.name()) ? site.active() : site.appetite(now);
  };
  if (const SitePtr own = find(rerouted_to)) return appetite_of(*own);
  std::size_t total = 0;
  for (const SitePtr& site : sites_) {
    total += appetite_of(*site);
    if (site->healthy()) break;
  }
  return total;
}

bool Sites::hopeless(const std::string& rerouted_to) const {
  const SitePtr own = find(rerouted_to);
  const auto well =
      std::ranges::find_if(sites_, [&](const SitePtr& site) { return own == nullptr && site->healthy(); });
  const SitePtr taker = own || well == sites_.end() ? own : *well;
  return taker == nullptr || !taker->healthy() || rates_.closed(taker->name());
}

std::uint16_t Sites::number_of(const std::string& site) {
  const auto known = std::ranges::find(known_, site);
  if (known != known_.end()) return static_cast<std::uint16_t>(known - known_.begin());
  if (known_.size() == kMostNames) return 0;
  known_.push_back(site);
  return static_cast<std::uint16_t>(known_.size() - 1);
}

SitePtr Sites::waited_for(std::uint16_t number) const {
  if (SitePtr last = find(known_[number])) return last;
  return sites_.empty() ? nullptr : sites_.front();
}

void Sites::probe(Probe probe, const std::string& site) {
  for (const SitePtr& one : sites_) {
    if (site.empty() || one->name() == site) one->force_probe(clock_.steady(), probe);
  }
}

void Sites::recovered(const std::string& name) {
  if (const SitePtr site = find(name)) tell(*site, site->recovered());
}

void Sites::learn(Site& site, Site::Permit permit, const mail::DeliveryReport& report) {
  const Site::Change change =
      site.finished(permit, report.site, clock_.steady(), clock_.wall(), retry_, random_fraction());
  const bool delivered = std::ranges::any_of(
      report.recipients, [](const auto& status) { return status && status->verdict == mail::Verdict::delivered; });
  if (delivered) site.delivered(clock_.wall());
  tell(site, change);
}

void Sites::tell(const Site& site, Site::Change change) {
  if (change == Site::Change::none) return;
  ++changes_;
  if (change == Site::Change::up) {
    log(Level::notice, "site up", {{"site", site.name()}});
    return;
  }
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
       {"next_try_in", to_words(std::chrono::ceil<Seconds>(probe))}});
}

std::optional<SteadyTime> Sites::wake() const {
  const SteadyTime now = clock_.steady();
  std::optional<SteadyTime> first = rates_.wake();
  for (const SitePtr& site : sites_) {
    const auto opens = site->wake(now);
    if (opens && *opens > now) first = std::min(first.value_or(*opens), *opens);
  }
  return first;
}

std::vector<SiteStatus> Sites::status() const {
  std::vector<SiteStatus> list;
  for (const SitePtr& site : sites_) {
    SiteStatus status;
    status.name = site->name();
    status.active = site->active();
    status.trouble = site->trouble();
    status.since = site->since();
    if (const auto probe = site->next_probe()) {
      const auto wait = std::chrono::ceil<Milliseconds>(*probe - clock_.steady());
      status.next_probe = clock_.wall() + std::max(wait, Milliseconds(0));
    }
    status.last_delivery = site->last_delivery();
    status.tried = site->tried();
    if (const auto wait = rates_.closed(site->name())) status.limited = Limited{wait->limit, wait->until};
    list.push_back(std::move(status));
  }
  return list;
}

}  // namespace postern::queue
