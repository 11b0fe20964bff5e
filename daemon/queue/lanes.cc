#include "queue/lanes.h"

#include "base/log.h"

#include <algorithm>

namespace postern::queue {
namespace {

// Nobody reroutes to as many smarthosts; what names more of them goes by any.
constexpr std::size_t kMostRerouted = 1000;
// Each has messages open, and so memory. The mail of more senders in trouble at once goes by its own schedule.
constexpr std::size_t kMostSenderLanes = 256;

}  // namespace

std::optional<std::uint16_t> Lanes::find(const Route& route, const std::string& sender) const {
  const auto known = std::find_if(lanes_.begin() + Ticket::kAny, lanes_.end(),
                                  [&](const Lane& one) { return one.route == route && one.sender == sender; });
  if (known == lanes_.end()) return std::nullopt;
  return static_cast<std::uint16_t>(known - lanes_.begin());
}

std::uint16_t Lanes::lane_for(const Route& route, const std::string& sender, Turn whose) {
  if (const auto known = find(route, sender)) return *known;
  if (sender.empty()) return lane_of_route(route);
  for (std::size_t lane = 0; lane < lanes_.size(); ++lane) {
    if (lanes_[lane].sender.empty() || !is_empty(static_cast<std::uint16_t>(lane))) continue;
    lanes_[lane].route = route;
    lanes_[lane].sender = sender;
    lanes_[lane].whose = whose;
    lanes_[lane].probed = 0;
    changed_ = true;
    return static_cast<std::uint16_t>(lane);
  }
  if (sender_lanes_ == kMostSenderLanes) return lane_for(route);
  ++sender_lanes_;
  Lane& lane = lanes_.emplace_back();
  lane.route = route;
  lane.sender = sender;
  lane.whose = whose;
  return static_cast<std::uint16_t>(lanes_.size() - 1);
}

/// Those of routes that the settings have no more are taken for new ones, so that reloads do not make ever more.
std::uint16_t Lanes::lane_of_route(const Route& route) {
  const bool rerouted = !route.rerouted_to.empty();
  if (rerouted && rerouted_ == kMostRerouted) return Ticket::kAny;
  std::size_t place = lanes_.size();
  if (!rerouted) {
    for (std::size_t lane = Ticket::kAsked + std::size_t{1}; lane < lanes_.size() && place == lanes_.size(); ++lane) {
      const bool of_route = lanes_[lane].sender.empty() && lanes_[lane].route.rerouted_to.empty();
      if (of_route && is_empty(static_cast<std::uint16_t>(lane))) place = lane;
    }
  }
  if (place == lanes_.size()) lanes_.emplace_back();
  rerouted_ += rerouted ? 1 : 0;
  lanes_[place].route = route;
  lanes_[place].probed = 0;
  changed_ = true;
  if (rerouted && !sites_.find(route.rerouted_to)) tell_unknown_routes();
  return static_cast<std::uint16_t>(place);
}

std::uint16_t Lanes::lane_of_sender(const StoredMessage& message, const Route& route) {
  const auto author = config_.parties.author(message.envelope().source);
  return lane_for(route, message.sender().key, author ? Turn{*author} : kAlarmsTurn);
}

bool Lanes::is_empty(std::uint16_t lane) const {
  return lanes_[lane].open == 0 && lanes_[lane].awaited == 0 && !messages_.index().first_due(lane);
}

bool Lanes::waits_apart(const Route& route, const std::string& sender) const {
  for (std::size_t lane = Ticket::kAny; lane < lanes_.size(); ++lane) {
    const bool own = lanes_[lane].route == route && lanes_[lane].sender == sender;
    if (own && !is_empty(static_cast<std::uint16_t>(lane))) return true;
  }
  return false;
}

std::uint16_t Lanes::lane_of(const StoredMessage& message, const Route& route, std::uint16_t in) {
  if (route.unknown) return Ticket::kAsked;
  const std::string& sender = message.sender().key;
  if (lanes_[in].route == route && lanes_[in].sender == sender) return in;
  // While nothing but probes is made those of a sender are by turns, and one of it has its turn already.
  const bool by_turns = sites_.hopeless(route) && waits_apart(route, sender);
  const bool apart = by_turns || standing_of(message.states()).doubtful || sites_.senders().troubled(sender);
  return apart ? lane_of_sender(message, route) : lane_for(route);
}

void Lanes::tell_unknown_routes() const {
  for (const Lane& lane : lanes_) {
    const std::string& site = lane.route.rerouted_to;
    if (site.empty() || !lane.sender.empty() || sites_.find(site)) continue;
    log(Level::warning, "messages were rerouted to a smarthost that is not configured; they go by any",
        {{"site", site}});
  }
}

}  // namespace postern::queue
