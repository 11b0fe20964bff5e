// Who goes where. The sites are in order of preference, and a message goes by the first that is well; one that was
// rerouted goes by its own site alone while that is configured.
#include "base/log.h"
#include "queue/queue_impl.h"

#include <algorithm>

namespace postern::queue {
namespace {

// Nobody has as many smarthosts, nor renames them as often; what names more of them goes by any.
constexpr std::size_t kMostLanes = 1000;

}  // namespace

QueueImpl::SitePtr QueueImpl::find_site(const std::string& name) const {
  const auto found = std::ranges::find_if(sites_, [&](const SitePtr& site) { return site->name() == name; });
  return found == sites_.end() ? nullptr : *found;
}

std::uint16_t QueueImpl::lane_for(const std::string& site) {
  const auto known = std::ranges::find(lanes_, site, &Lane::site);
  if (known != lanes_.end()) return static_cast<std::uint16_t>(known - lanes_.begin());
  if (lanes_.size() == kMostLanes) return 0;
  lanes_.emplace_back().site = site;
  if (!find_site(site)) tell_unknown_routes();
  return static_cast<std::uint16_t>(lanes_.size() - 1);
}

/// Failover: a site counts only while those before it are in trouble.
std::size_t QueueImpl::appetite(const Lane& lane) const {
  const SteadyTime now = clock_.steady();
  if (const SitePtr own = find_site(lane.site)) return own->appetite(now);
  std::size_t total = 0;
  for (const SitePtr& site : sites_) {
    total += site->appetite(now);
    if (site->healthy()) break;
  }
  return total;
}

QueueImpl::SitePtr QueueImpl::choose(const Lane& lane) const {
  const SteadyTime now = clock_.steady();
  if (const SitePtr own = find_site(lane.site)) return own->accepts(now) ? own : nullptr;
  for (const SitePtr& site : sites_) {
    if (site->accepts(now)) return site;
    if (site->healthy()) return nullptr;
  }
  return nullptr;
}

bool QueueImpl::hopeless(const Lane& lane) const {
  if (const SitePtr own = find_site(lane.site)) return !own->healthy();
  return std::ranges::none_of(sites_, [](const SitePtr& site) { return site->healthy(); });
}

std::uint16_t QueueImpl::number_of(const std::string& site) {
  const auto known = std::ranges::find(known_sites_, site);
  if (known != known_sites_.end()) return static_cast<std::uint16_t>(known - known_sites_.begin());
  if (known_sites_.size() == kMostLanes) return 0;
  known_sites_.push_back(site);
  return static_cast<std::uint16_t>(known_sites_.size() - 1);
}

std::size_t QueueImpl::site_of(const Ticket& ticket) const {
  const auto place_of = [&](const std::string& name) {
    return static_cast<std::size_t>(std::ranges::find(sites_, name, &Site::name) - sites_.begin());
  };
  const std::size_t own = ticket.lane == 0 ? sites_.size() : place_of(lanes_[ticket.lane].site);
  if (own < sites_.size()) return own;
  const std::size_t last = place_of(known_sites_[ticket.site]);
  return last < sites_.size() ? last : 0;
}

void QueueImpl::tell_unknown_routes() const {
  for (const Lane& lane : lanes_) {
    if (lane.site.empty() || find_site(lane.site)) continue;
    log(Level::warning, "messages were rerouted to a smarthost that is not configured; they go by any",
        {{"site", lane.site}});
  }
}

}  // namespace postern::queue
