#include "queue/stops.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace postern::queue {
namespace {

// Of those of a party that a lane could take so many are looked at: some may be under way elsewhere.
constexpr std::size_t kMostLookedAt = 100;
constexpr Milliseconds kTick{1};

bool waits(const Ticket& ticket) {
  return ticket.phase == Ticket::Phase::waiting && !ticket.settled && ticket.lane != Ticket::kUnread;
}

}  // namespace

void Stops::note(const QueueId& id, const Round& round, const Stop& stop) {
  ++lanes_[stop.lane].awaited;
  times_.emplace(stop.lane, stop.due, id);
  by_parties_.emplace(stop.lane, round.turn, stop.due, id);
}

void Stops::release(const QueueId& id, const Round& round, const Stop& stop) {
  --lanes_[stop.lane].awaited;
  times_.erase({stop.lane, stop.due, id});
  by_parties_.erase({stop.lane, round.turn, stop.due, id});
}

void Stops::set_due(const QueueId& id, const Round& round, Stop& stop, WallTime due) {
  if (stop.due == due) return;
  release(id, round, stop);
  stop.due = due;
  note(id, round, stop);
}

void Stops::forget(const QueueId& id) {
  if (table_.empty()) return;
  const auto known = table_.find(id);
  if (known == table_.end()) return;
  for (const Stop& one : known->second.stops) release(id, known->second, one);
  table_.erase(known);
}

void Stops::set(const QueueId& id, const std::vector<Leg>& legs, const std::string& sender) {
  if (legs.size() < 2) return forget(id);
  const Ticket* const ticket = index_.find(id);
  if (ticket == nullptr) return forget(id);
  Round next;
  next.sender = sender;
  next.turn = ticket->kind == Whose::Kind::alarm ? kAlarmsTurn : Turn{ticket->party};
  next.stops.reserve(legs.size());
  const auto known = table_.find(id);
  if (known != table_.end() && sender.empty()) next.sender = known->second.sender;
  for (const Leg& leg : legs) {
    Stop stop{lanes_.lane_for(leg.route), ticket->due};
    if (known != table_.end()) {
      const std::vector<Stop>& before = known->second.stops;
      const auto old = std::ranges::find(before, stop.lane, &Stop::lane);
      if (old != before.end()) stop.due = old->due;
    }
    // Now, so that the next of these lanes is not made in this one's place.
    ++lanes_[stop.lane].awaited;
    next.stops.push_back(stop);
  }
  for (const Stop& one : next.stops) --lanes_[one.lane].awaited;
  forget(id);
  for (const Stop& one : next.stops) note(id, next, one);
  table_[id] = std::move(next);
}

std::optional<std::size_t> Stops::place(const Route& route, const Round& round) const {
  const auto stop = std::ranges::find_if(round.stops, [&](const Stop& one) { return lanes_[one.lane].route == route; });
  if (stop == round.stops.end()) return std::nullopt;
  return static_cast<std::size_t>(stop - round.stops.begin());
}

std::optional<std::size_t> Stops::place(const Ticket& ticket, const Round& round) const {
  if (ticket.lane == Ticket::kUnread) return std::nullopt;
  return place(lanes_[ticket.lane].route, round);
}

/// It was refused in doubt, or its sender has trouble somewhere: the ways of all are not its own, since in each route
/// it goes on to the lane of its sender (see Lanes::lane_of()).
bool Stops::is_apart(const Ticket& ticket, const Round& round) const {
  return ticket.doubtful || (!round.sender.empty() && sites_.senders().troubled(round.sender));
}

Stops::Rank Stops::way(const Route& route, const std::string& sender) const {
  if (!sites_.hopeless_for_long(route, sender)) return Rank::open;
  return sites_.choose(route, sender) ? Rank::probe : Rank::closed;
}

std::vector<Stops::Rank> Stops::ways() const {
  std::vector<Rank> ways;
  ways.reserve(lanes_.size());
  for (const Lane& lane : lanes_) ways.push_back(way(lane.route, lane.sender));
  return ways;
}

bool Stops::has_due(std::uint16_t lane) const {
  const auto first = index_.first_due(lane);
  return first && *first <= ground_.clock.wall();
}

