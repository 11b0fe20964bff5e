// How many messages there are, by state, by site and by route.
#include "queue/inspector.h"

#include <algorithm>
#include <utility>

namespace postern::queue {

Totals Inspector::totals() const {
  Totals totals = messages_.counted();
  messages_.index().for_each([&](const Ticket& ticket) {
    totals.latest = std::max(totals.latest.value_or(ticket.id.accepted()), ticket.id.accepted());
    switch (ticket.phase) {
      case Ticket::Phase::active: ++totals.active; break;
      case Ticket::Phase::held: ++totals.held; break;
      case Ticket::Phase::corrupt: ++totals.corrupt; break;
      case Ticket::Phase::storm:
        ++totals.storm;
        totals.storm_until = std::min(totals.storm_until.value_or(ticket.due), ticket.due);
        break;
      case Ticket::Phase::waiting: {
        if (ticket.settled) {
          ++totals.owed;
          break;
        }
        ++totals.waiting;
        if (ticket.doubtful) ++totals.doubtful;
        if (ticket.uncertain) ++totals.uncertain;
        const WallTime since = messages_.ready_since(ticket.id, ticket.id.accepted());
        totals.oldest = std::min(totals.oldest.value_or(since), since);
        break;
      }
    }
  });
  if (totals.oldest) totals.oldest_age = time_.age(*totals.oldest);
  return totals;
}

template <typename Counts>
std::map<std::string, std::size_t> Inspector::count_by_site(Counts counts) const {
  std::map<std::pair<std::uint16_t, std::uint16_t>, std::size_t> places;  // by lane, and site of the last attempt
  messages_.index().for_each([&](const Ticket& ticket) {
    if (!ticket.settled && counts(ticket)) ++places[{ticket.lane, ticket.site}];
  });
  std::map<std::string, std::size_t> sites;
  for (const auto& [where, count] : places) {
    Ticket one;
    one.lane = where.first;
    one.site = where.second;
    if (const SitePtr site = router_.site_of(one)) sites[site->name()] += count;
  }
  return sites;
}

std::map<std::string, std::size_t> Inspector::due_by_site() const {
  return count_by_site([now = ground_.clock.wall()](const Ticket& ticket) {
    return ticket.phase == Ticket::Phase::active || (ticket.phase == Ticket::Phase::waiting && ticket.due <= now);
  });
}

std::vector<SiteStatus> Inspector::sites() const {
  std::vector<SiteStatus> list = sites_.status();
  const auto waiting = count_by_site([](const Ticket& ticket) { return ticket.phase == Ticket::Phase::waiting; });
  for (SiteStatus& status : list) {
    if (const auto count = waiting.find(status.name); count != waiting.end()) status.waiting = count->second;
  }
  note_kept(list);
  return list;
}

void Inspector::note_kept(std::vector<SiteStatus>& list) const {
  std::map<std::uint16_t, std::size_t> lanes;
  messages_.index().for_each([&lanes](const Ticket& ticket) {
    if (ticket.phase == Ticket::Phase::waiting && !ticket.settled) ++lanes[ticket.lane];
  });
  for (const auto& [number, messages] : lanes) {
    const Lane& lane = router_.lanes()[number];
    std::vector<SiteStatus*> way;
    bool taken = false;
    for (SiteStatus& site : list) {
      if (!sites_.leads_to(lane.route, site.name)) continue;
      way.push_back(&site);
      const bool well = site.tried && !site.trouble && !site.limited;
      const bool refused = !lane.sender.empty() && sites_.senders().find(site.name, lane.sender) != nullptr;
      taken = taken || (well && !refused);
    }
    if (taken) continue;
    for (SiteStatus* site : way) site->kept.push_back({number, messages});
  }
}

/// Those of the settings in their order, and what else has mail: what an operator rerouted, or nobody's user is known.
std::vector<RouteStatus> Inspector::routes() const {
  std::vector<RouteStatus> list;
  for (const Route& route : router_.all()) list.push_back({to_text(route)});
  if (list.empty()) return list;
  for (const Router::Waiting& one : router_.waiting()) {
    const std::string text = to_text(one.route);
    auto place = std::ranges::find(list, text, &RouteStatus::text);
    if (place == list.end()) place = list.insert(list.end(), RouteStatus{text});
    place->waiting += one.messages;
  }
  return list;
}

}  // namespace postern::queue
