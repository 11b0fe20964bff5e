// What waits for too long without a turn. While a site does not take a sender, or takes nobody's mail, it is probed
// with one message a step, and of a long queue most would never have an attempt that could be their last. So what is
// past retry.expire in such trouble ends without one, in the words of the trouble, and whoever is to be told of a delay
// is told when that is due. A site that is down for another reason says nothing of its mail: that has its attempt
// first. Likewise what waits for a limit per hour or day, since that is used up, or since the message is too large for
// what is left of it: its sender is told as of any delay, and it ends at its expiry in the name of the limit.
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

}  // namespace

std::vector<std::optional<Sites::Held>> Dispatcher::held_lanes() const {
  std::vector<std::optional<Sites::Held>> lanes(lanes_.size());
  for (std::size_t lane = Ticket::kAny; lane < lanes_.size(); ++lane) {
    lanes[lane] = sites_.held(lanes_[lane].site, lanes_[lane].sender);
  }
  return lanes;
}

/// Whatever is due later is not held by others, but waits by its own schedule; or it was put off.
bool Dispatcher::is_overdue(const Ticket& ticket, const Sites::Held& held) const {
  const bool waits = ticket.phase == Ticket::Phase::waiting && ticket.read && !ticket.settled;
  const bool later = !held.put_off && ticket.due > ground_.clock.wall();
  if (!waits || later || messages_.suspects().count(ticket.id) > 0) return false;
  const Retry& retry = config_.retry;
  const Milliseconds age = time_.age(ticket.id.accepted());
  const Milliseconds warning = warning_after(!held.of_sender && !held.by_limit, retry);
  if (past_expiry(age, retry)) return time_.age(held.since) >= std::min(kHeldAtLeast, retry.expire);
  return !ticket.reminded && !unwarned_.contains(ticket.id) && retry.warn_after != Seconds(0) && age > warning;
}

void Dispatcher::end_overdue() {
  const SteadyTime now = ground_.clock.steady();
  if (stopped_ || alone_ || *ending_overdue_ || now < next_overdue_) return;
  next_overdue_ = now + kOverdueEvery;
  std::erase_if(unwarned_, [now](const auto& one) { return one.second <= now; });
  sites_.rates().forget([this](const QueueId& id) { return messages_.index().find(id) == nullptr; });
  const std::vector<std::optional<Sites::Held>> held = held_lanes();
  if (std::ranges::none_of(held, [](const auto& one) { return one.has_value(); })) return;
  std::vector<QueueId> ids;
  messages_.index().for_each([&](const Ticket& ticket) {
    if (ids.size() == kMostOverdue || !held[ticket.lane] || !is_overdue(ticket, *held[ticket.lane])) return;
    ids.push_back(ticket.id);
  });
  if (!ids.empty())
    work_.spawn(end_overdue(std::move(ids), UnderWay(ending_overdue_)), "end of what waits for too long");
}

std::optional<Sites::Held> Dispatcher::held_now(const Ticket& ticket) const {
  std::optional<Sites::Held> held = sites_.held(lanes_[ticket.lane].site, lanes_[ticket.lane].sender);
  return held && is_overdue(ticket, *held) ? held : std::nullopt;
}

Task<void> Dispatcher::end_overdue(std::vector<QueueId> ids, UnderWay) {
  bool any = false;
  for (const QueueId& id : ids) {
    if (stopped_) co_return;
    const Ticket* const ticket = messages_.index().find(id);
    std::optional<Sites::Held> held = ticket != nullptr ? held_now(*ticket) : std::nullopt;
    if (!held) continue;
    const bool seen_to = co_await end_held(id, std::move(*held));
    any = any || seen_to;
  }
  // Where none could be read they are not looked at again at once.
  if (any && ids.size() == kMostOverdue) next_overdue_ = ground_.clock.steady();
}

/// All that came while it was put off is due before it, and where that is ever more it would not be asked for again: it
/// has its old place back.
void Dispatcher::ask_overtaken() {
  const WallTime now = ground_.clock.wall();
  std::erase_if(overtaken_, [&](const auto& one) {
    const auto& [id, put_off] = one;
    if (put_off.until > now) return false;
    const Ticket* const ticket = messages_.index().find(id);
    const bool waits = ticket != nullptr && ticket->phase == Ticket::Phase::waiting && ticket->due <= now;
    if (waits) messages_.index().set(id, Ticket::Phase::waiting, std::min<WallTime>(ticket->due, id.accepted()));
    return true;
  });
}

void Dispatcher::end_overtaken(const QueueId& id, const Site& site, const Rate::Wait& wait) {
  const Ticket* const ticket = messages_.index().find(id);
  if (ticket == nullptr || !wait.overtaken || stopped_ || alone_) return;
  Sites::Held held = sites_.held_by(site, wait);
  held.trouble.text += ", for which this message has too many recipients beside the others";
  held.put_off = true;
  if (is_overdue(*ticket, held)) work_.spawn(end_one_held(id, std::move(held)), "end of what waits for too long");
}

Task<void> Dispatcher::end_one_held(QueueId id, Sites::Held held) {
  const Ticket* const ticket = messages_.index().find(id);
  if (stopped_ || ticket == nullptr || !is_overdue(*ticket, held)) co_return;
  co_await end_held(id, std::move(held));
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
    mail::DeliveryReport report;
    report.recipients.resize(message->pending().size());
    (held.of_sender ? report.sender : report.site) = std::move(held.trouble);
    Evidence evidence;
    evidence.held = true;
    evidence.by_limit = held.by_limit;
    const bool told = co_await outcomes_.perform(*message, report, held.site, evidence);
    if (told || unwarned_.size() >= kMostUnwarned) {
      index.set_reminded(id);
    } else {
      unwarned_.insert_or_assign(id, ground_.clock.steady() + kWarnAgain);
    }
  }
  --lanes_[lane].trying;
  let_go(id, lane);
  co_return message != nullptr;
}

}  // namespace postern::queue
