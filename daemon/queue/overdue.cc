// What waits for too long without a turn. While a site does not take a sender, or takes nobody's mail, it is probed
// with one message a step, and of a long queue most would never have an attempt that could be their last. So what is
// past retry.expire in such trouble ends without one, in the words of the trouble, and whoever is to be told of a delay
// is told when that is due. A site that is down for another reason says nothing of its mail: that has its attempt
// first. Likewise what waits for a limit per hour or day, since that is used up, or since the message is too large for
// what is left of it: its sender is told as of any delay, and it ends at its expiry in the name of the limit. Likewise
// what waits since nobody says who sent it. Of a message with several routes the recipients of each are judged alone.
#include "queue/dispatcher.h"
#include "queue/schedule.h"

#include <algorithm>
#include <utility>

namespace postern::queue {
namespace {

// So often it is looked, which goes through all tickets while there is such trouble; at once where there are more.
constexpr Seconds kOverdueEvery{60};
// So many after one look, one after the other: each is read, and its report written.
constexpr std::size_t kMostOverdue = 100;
// No mail is given up for trouble that the operator could not yet have seen.
constexpr Seconds kHeldAtLeast{3600};
// A warning that could not be given is tried again after so long: the number of reports is counted by the hour.
constexpr Seconds kWarnAgain{3600};
// So many of these are remembered; the senders of more are not warned.
constexpr std::size_t kMostUnwarned = 4096;

/// What it waits in whom nobody names; while that is asked it may be over.
std::optional<Sites::Held> held_unanswered(const std::optional<UserBook::Failed>& failed) {
  if (!failed || failed->open) return std::nullopt;
  Sites::Held held;
  held.trouble.text = failed->text;
  held.of_sender = true;
  held.since = failed->since;
  held.put_off = true;
  return held;
}

}  // namespace

std::vector<std::optional<Sites::Held>> Dispatcher::held_lanes() const {
  std::vector<std::optional<Sites::Held>> lanes(lanes_.size());
  for (std::size_t lane = Ticket::kAny; lane < lanes_.size(); ++lane) {
    lanes[lane] = sites_.held(lanes_[lane].route, lanes_[lane].sender);
  }
  return lanes;
}

/// Whatever is due later is not held by others, but waits by its own schedule; or it was put off.
bool Dispatcher::is_overdue(const Ticket& ticket, std::uint16_t lane, WallTime due, const Sites::Held& held) const {
  const bool waits = ticket.phase == Ticket::Phase::waiting && ticket.read && !ticket.settled;
  const bool later = !held.put_off && due > ground_.clock.wall();
  if (!waits || later || messages_.suspects().count(ticket.id) > 0) return false;
  const Retry& retry = config_.retry;
  const Milliseconds age = time_.age(messages_.ready_since(ticket.id, ticket.id.accepted()));
  const Milliseconds warning = warning_after(!held.of_sender && !held.by_limit, retry);
  if (past_expiry(age, retry)) return time_.age(held.since) >= std::min(kHeldAtLeast, retry.expire);
  if (ticket.reminded || retry.warn_after == Seconds(0) || age <= warning) return false;
  return !unwarned_.contains(Place{ticket.id, lane});
}

/// The first of its lanes where it is; nothing: in none.
std::optional<std::uint16_t> Dispatcher::overdue_in(const Ticket& ticket,
                                                    const std::vector<std::optional<Sites::Held>>& held) const {
  std::optional<std::uint16_t> found;
  const auto look = [&](std::uint16_t lane, WallTime due) {
    if (found) return;
    const auto one = lane == Ticket::kAsked ? held_unanswered(router_.unanswered(ticket)) : held[lane];
    if (one && is_overdue(ticket, lane, due, *one)) found = lane;
  };
  look(ticket.lane, ticket.due);
  if (stops_.has(ticket.id)) stops_.for_others(ticket, look);
  return found;
}

void Dispatcher::end_overdue() {
  const SteadyTime now = ground_.clock.steady();
  if (stopped_ || alone_ || *ending_overdue_ || now < next_overdue_) return;
  next_overdue_ = now + kOverdueEvery;
  std::erase_if(unwarned_, [now](const auto& one) { return one.second <= now; });
  sites_.rates().forget([this](const QueueId& id) { return messages_.index().find(id) == nullptr; });
  const std::vector<std::optional<Sites::Held>> held = held_lanes();
  const bool asked = messages_.index().first_due(Ticket::kAsked) || lanes_[Ticket::kAsked].awaited > 0;
  if (!asked && std::ranges::none_of(held, [](const auto& one) { return one.has_value(); })) return;
  std::vector<Place> places;
  messages_.index().for_each([&](const Ticket& ticket) {
    if (places.size() == kMostOverdue) return;
    if (const auto lane = overdue_in(ticket, held)) places.push_back({ticket.id, *lane});
  });
  if (!places.empty())
    work_.spawn(end_overdue(std::move(places), UnderWay(ending_overdue_)), "end of what waits for too long");
}

std::optional<Sites::Held> Dispatcher::held_now(const Ticket& ticket) const {
  const Lane& lane = lanes_[ticket.lane];
  std::optional<Sites::Held> held = ticket.lane == Ticket::kAsked ? held_unanswered(router_.unanswered(ticket))
                                                                  : sites_.held(lane.route, lane.sender);
  return held && is_overdue(ticket, ticket.lane, ticket.due, *held) ? held : std::nullopt;
}

Task<void> Dispatcher::end_overdue(std::vector<Place> places, UnderWay) {
  bool any = false;
  for (const Place& one : places) {
    if (stopped_) co_return;
    if (!stops_.stand(one.id, one.lane)) continue;
    std::optional<Sites::Held> held = held_now(*messages_.index().find(one.id));
    if (!held) {
      stops_.move(one.id);
      continue;
    }
    const bool seen_to = co_await end_held(one.id, std::move(*held));
    any = any || seen_to;
  }
  // Where none could be read they are not looked at again at once.
  if (any && places.size() == kMostOverdue) next_overdue_ = ground_.clock.steady();
}

/// All that came while it was put off is due before it, and where that is ever more it would not be asked for again: it
/// has its old place back.
void Dispatcher::ask_overtaken() {
  const WallTime now = ground_.clock.wall();
  if (now < next_overtaken_) return;
  next_overtaken_ = WallTime::max();
  std::erase_if(overtaken_, [&](const auto& one) {
    const auto& [id, put_off] = one;
    if (put_off.until > now) {
      next_overtaken_ = std::min(next_overtaken_, put_off.until);
      return false;
    }
    const Ticket* const ticket = messages_.index().find(id);
    const bool waits = ticket != nullptr && ticket->lane == put_off.lane && ticket->phase == Ticket::Phase::waiting &&
                       ticket->due <= now;
    if (waits) messages_.index().set(id, Ticket::Phase::waiting, std::min<WallTime>(ticket->due, id.accepted()));
    return true;
  });
}

void Dispatcher::end_overtaken(const QueueId& id, std::uint16_t lane, const Site& site, const Rate::Wait& wait) {
  const Ticket* const ticket = messages_.index().find(id);
  if (ticket == nullptr || !wait.overtaken || stopped_ || alone_) return;
  Sites::Held held = sites_.held_by(site, wait);
  held.trouble.text += ", for which this message has too many recipients beside the others";
  held.put_off = true;
  if (is_overdue(*ticket, lane, ticket->due, held))
    work_.spawn(end_one_held(id, lane, std::move(held)), "end of what waits for too long");
}

Task<void> Dispatcher::end_one_held(QueueId id, std::uint16_t lane, Sites::Held held) {
  if (stopped_ || !stops_.stand(id, lane)) co_return;
  const Ticket& ticket = *messages_.index().find(id);
  if (is_overdue(ticket, ticket.lane, ticket.due, held)) {
    co_await end_held(id, std::move(held));
  } else {
    stops_.move(id);
  }
}

Task<bool> Dispatcher::end_held(QueueId id, Sites::Held held) {
  Index& index = messages_.index();
  const std::uint16_t lane = index.find(id)->lane;
  index.set(id, Ticket::Phase::active);
  work_.begin();
  // As one that is under way: it is in no probe's place.
  ++lanes_[lane].open;
  ++lanes_[lane].trying;
  const MessagePtr message = co_await read(id, lane);
  if (message) {
    const Route route = lanes_[lane].route;
    mail::DeliveryReport report;
    report.recipients.resize(message->going(route).size());
    (held.of_sender ? report.sender : report.site) = std::move(held.trouble);
    Evidence waits;
    waits.held = true;
    waits.by_limit = held.by_limit;
    Evidence evidence = tried_in(*message, route, std::move(waits));
    const std::optional<WallTime> others = stops_.others_due(id);
    const Outcomes::Outcome outcome =
        co_await outcomes_.perform(*message, report, held.site, std::move(evidence), others);
    stops_.tried(id, route, !outcome.left.empty());
    waits_.ended(*message, route, outcome);
    // Of one with several routes it is not known of which its sender was told.
    const bool reminded = outcome.told && !stops_.has(id);
    if (reminded || unwarned_.size() >= kMostUnwarned) {
      index.set_reminded(id);
    } else {
      unwarned_.insert_or_assign(Place{id, lane}, ground_.clock.steady() + kWarnAgain);
    }
  }
  --lanes_[lane].trying;
  let_go(id, lane);
  co_return message != nullptr;
}

}  // namespace postern::queue
