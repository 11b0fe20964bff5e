// Who is served next: the half of the dispatcher that takes due messages from the index, and gives those that were read
// to free connections. Both go by turns of the parties, within a lane as among lanes, so that nobody has more of the
// connections, or of the probes, by more mail or by more names of senders. What was read ahead waits again where
// somebody's mail comes that goes before it.
#include "queue/dispatcher.h"
#include "queue/shares.h"

#include <algorithm>
#include <numeric>
#include <tuple>
#include <utility>

namespace postern::queue {
namespace {

// A reload may raise the limit at any time, and a message that is put off does not hear of it.
constexpr Seconds kLongestPutOff{600};
// So often it is looked whether somebody's mail opens a site; that may go through all tickets.
constexpr Seconds kLookForOthers{60};
// So many of those that were put off have their old places back; the parties share that.
constexpr std::size_t kMostPutOff = 4096;
// Of so many parties it is remembered when they were served; then all begin anew.
constexpr std::size_t kMostServed = 10'000;

std::uint64_t last_of(const boost::unordered_flat_map<Turn, std::uint64_t>& when, Turn who) {
  const auto known = when.find(who);
  return known == when.end() ? 0 : known->second;
}

void note_turn(boost::unordered_flat_map<Turn, std::uint64_t>& when, Turn who, std::uint64_t now) {
  if (when.size() >= kMostServed) when.clear();
  when[who] = now;
}

/// A turn of a party's in one lane.
Turn in_lane(Turn turn, std::uint16_t lane) { return turn << 16U | lane; }

}  // namespace

void Dispatcher::take_due(std::uint16_t lane) {
  if (lane == Ticket::kUnread || lane == Ticket::kAsked) return;
  const WallTime now = ground_.clock.wall();
  Index& index = messages_.index();
  Suspects& suspects = messages_.suspects();
  while (!alone_) {
    const Ticket* const next = index.next(lane, now);
    if (next == nullptr) break;
    const QueueId id = next->id;
    const Turn turn = Index::turn_of(*next);
    if (!wants_more(lane) && !make_way(lane, turn)) break;
    alone_ = suspects.count(id) > 0 && !suspects.guilty(id);
    if (alone_ && work_.count() > 0) break;
    index.set(id, Ticket::Phase::active);
    index.turns(lane).taken(turn);
    work_.begin();
    ++lanes_[lane].open;
    spawn(ground_.loop, prepare(id, lane, turn), "reading of message " + id.str());
  }
}

/// As many are open as are worth it. If the one of whom more was read than is this one's turn goes after it, the last
/// of that one waits again.
bool Dispatcher::make_way(std::uint16_t lane, Turn turn) {
  Lane& own = lanes_[lane];
  if (own.ready.empty() || sites_.hopeless(own.route, own.sender)) return false;
  const Turns& turns = messages_.index().turns(lane);
  const auto last =
      std::ranges::max_element(own.ready, {}, [&](const Ready& one) { return turns.rank_of_last_taken(one.turn); });
  if (turns.rank_of_next(turn) >= turns.rank_of_last_taken(last->turn)) return false;
  const auto newest = std::find_if(own.ready.rbegin(), own.ready.rend(),
                                   [whose = last->turn](const Ready& one) { return one.turn == whose; });
  put_back(lane, std::prev(newest.base()));
  return true;
}

/// Who has the turn of a probe for this lane. One that mail of several waits in, since it was rerouted or is ours, has
/// turns of its own.
Turn Dispatcher::turn_of_probe(std::uint16_t lane) const {
  const bool of_one = !lanes_[lane].sender.empty() && lanes_[lane].whose != kAlarmsTurn;
  return of_one ? lanes_[lane].whose : kAlarmsTurn + 1 + lane;
}

/// The lanes as they have the probes where a site lets no more through: by turns of whose they are, and of each by
/// turns.
void Dispatcher::sort_lanes() {
  const bool moved = std::exchange(probes_moved_, false);
  if (!lanes_.take_changed() && !moved && probe_order_.size() == lanes_.size()) return;
  const auto turn_of = [this](std::uint16_t lane) {
    return std::tuple(last_of(probed_, turn_of_probe(lane)), lanes_[lane].probed, lane);
  };
  probe_order_.resize(lanes_.size());
  std::iota(probe_order_.begin(), probe_order_.end(), std::uint16_t{0});
  std::ranges::sort(probe_order_, {}, turn_of);
}

/// Where a site lets but a probe through the first lane with mail that is due has it: every second time that of mail
/// which was not refused yet, since it may show more, and of the others the one whose turn it is.
void Dispatcher::take_by_turns() {
  const bool any_first = any_next_;
  if (any_first) take_due(Ticket::kAny);
  sort_lanes();
  for (std::size_t i = 0; i < probe_order_.size(); ++i) {
    if (probe_order_[i] != Ticket::kAny) take_due(probe_order_[i]);
  }
  if (!any_first) take_due(Ticket::kAny);
}

/// A site that is closed for what became of messages of others opens for mail that is due of a party of which that says
/// nothing: no party's mail waits for another's bad messages.
void Dispatcher::open_for_others() {
  const SteadyTime now = ground_.clock.steady();
  if (now < next_look_ || !sites_.closed_by_messages()) return;
  next_look_ = now + kLookForOthers;
  const auto wanted = [this](std::uint32_t party, std::uint16_t lane) {
    return lane != Ticket::kUnread && sites_.closed_by_others(party, lanes_[lane].route);
  };
  const Ticket* const first = messages_.index().first_of(wanted, ground_.clock.wall());
  if (first == nullptr || !sites_.open_for(first->party, lanes_[first->lane].route)) return;
  const QueueId id = first->id;
  messages_.index().put_first(id);
}

/// Mail of a route says nothing of the sites of another.
void Dispatcher::arrived(const QueueId& id, std::optional<std::uint32_t> party) {
  const Ticket* const ticket = messages_.index().find(id);
  if (ticket == nullptr || ticket->lane == Ticket::kUnread) return;
  waits_.changed();
  std::vector<std::uint16_t> lanes{ticket->lane};
  stops_.for_others(*ticket, [&lanes](std::uint16_t lane, WallTime) { lanes.push_back(lane); });
  bool opened = false;
  for (const std::uint16_t lane : lanes) {
    sites_.hint(lanes_[lane].route);
    opened = sites_.open_for(party, lanes_[lane].route) || opened;
  }
  if (!opened) return;
  stops_.move(id);
  messages_.index().put_first(id);
}

/// One message after the other by turns, while there are free connections: of whoever was served the longest ago, and
/// of that one's in the lane where that was the longest ago. A lane whose turn comes to nothing has no more now.
void Dispatcher::feed() {
  std::vector<std::uint16_t> lanes;
  for (std::size_t lane = 0; lane < lanes_.size(); ++lane) {
    if (!lanes_[lane].ready.empty()) lanes.push_back(static_cast<std::uint16_t>(lane));
  }
  while (!lanes.empty()) {
    for (const std::uint16_t lane : lanes) bring_next_forward(lane);
    const auto next = std::ranges::min_element(
        lanes, {}, [this](std::uint16_t lane) { return turn_among_all(lanes_[lane].ready.front().turn, lane); });
    const std::uint16_t lane = *next;
    lanes.erase(next);
    if (feed_from(lane)) lanes.push_back(lane);
    std::erase_if(lanes, [this](std::uint16_t one) { return lanes_[one].ready.empty(); });
  }
  for (std::size_t lane = 0; lane < lanes_.size(); ++lane) {
    if (lanes_[lane].ready.empty()) continue;
    if (sites_.hopeless(lanes_[lane].route, lanes_[lane].sender)) give_back(static_cast<std::uint16_t>(lane));
  }
}

std::tuple<bool, std::uint64_t, std::uint64_t> Dispatcher::turn_among_all(Turn turn, std::uint16_t lane) const {
  return {turn != kAlarmsTurn, last_of(served_, turn), last_of(served_in_, in_lane(turn, lane))};
}

void Dispatcher::bring_next_forward(std::uint16_t lane) {
  std::deque<Ready>& ready = lanes_[lane].ready;
  const auto next =
      std::ranges::min_element(ready, {}, [&](const Ready& one) { return turn_among_all(one.turn, lane); });
  std::rotate(ready.begin(), next, next + 1);
}

bool Dispatcher::feed_from(std::uint16_t lane) {
  std::deque<Ready>& ready = lanes_[lane].ready;
  const StoredMessage& first = *ready.front().message;
  const Turn turn = ready.front().turn;
  const Route& route = lanes_[lane].route;
  const std::uint32_t party = config_.parties.of(first.envelope().source);
  const Rate::Load load(first.going(route).size(), first.whole(route), party);
  const SitePtr site = sites_.choose(route, lanes_[lane].sender, load);
  if (!site) return false;
  if (!sites_.senders().accepts(site->name(), first.sender().key, ground_.clock.steady())) {
    put_apart(lane);
    return true;
  }
  const std::size_t part = sites_.rates().part(site->name(), first.id(), load);
  if (const auto wait = sites_.rates().take(site->name(), first.id(), load)) {
    put_off(lane, *site, party, *wait);
    return true;
  }
  MessagePtr message = std::move(ready.front().message);
  ready.pop_front();
  note_turn(served_, turn, ++turn_);
  note_turn(served_in_, in_lane(turn, lane), turn_);
  messages_.index().turns(lane).tried(turn);
  if (!site->healthy()) {
    any_next_ = lane != Ticket::kAny;
    if (any_next_) {
      lanes_[lane].probed = turn_;
      note_turn(probed_, turn_of_probe(lane), turn_);
      probes_moved_ = true;
    }
  }
  const Sites::Permit permit = sites_.started(*site, message->sender());
  ++lanes_[lane].trying;
  std::string task = "attempt of message " + message->id().str();
  spawn(ground_.loop, attempt(std::move(message), part, lane, site, permit), std::move(task));
  return true;
}

/// It is too large for what is left of a limit, and smaller ones go before it until its turn has come.
void Dispatcher::put_off(std::uint16_t lane, const Site& site, std::uint32_t party, const Rate::Wait& wait) {
  const QueueId id = take_first(lane)->id();
  const WallTime until = std::min(wait.until, ground_.clock.wall() + kLongestPutOff);
  if (wait.first) {
    messages_.index().put_first(id);
  } else {
    messages_.index().set(id, Ticket::Phase::waiting, until);
  }
  if (wait.overtaken && (overtaken_.contains(id) || has_place(overtaken_, kMostPutOff, party))) {
    overtaken_.insert_or_assign(id, PutOff{until, party, lane});
    next_overtaken_ = std::min(next_overtaken_, until);
  }
  // Not after that: it may go on to another lane then, whose recipients this limit does not hold up.
  end_overtaken(id, lane, site, wait);
  let_go(id, lane);
}

void Dispatcher::put_apart(std::uint16_t lane) {
  const MessagePtr message = take_first(lane);
  Index& index = messages_.index();
  const std::uint16_t own = lanes_.lane_of_sender(*message, lanes_[lane].route);
  // Without a lane it must not be read again and again.
  const WallTime later = ground_.clock.wall() + config_.retry.min;
  index.set_lane(message->id(), own);
  index.set(message->id(), Ticket::Phase::waiting, own == lane ? std::optional(later) : std::nullopt);
  let_go(message->id(), lane);
}

MessagePtr Dispatcher::take_first(std::uint16_t lane) {
  Ready first = std::move(lanes_[lane].ready.front());
  lanes_[lane].ready.pop_front();
  messages_.index().turns(lane).returned(first.turn);
  return std::move(first.message);
}

/// Its file and its time are as they were.
void Dispatcher::put_back(std::uint16_t lane, std::deque<Ready>::iterator one) {
  const QueueId id = one->message->id();
  const Turn turn = one->turn;
  lanes_[lane].ready.erase(one);
  messages_.index().turns(lane).returned(turn);
  messages_.index().set(id, Ticket::Phase::waiting);
  let_go(id, lane);
}

/// What was read for a site that is gone waits again.
void Dispatcher::give_back(std::uint16_t lane) {
  while (!lanes_[lane].ready.empty()) put_back(lane, lanes_[lane].ready.begin());
}

}  // namespace postern::queue