Stops::Rank Stops::rank(const Ticket& ticket, const Round& round, const Stop& stop, bool stands_there) const {
  if (stop.due > ground_.clock.wall()) return Rank::later;
  // There it is asked who sent it.
  if (stop.lane == Ticket::kAsked) return Rank::probe;
  const Route& route = lanes_[stop.lane].route;
  const bool apart = is_apart(ticket, round);
  const std::string nobody;
  const std::string& sender = apart ? round.sender : nobody;
  const Rank found = looking_ && !apart ? looked_[stop.lane] : way(route, sender);
  // Where it was the mail of others that closed a site, it is looked for in that lane (Dispatcher::open_for_others).
  if (found == Rank::closed && sites_.closed_by_others(ticket.party, route)) return Rank::probe;
  if (found != Rank::probe || stands_there) return found;
  // One message is enough for a probe.
  return has_due(stop.lane) ? Rank::closed : Rank::probe;
}

std::size_t Stops::best_of(const Ticket& ticket, Round& round) {
  const std::optional<std::size_t> here = place(ticket, round);
  if (here) set_due(ticket.id, round, round.stops[*here], ticket.due);
  std::size_t best = here.value_or(0);
  const auto order = [&](std::size_t at) {
    const Stop& stop = round.stops[at];
    const Rank found = rank(ticket, round, stop, here == at);
    // Of those that are due the one where it stands, and then the first: nothing is won by going to and fro.
    return std::tuple(found, found == Rank::later ? stop.due : WallTime::min(), here != at, at);
  };
  auto least = order(best);
  for (std::size_t at = 0; at < round.stops.size(); ++at) {
    const auto one = order(at);
    if (one < least) {
      least = one;
      best = at;
    }
  }
  return best;
}

std::optional<std::uint16_t> Stops::best(const QueueId& id) {
  if (table_.empty()) return std::nullopt;
  const auto known = table_.find(id);
  const Ticket* const ticket = index_.find(id);
  if (known == table_.end() || ticket == nullptr) return std::nullopt;
  return known->second.stops[best_of(*ticket, known->second)].lane;
}

std::optional<WallTime> Stops::others_due(const QueueId& id) const {
  if (table_.empty()) return std::nullopt;
  const Ticket* const ticket = index_.find(id);
  if (ticket == nullptr) return std::nullopt;
  std::optional<WallTime> first;
  for_others(*ticket, [&first](std::uint16_t, WallTime due) { first = std::min(first.value_or(due), due); });
  return first;
}

void Stops::for_others(const Ticket& ticket, const std::function<void(std::uint16_t, WallTime)>& visit) const {
  const auto known = table_.find(ticket.id);
  if (known == table_.end()) return;
  const std::optional<std::size_t> here = place(ticket, known->second);
  for (std::size_t at = 0; at < known->second.stops.size(); ++at) {
    const Stop& stop = known->second.stops[at];
    if (here != at) visit(stop.lane, stop.due);
  }
}

void Stops::count_others(std::vector<std::size_t>& by_lane) const {
  for (const auto& [id, round] : table_) {
    const Ticket* const ticket = index_.find(id);
    if (ticket == nullptr || !waits(*ticket)) continue;
    for_others(*ticket, [&by_lane](std::uint16_t lane, WallTime) { ++by_lane[lane]; });
  }
}

void Stops::tried(const QueueId& id, const Route& route, bool left) {
  if (table_.empty()) return;
  const auto known = table_.find(id);
  if (known == table_.end()) return;
  const Ticket* const ticket = index_.find(id);
  if (ticket == nullptr || ticket->lane == Ticket::kUnread) return forget(id);
  Round& round = known->second;
  const std::optional<std::size_t> at = place(route, round);
  if (at && left) set_due(id, round, round.stops[*at], ticket->due);
  if (at && !left) {
    release(id, round, round.stops[*at]);
    round.stops.erase(round.stops.begin() + static_cast<std::ptrdiff_t>(*at));
  }
  move(*ticket, round);
  if (round.stops.size() < 2) forget(id);
}

void Stops::move(const QueueId& id) {
  if (table_.empty()) return;
  const auto known = table_.find(id);
  if (known == table_.end()) return;
  const Ticket* const ticket = index_.find(id);
  if (ticket == nullptr) return forget(id);
  move(*ticket, known->second);
}

void Stops::move(const Ticket& ticket, Round& round) {
  if (!waits(ticket) || round.stops.empty()) return;
  const std::optional<std::size_t> here = place(ticket, round);
  const std::size_t best = best_of(ticket, round);
  if (here != best) go(ticket, round, best);
}

void Stops::go(const Ticket& ticket, Round& round, std::size_t to) {
  const QueueId id = ticket.id;
  if (const auto here = place(ticket, round)) set_due(id, round, round.stops[*here], ticket.due);
  const Stop stop = round.stops[to];
  index_.set_lane(id, stop.lane);
  index_.set(id, Ticket::Phase::waiting, stop.due);
}

