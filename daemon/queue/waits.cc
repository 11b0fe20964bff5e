#include "queue/waits.h"

#include "queue/described.h"
#include "queue/verdict_log.h"

#include <algorithm>
#include <utility>

namespace postern::queue {
namespace {

/// The bit of Ticket::told that a line about this is.
std::uint8_t told_of(const Sites::Held& held) { return held.of_sender ? Ticket::kToldOfSender : Ticket::kToldOfSite; }

}  // namespace

void Waits::changed() {
  if (soon_) return;
  soon_ = true;
  next_ = ground_.clock.steady() + kSoon;
}

std::optional<SteadyTime> Waits::next() const { return soon_ && !*telling_ ? std::optional(next_) : std::nullopt; }

std::optional<Waits::Held> Waits::held_in(std::uint16_t lane) const {
  const Lane& own = router_.lanes()[lane];
  std::optional<Held> held = sites_.kept_back(own.route, own.sender);
  // That is us, at the stop.
  if (held && held->trouble.failure == Failure::cancelled) held.reset();
  return held;
}

std::optional<Waits::Held> Waits::held(const Ticket& ticket) const {
  if (ticket.lane != Ticket::kAsked) return held_in(ticket.lane);
  const auto failed = router_.unanswered(ticket);
  if (!failed || failed->open) return std::nullopt;
  Held held;
  held.trouble.text = failed->text;
  return held;
}

void Waits::ended(const StoredMessage& message, const Route& route, const Outcomes::Outcome& outcome) {
  const Ticket* const ticket = messages_.index().find(message.id());
  if (ticket == nullptr || stopped_) return;
  if (outcome.unanswered.empty()) {
    // Of one with several routes others may wait where that was told.
    if (message.legs().size() < 2) messages_.index().set_told(message.id(), 0);
    return;
  }
  changed();
  const std::optional<Held> held = sites_.kept_back(route, message.sender().key);
  if (!held || held->trouble.failure == Failure::cancelled || (ticket->told & told_of(*held)) != 0) return;
  messages_.index().set_told(message.id(), ticket->told | told_of(*held));
  const mail::Envelope& envelope = message.envelope();
  log_waiting({message.id(), envelope, outcome.unanswered, outcome.waiting, message.message_id(), held->site,
               held->trouble, time_.age(messages_.ready_since(message.id(), envelope.accepted))});
}

void Waits::look() {
  const SteadyTime now = ground_.clock.steady();
  if (stopped_ || *telling_ || now < next_) return;
  soon_ = false;
  next_ = now + kEvery;
  // What is looked for in all tickets costs little for each.
  std::vector<std::uint8_t> bits(router_.lanes().size());
  for (std::size_t lane = Ticket::kAny; lane < bits.size(); ++lane) {
    if (const auto held = held_in(static_cast<std::uint16_t>(lane))) bits[lane] = told_of(*held);
  }
  if (messages_.index().first_due(Ticket::kAsked)) bits[Ticket::kAsked] = Ticket::kToldOfSite;
  if (std::ranges::none_of(bits, [](std::uint8_t bit) { return bit != 0; })) return;
  const WallTime wall = ground_.clock.wall();
  std::vector<QueueId> ids;
  bool more = false;
  messages_.index().for_each([&](const Ticket& ticket) {
    const std::uint8_t bit = ticket.lane == Ticket::kUnread ? std::uint8_t{0} : bits[ticket.lane];
    const bool told = bit == 0 || (ticket.told & (bit | Ticket::kToldBefore)) != 0;
    if (told || ticket.phase != Ticket::Phase::waiting || ticket.settled || ticket.due > wall) return;
    if (messages_.suspects().count(ticket.id) > 0) return;
    if (wall - ticket.due < kYoung || ids.size() == kAtOnce) {
      more = true;
    } else if (ticket.lane != Ticket::kAsked || held(ticket)) {
      ids.push_back(ticket.id);
    }
  });
  if (more) changed();
  if (!ids.empty()) work_.spawn(tell(std::move(ids), UnderWay(telling_)), "lines of the log about what waits");
}

Task<void> Waits::tell(std::vector<QueueId> ids, UnderWay) {
  for (const QueueId& id : ids) {
    if (stopped_) co_return;
    auto job = [spool = &ground_.spool, id] { return described(*spool, id, spool::Area::queue, {}); };
    const Described one = co_await ground_.pool.run(spool::Priority::background, std::move(job));
    tell_one(id, one.envelope, one.states, one.title.message_id);
  }
}

void Waits::tell_one(const QueueId& id, const mail::Envelope& envelope, const std::vector<RecipientState>& states,
                     const std::string& message_id) {
  const Ticket* const ticket = messages_.index().find(id);
  // It may have been tried since, and that has told.
  if (ticket == nullptr || ticket->phase != Ticket::Phase::waiting || ticket->lane == Ticket::kUnread) return;
  const std::optional<Held> held = this->held(*ticket);
  if (!held || (ticket->told & told_of(*held)) != 0) return;
  // Also where it cannot be read: its attempt tells that.
  messages_.index().set_told(id, ticket->told | told_of(*held));
  const std::vector<std::size_t> waiting = pending(states);
  const std::vector<std::size_t> going = router_.going(*ticket, envelope, waiting);
  if (going.empty()) return;
  log_waiting({id, envelope, going, waiting.size(), message_id, held->site, held->trouble,
               time_.age(messages_.ready_since(id, envelope.accepted))});
}

}  // namespace postern::queue
