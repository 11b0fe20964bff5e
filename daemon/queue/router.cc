#include "queue/router.h"

#include "base/log.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace postern::queue {
namespace {

// So many that waited for an answer are moved at once: each is some work, and other mail waits meanwhile.
constexpr std::size_t kMostWoken = 500;

bool is_asked(const std::vector<Leg>& legs) {
  return std::ranges::any_of(legs, [](const Leg& leg) { return leg.route.unknown; });
}

}  // namespace

Router::Router(const Ground& ground, const Config& config, Messages& messages, const Sites& sites,
               std::function<void()> more)
    : ground_(ground),
      config_(config),
      messages_(messages),
      sites_(sites),
      lanes_(config, messages, sites),
      stops_(ground, messages.index(), sites, lanes_),
      users_(ground, config,
             [this] {
               answered_ = true;
               more_();
             }),
      more_(std::move(more)) {}

void Router::take_in(const mail::Envelope& envelope) {
  if (config_.routing.empty()) return;
  std::vector<std::size_t> all(envelope.recipients.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  const std::vector<Leg> legs = find_legs(envelope, all);
  if (legs.empty()) return;
  stops_.set(envelope.id, legs);
  const std::uint16_t lane = stops_.best(envelope.id).value_or(lanes_.lane_for(legs.front().route));
  messages_.index().set_lane(envelope.id, lane);
}

std::vector<Leg> Router::legs_of(const mail::Envelope& envelope, const std::vector<std::size_t>& recipients) const {
  const std::optional<std::uint32_t> uid = sent_by(envelope.source);
  const mail::User nobody;
  const mail::User* const user = uid && config_.user ? users_.find(*uid) : &nobody;
  return user != nullptr ? config_.routing.legs(envelope, recipients, *user)
                         : config_.routing.legs(envelope, recipients);
}

std::vector<Leg> Router::find_legs(const mail::Envelope& envelope, const std::vector<std::size_t>& recipients) {
  std::vector<Leg> legs = legs_of(envelope, recipients);
  if (is_asked(legs)) users_.ask(*sent_by(envelope.source));
  return legs;
}

bool Router::learn(const QueueId& id, const Reader::Known& known) {
  Index& index = messages_.index();
  const Ticket* const before = index.find(id);
  const bool first = before != nullptr && !before->read;
  index.set_read(id, known.whose);
  index.set_standing(id, known.standing.doubtful, known.standing.uncertain);
  const bool woken = woken_.erase(id) > 0;
  const Ticket* const ticket = index.find(id);
  // One that has another lane by now may have been tried since its file was read.
  if (ticket == nullptr || ticket->lane != Ticket::kUnread) return false;
  // Of what was read before it is known whether it waits: the disk may have kept its file from being told.
  if (first && known.storm && !woken && ticket->phase == Ticket::Phase::waiting) {
    messages_.wait_for_storm(id, *known.storm, known.whose.party);
    return false;
  }
  messages_.let_out(id, known.storm, known.storm_over);
  std::vector<Leg> legs;
  Route plain{known.rerouted_to, {}};
  if (known.envelope && goes_by_rows(known.rerouted_to)) {
    tell_unknown(known.rerouted_to);
    legs = find_legs(*known.envelope, known.pending);
    plain.rerouted_to.clear();
  }
  stops_.set(id, legs);
  index.set_lane(id, stops_.best(id).value_or(lanes_.lane_for(legs.empty() ? plain : legs.front().route)));
  return woken;
}

void Router::go_on() {
  Index& index = messages_.index();
  const bool others = lanes_[Ticket::kAsked].awaited > 0;
  if (!others && !index.first_due(Ticket::kAsked)) {
    users_.rest();
    if (!index.first_due(Ticket::kUnread)) woken_.clear();
    return;
  }
  users_.go_on();
  // The others at the next look, when some of these were read.
  std::size_t left = kMostWoken;
  std::vector<Turn> turns = index.turns_in(Ticket::kAsked);
  std::erase_if(turns, [this](Turn turn) {
    const auto uid = static_cast<std::uint32_t>(turn);
    users_.ask(uid);
    return users_.find(uid) == nullptr;
  });
  // One of each in turn: nobody waits for the backlog of another.
  while (!turns.empty()) {
    std::erase_if(turns, [&](Turn turn) {
      const Ticket* const first = left > 0 ? index.first_in(Ticket::kAsked, turn) : nullptr;
      if (first == nullptr) return true;
      wake(first->id);
      --left;
      return false;
    });
  }
  // Those that stand in other lanes.
  if (others && std::exchange(answered_, false)) {
    for (const QueueId& id : stops_.all_in(Ticket::kAsked)) {
      const Ticket* const ticket = index.find(id);
      const bool waits = ticket != nullptr && ticket->phase == Ticket::Phase::waiting;
      if (!waits || users_.find(ticket->user) == nullptr) continue;
      answered_ = left == 0;
      if (answered_) break;
      --left;
      wake(id);
    }
  }
}

void Router::wake(const QueueId& id) {
  stops_.leave(id);
  messages_.index().set_lane(id, Ticket::kUnread);
  woken_.insert(id);
  read_first(id);
}

void Router::read_first(const QueueId& id) {
  const Ticket* const ticket = messages_.index().find(id);
  if (ticket != nullptr && ticket->lane == Ticket::kUnread) first_[ticket->user].push_back(id);
}

std::vector<QueueId> Router::take_first_to_read(std::size_t count) {
  std::vector<QueueId> ids;
  while (ids.size() < count && !first_.empty()) {
    auto own = first_.upper_bound(read_last_);
    if (own == first_.end()) own = first_.begin();
    read_last_ = own->first;
    const QueueId id = own->second.front();
    own->second.pop_front();
    if (own->second.empty()) first_.erase(own);
    // It may have been read since, or be gone.
    const Ticket* const ticket = messages_.index().find(id);
    const bool unread = ticket != nullptr && ticket->lane == Ticket::kUnread && ticket->phase == Ticket::Phase::waiting;
    if (unread && std::ranges::find(ids, id) == ids.end()) ids.push_back(id);
  }
  return ids;
}

void Router::leave(const QueueId& id) {
  stops_.forget(id);
  messages_.index().set_lane(id, Ticket::kUnread);
}

void Router::reroute(const QueueId& id, const std::string& site) {
  go_by_itself(id);
  stops_.forget(id);
  const Route plain{site, {}};
  messages_.index().set_lane(id, goes_by_rows(site) ? Ticket::kUnread : lanes_.lane_for(plain));
  read_first(id);
}

void Router::route_anew() {
  unknown_.clear();
  woken_.clear();
  stops_.clear();
  messages_.index().set_all_unread();
}

void Router::tell_unknown(const std::string& rerouted_to) {
  if (rerouted_to.empty() || !unknown_.insert(rerouted_to).second) return;
  log(Level::warning, "messages were rerouted to a smarthost that is not configured; they go by their routes",
      {{"site", rerouted_to}});
}

void Router::find_legs(StoredMessage& message) {
  tell_unknown(message.rerouted_to());
  message.set_legs(find_legs(message.envelope(), message.pending()));
}

/// In lane `in` if it has recipients there, else in the first where it has some.
std::uint16_t Router::lane_of(const StoredMessage& message, std::uint16_t in) {
  stops_.set(message.id(), message.legs(), message.sender().key);
  const std::vector<Leg>& legs = message.legs();
  if (legs.empty()) {
    const Route plain{message.rerouted_to(), {}};
    return lanes_.lane_of(message, plain, in);
  }
  auto leg = std::ranges::find(legs, lanes_[in].route, &Leg::route);
  if (const auto best = leg == legs.end() ? stops_.best(message.id()) : std::nullopt) {
    leg = std::ranges::find(legs, lanes_[*best].route, &Leg::route);
  }
  return lanes_.lane_of(message, leg == legs.end() ? legs.front().route : leg->route, in);
}

std::vector<Route> Router::routes_of(const Ticket& ticket) const {
  std::vector<Route> routes;
  if (config_.routing.empty() || ticket.lane == Ticket::kUnread) return routes;
  routes.push_back(lanes_[ticket.lane].route);
  stops_.for_others(ticket, [&](std::uint16_t lane, WallTime) { routes.push_back(lanes_[lane].route); });
  return routes;
}

std::vector<Router::Waiting> Router::waiting() const {
  std::vector<std::size_t> by_lane(lanes_.size());
  messages_.index().for_each([&by_lane](const Ticket& ticket) {
    if (ticket.phase == Ticket::Phase::waiting && !ticket.settled) ++by_lane[ticket.lane];
  });
  stops_.count_others(by_lane);
  std::vector<Waiting> routes;
  for (std::size_t lane = Ticket::kAny; lane < by_lane.size(); ++lane) {
    if (by_lane[lane] == 0) continue;
    const Route& route = lanes_[lane].route;
    auto place = std::ranges::find(routes, route, &Waiting::route);
    if (place == routes.end()) place = routes.insert(routes.end(), Waiting{route});
    place->messages += by_lane[lane];
  }
  return routes;
}

Rate::Load Router::load_of(const Ticket& ticket, const mail::Envelope& envelope,
                           const std::vector<std::size_t>& pending) const {
  const std::vector<Leg> legs = config_.routing.empty() ? std::vector<Leg>() : legs_of(envelope, pending);
  const auto leg = std::ranges::find(legs, lanes_[ticket.lane].route, &Leg::route);
  if (leg == legs.end()) return {pending.size(), envelope.recipients.size()};
  return {leg->recipients.size(), leg->whole};
}

std::vector<std::size_t> Router::going(const Ticket& ticket, const mail::Envelope& envelope,
                                       const std::vector<std::size_t>& pending) const {
  const std::vector<Leg> legs = config_.routing.empty() ? std::vector<Leg>() : legs_of(envelope, pending);
  const auto leg = std::ranges::find(legs, lanes_[ticket.lane].route, &Leg::route);
  return leg == legs.end() ? pending : leg->recipients;
}

std::vector<Route> Router::all() const {
  std::vector<Route> routes;
  if (config_.routing.empty()) return routes;
  for (std::size_t row = 0; row <= config_.routing.rules().size(); ++row) {
    const bool none = row == config_.routing.rules().size();
    Route route = config_.routing.route_of(none ? std::nullopt : std::optional(row));
    if (std::ranges::find(routes, route) == routes.end()) routes.push_back(std::move(route));
  }
  return routes;
}

Task<Result<RouteChoice>> Router::choice_for(mail::Envelope envelope, std::string recipient) const {
  envelope.recipients.resize(1);
  envelope.recipients.front().address = recipient;
  const std::vector<std::size_t> alone{0};
  mail::User user;
  const std::optional<std::uint32_t> uid = sent_by(envelope.source);
  if (uid && config_.user && is_asked(config_.routing.legs(envelope, alone))) {
    const auto find = config_.user;  // a reload may bring another one meanwhile
    Result<mail::User> found = co_await find(*uid);
    if (!found) co_return found.error();
    user = std::move(*found);
  }
  const Routes& routes = config_.routing;
  RouteChoice choice;
  choice.row = routes.row_for(envelope.sender, recipient, user);
  choice.route = routes.route_of(choice.row);
  if (choice.row) choice.line = routes.rules()[*choice.row].line;
  co_return choice;
}

void Router::reschedule(const std::function<WallTime(WallTime)>& change) {
  messages_.index().reschedule(change);
  stops_.reschedule(change);
}

/// An operator asked for it before it is known whether it waits for others like it: it is known now that it does not.
void Router::go_by_itself(const QueueId& id) {
  const Ticket* const ticket = messages_.index().find(id);
  if (ticket != nullptr && !ticket->read) woken_.insert(id);
}

void Router::make_due(const QueueId& id) {
  go_by_itself(id);
  messages_.index().set(id, Ticket::Phase::waiting, ground_.clock.wall());
  stops_.make_due(id);
  read_first(id);
}

}  // namespace postern::queue