bool Stops::stand(const QueueId& id, std::uint16_t lane) {
  const Ticket* const ticket = index_.find(id);
  if (ticket == nullptr || !waits(*ticket)) return false;
  const Route& route = lanes_[lane].route;
  if (lanes_[ticket->lane].route == route) return true;
  const auto known = table_.find(id);
  if (known == table_.end()) return false;
  const std::optional<std::size_t> at = place(route, known->second);
  if (at) go(*ticket, known->second, *at);
  return at.has_value();
}

/// The lanes of a sender alone count for those that are apart, which have their stops in that of all.
std::vector<QueueId> Stops::of_lanes_that_flipped(const std::vector<Rank>& before) const {
  std::vector<QueueId> ids;
  for (std::size_t place = 0; place < looked_.size(); ++place) {
    const bool known = place < before.size();
    if (known && before[place] == looked_[place]) continue;
    const Lane& lane = lanes_[place];
    const auto of_all =
        lane.sender.empty() ? std::optional(static_cast<std::uint16_t>(place)) : lanes_.find(lane.route, {});
    if (!of_all || lanes_[*of_all].awaited == 0) continue;
    // It is a matter of a probe, for which offer_probe() finds one.
    const bool was_closed = known && before[place] != Rank::open;
    if (was_closed && looked_[place] != Rank::open && looked_[*of_all] != Rank::open) continue;
    for (const QueueId& id : all_in(*of_all)) {
      if (lane.sender.empty() || table_.find(id)->second.sender == lane.sender) ids.push_back(id);
    }
  }
  return ids;
}

/// One message is enough (see rank()), of those that wait where they are closed out: some of each party are asked, by
/// turns, until one comes.
void Stops::offer_probe(std::uint16_t lane) {
  const Lane& own = lanes_[lane];
  const bool may_be_probed = looked_[lane] == Rank::probe || sites_.closed_by_messages();
  if (looked_[lane] == Rank::open || !may_be_probed || !own.sender.empty() || own.awaited == 0) return;
  if (has_due(lane)) return;
  for (const Waiting& party : due_elsewhere(lane, kMostLookedAt, true)) {
    for (const QueueId& id : party.ids) {
      move(id);
      if (has_due(lane)) return;
    }
  }
}

std::vector<QueueId> Stops::all_in(std::uint16_t lane) const {
  std::vector<QueueId> ids;
  auto one = times_.lower_bound({lane, WallTime::min(), QueueId()});
  for (; one != times_.end() && std::get<0>(*one) == lane; ++one) ids.push_back(std::get<2>(*one));
  return ids;
}

void Stops::move_all() {
  const WallTime now = ground_.clock.wall();
  const WallTime before = std::exchange(looked_at_, now);
  if (table_.empty()) return;
  const std::vector<Rank> ways_before = std::exchange(looked_, ways());
  std::vector<QueueId> ids = of_lanes_that_flipped(ways_before);
  for (std::size_t lane = 0; lane < lanes_.size(); ++lane) {
    if (lanes_[lane].awaited == 0) continue;
    const auto first = times_.lower_bound({static_cast<std::uint16_t>(lane), before + kTick, QueueId()});
    for (auto one = first; one != times_.end() && std::get<0>(*one) == lane && std::get<1>(*one) <= now; ++one) {
      ids.push_back(std::get<2>(*one));
    }
  }
  looking_ = true;
  for (const QueueId& id : ids) move(id);
  // Any change may be what makes a message of one lane the probe of another.
  for (std::size_t lane = Ticket::kAny; ways_before != looked_ && lane < lanes_.size(); ++lane) {
    offer_probe(static_cast<std::uint16_t>(lane));
  }
  looking_ = false;
}

/// How many more that lane could have open.
std::size_t Stops::room_in(std::uint16_t lane) const {
  const Lane& own = lanes_[lane];
  if (own.awaited == 0 || lane == Ticket::kAsked || sites_.hopeless(own.route)) return 0;
  const std::size_t appetite = sites_.appetite(own.route);
  return appetite - std::min(appetite, own.open);
}

/// By turns of the parties. Of each the first are the oldest, and under way elsewhere soon.
std::vector<Stops::Waiting> Stops::due_elsewhere(std::uint16_t lane, std::size_t count, bool apart_too) const {
  std::vector<Waiting> parties;
  const WallTime now = ground_.clock.wall();
  auto one = by_parties_.lower_bound({lane, Turn{0}, WallTime::min(), QueueId()});
  while (one != by_parties_.end() && std::get<0>(*one) == lane) {
    Waiting own{std::get<1>(*one), {}};
    for (std::size_t i = 0; i < kMostLookedAt && own.ids.size() < count && one != by_parties_.end(); ++i, ++one) {
      const auto& [of, turn, due, id] = *one;
      if (of != lane || turn != own.turn || due > now) break;
      const Ticket* const ticket = index_.find(id);
      if (ticket == nullptr || !waits(*ticket) || lanes_[ticket->lane].route == lanes_[lane].route) continue;
      if (apart_too || !is_apart(*ticket, table_.find(id)->second)) own.ids.push_back(id);
    }
    one = by_parties_.lower_bound({lane, own.turn + 1, WallTime::min(), QueueId()});
    if (!own.ids.empty()) parties.push_back(std::move(own));
  }
  const Turns& turns = index_.turns(lane);
  std::ranges::sort(parties, {},
                    [&](const Waiting& own) { return std::tuple(turns.rank_of_next(own.turn), own.turn); });
  return parties;
}

/// Where mail waits already it is for those alone whose turn is before that.
void Stops::fill(std::uint16_t lane) {
  const std::size_t room = room_in(lane);
  if (room == 0) return;
  std::vector<Waiting> parties = due_elsewhere(lane, room, false);
  if (const Ticket* const next = index_.next(lane, ground_.clock.wall())) {
    const Turns& turns = index_.turns(lane);
    const Turns::Rank first = turns.rank_of_next(Index::turn_of(*next));
    std::erase_if(parties, [&](const Waiting& own) { return turns.rank_of_next(own.turn) >= first; });
    for (Waiting& own : parties) own.ids.resize(1);
  }
  std::size_t taken = 0;
  for (std::size_t round = 0; round < room; ++round) {
    for (const Waiting& own : parties) {
      if (round >= own.ids.size() || taken == room) continue;
      stand(own.ids[round], lane);
      ++taken;
    }
  }
}

void Stops::fill_idle() {
  if (table_.empty()) return;
  for (std::size_t lane = Ticket::kAny; lane < lanes_.size(); ++lane) fill(static_cast<std::uint16_t>(lane));
}

/// After the last look, so it is never a time that is past and was looked at.
std::optional<WallTime> Stops::next() const {
  std::optional<WallTime> first;
  if (table_.empty()) return first;
  for (std::size_t lane = 0; lane < lanes_.size(); ++lane) {
    if (lanes_[lane].awaited == 0) continue;
    const auto one = times_.lower_bound({static_cast<std::uint16_t>(lane), looked_at_ + kTick, QueueId()});
    if (one == times_.end() || std::get<0>(*one) != lane) continue;
    first = std::min(first.value_or(std::get<1>(*one)), std::get<1>(*one));
  }
  return first;
}

void Stops::reschedule(const std::function<WallTime(WallTime)>& change) {
  times_.clear();
  by_parties_.clear();
  for (auto& [id, round] : table_) {
    for (Stop& one : round.stops) {
      one.due = change(one.due);
      times_.emplace(one.lane, one.due, id);
      by_parties_.emplace(one.lane, round.turn, one.due, id);
    }
  }
  looked_.clear();
}

void Stops::make_due(const QueueId& id) {
  const auto known = table_.find(id);
  if (known == table_.end()) return;
  const WallTime now = ground_.clock.wall();
  for (Stop& one : known->second.stops) set_due(id, known->second, one, std::min(one.due, now));
  move(id);
}

WallTime Stops::earliest(const Ticket& ticket, const Round& round) const {
  WallTime due = ticket.due;
  const std::optional<std::size_t> here = place(ticket, round);
  for (std::size_t at = 0; at < round.stops.size(); ++at) {
    if (here != at) due = std::min(due, round.stops[at].due);
  }
  return due;
}

void Stops::leave(const QueueId& id) {
  const auto known = table_.find(id);
  const Ticket* const ticket = index_.find(id);
  if (known != table_.end() && ticket != nullptr) {
    index_.set(id, Ticket::Phase::waiting, earliest(*ticket, known->second));
  }
  forget(id);
}

void Stops::clear() {
  for (auto& [id, round] : table_) {
    const Ticket* const ticket = index_.find(id);
    if (ticket != nullptr && ticket->phase == Ticket::Phase::waiting) {
      index_.set(id, Ticket::Phase::waiting, earliest(*ticket, round));
    }
    for (const Stop& one : round.stops) --lanes_[one.lane].awaited;
  }
  table_.clear();
  times_.clear();
  by_parties_.clear();
}

}  // namespace postern::queue
