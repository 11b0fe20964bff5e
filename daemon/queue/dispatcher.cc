#include "queue/dispatcher.h"

#include "base/log.h"
#include "mail/delivered.h"
#include "queue/portion.h"

#include <algorithm>
#include <exception>
#include <utility>

namespace postern::queue {
namespace {

// So many of their messages are open at once, beside one for each: they take memory.
constexpr std::size_t kMostOpenOfSenders = 32;
/// As if its sender's trouble were its own: it waits by its schedule, or for the site where that has trouble, too.
void charge_message(mail::DeliveryReport& report) {
  std::optional<mail::SiteTrouble> trouble = std::exchange(report.sender, std::nullopt);
  if (report.site) return;
  report.site = std::move(trouble);
  report.site->in_transaction = true;
}

}  // namespace

Dispatcher::Dispatcher(const Ground& ground, const Config& config, Messages& messages, Sites& sites, Reports& reports,
                       Outcomes& outcomes, const Timekeeper& time, OpenWork& work, Router& router, Deliver deliver,
                       std::function<void()> more)
    : ground_(ground),
      config_(config),
      messages_(messages),
      sites_(sites),
      reports_(reports),
      outcomes_(outcomes),
      time_(time),
      work_(work),
      router_(router),
      lanes_(router.lanes()),
      stops_(router.stops()),
      deliver_(std::move(deliver)),
      more_(std::move(more)),
      reader_(
          ground, config, messages, work, [this](std::size_t count) { return router_.take_first_to_read(count); },
          [this](const QueueId& id, const Reader::Known& known) {
            if (!router_.learn(id, known)) return;
            if (const Ticket* const ticket = messages_.index().find(id)) arrived(id, ticket->party);
          }),
      waits_(ground, messages, sites, router, time, work) {}

void Dispatcher::dispatch() {
  feed();
  if (work_.count() == 0) alone_ = false;
  open_for_others();
  end_overdue();
  if (!alone_) waits_.look();
  ask_overtaken();
  router_.go_on();
  stops_.move_all();
  if (!alone_) stops_.fill_idle();
  take_by_turns();
  if (work_.count() == 0) messages_.tell_damaged();
  if (!alone_) reader_.read_on();
}

std::optional<Milliseconds> Dispatcher::idle_for() const {
  const WallTime wall = ground_.clock.wall();
  std::optional<Milliseconds> wait;
  for (std::size_t lane = Ticket::kAny; lane < lanes_.size(); ++lane) {
    const auto first = messages_.index().first_due(static_cast<std::uint16_t>(lane));
    if (!first && lanes_[lane].ready.empty()) continue;
    if (!wait) wait = Milliseconds::max();
    if (first && *first > wall) wait = std::min(*wait, *first - wall);
  }
  if (!wait) return wait;
  if (const auto next = stops_.next()) wait = std::min(*wait, std::max(*next - wall, Milliseconds(0)));
  const SteadyTime now = ground_.clock.steady();
  if (const auto asks = router_.next())
    wait = std::min(*wait, std::max(std::chrono::ceil<Milliseconds>(*asks - now), Milliseconds(0)));
  if (const auto opens = sites_.wake()) wait = std::min(*wait, std::chrono::ceil<Milliseconds>(*opens - now));
  // Beside a suspect nothing is told, and the end of its attempt looks again.
  if (const auto tells = alone_ ? std::nullopt : waits_.next())
    wait = std::min(*wait, std::max(std::chrono::ceil<Milliseconds>(*tells - now), Milliseconds(0)));
  // That is counted from the look that dispatch() has had, so it is never over yet.
  if (sites_.closed_by_messages()) wait = std::min(*wait, std::chrono::ceil<Milliseconds>(next_look_ - now));
  return wait;
}

void Dispatcher::stop() {
  stopped_ = true;
  reader_.stop();
  waits_.stop();
  for (std::size_t lane = 0; lane < lanes_.size(); ++lane) give_back(static_cast<std::uint16_t>(lane));
}

bool Dispatcher::wants_more(std::uint16_t lane) const {
  const Lane& own = lanes_[lane];
  if (!sites_.hopeless(own.route, own.sender)) {
    const bool crowd = !own.sender.empty() && own.open > 0 && open_of_senders() >= kMostOpenOfSenders;
    return !crowd && own.open < sites_.appetite(own.route, own.sender);
  }
  // A probe may be made: one message is read for it, for all lanes that wait for the same.
  if (!sites_.choose(own.route, own.sender)) return false;
  return std::ranges::none_of(lanes_, [&](const Lane& one) { return one.route == own.route && one.open > one.trying; });
}

std::size_t Dispatcher::open_of_senders() const {
  std::size_t open = 0;
  for (const Lane& one : lanes_) open += one.sender.empty() ? 0 : one.open;
  return open;
}

void Dispatcher::let_go(const QueueId& id, std::uint16_t lane) {
  messages_.suspects().returned(id);
  --lanes_[lane].open;
  // What it stood in may have been closed meanwhile.
  stops_.move(id);
  work_.end();
}

void Dispatcher::route_anew() {
  for (std::size_t lane = 0; lane < lanes_.size(); ++lane) give_back(static_cast<std::uint16_t>(lane));
  router_.route_anew();
}

Task<void> Dispatcher::prepare(QueueId id, std::uint16_t lane, Turn turn) {
  MessagePtr message = co_await read(id, lane);
  if (message) {
    lanes_[lane].ready.push_back(Ready{std::move(message), turn});
    if (stopped_) give_back(lane);
  } else {
    messages_.index().turns(lane).returned(turn);
    let_go(id, lane);
  }
  more_();
}

Task<MessagePtr> Dispatcher::read(QueueId id, std::uint16_t lane) {
  Index& index = messages_.index();
  if (messages_.suspects().guilty(id)) {
    co_await hold_guilty(id);
    co_return nullptr;
  }
  messages_.suspects().begin(id);
  Result<MessagePtr> loaded = co_await messages_.load(id);
  if (!loaded) {
    Error error = loaded.error();
    co_await messages_.put_aside(id, std::move(error));
    co_return nullptr;
  }
  MessagePtr message = std::move(*loaded);
  index.set_read(id, whose(message->envelope().source, config_.parties));
  if (message->pending().empty()) stops_.forget(id);
  const auto owed = owed_since(message->states());
  const auto told = owed ? std::optional(reports_.owe(message->envelope(), *owed)) : std::nullopt;
  if (message->pending().empty() && told) {
    index.set_settled(id);
    index.set(id, Ticket::Phase::waiting, told);
    co_return nullptr;
  }
  if (message->pending().empty()) {
    // The program ended between the last verdict and the unlink.
    const std::vector<Finding> nothing_new;
    co_await messages_.finish(*message, nothing_new);
    co_return nullptr;
  }
  if (router_.goes_by_rows(message->rerouted_to())) router_.find_legs(*message);
  const std::uint16_t own = router_.lane_of(*message, lane);
  if (own != lane) {
    // What it was rerouted to, and its sender, stand in its file, and that was not to be read before; or other routes
    // came into force.
    index.set_lane(id, own);
    index.set(id, Ticket::Phase::waiting);
    co_return nullptr;
  }
  co_return message;
}

/// Not even read: that may be where the program crashes.
Task<void> Dispatcher::hold_guilty(QueueId id) {
  Suspects& suspects = messages_.suspects();
  // Where the disk does not confirm a move, a crash at worst brings the message back to be judged once more.
  const Result<spool::Changed> moved = co_await messages_.move(id, spool::Area::queue, spool::Area::hold);
  if (!moved && moved.error().failure == Failure::not_found) {
    messages_.gone(id);
  } else if (!moved) {
    log(Level::error, "program crashed at this message again and again, and it cannot be put on hold; not tried",
        {{"id", id.text()}, {"why", moved.error().text}});
    messages_.index().set(id, Ticket::Phase::waiting, ground_.clock.wall() + config_.retry.min);
  } else {
    log(Level::error, "put on hold: the program crashed at each of the last attempts to deliver this message",
        {{"id", id.text()},
         {"crashes", suspects.count(id)},
         {"advice", "`postern queue release " + id.str() + "` tries again"}});
    if (const Ticket* const held = messages_.index().find(id); held != nullptr) messages_.note_held(*held);
    messages_.index().remove(id);
    stops_.forget(id);
    suspects.ended(id);
    ++messages_.counted().held;
  }
}

Task<void> Dispatcher::attempt(MessagePtr message, std::size_t part, std::uint16_t lane, SitePtr site,
                               Sites::Permit permit) {
  const QueueId id = message->id();
  outcomes_.begins(id);
  mail::DeliveryReport report;
  const SteadyTime began = ground_.clock.steady();
  const Route route = lanes_[lane].route;
  // A reload meanwhile forgets it.
  const std::optional<WallTime> others_before = stops_.others_due(id);
  try {
    Portion portion(*message, message->going(route), part);
    report = co_await deliver_(portion, site->name());
    outcomes_.attempted(site->name(), ground_.clock.steady() - began, report);
    sites_.rates().ended(site->name(), report, part);
    const auto author = config_.parties.author(message->envelope().source);
    const bool counts = report.site || mail::first_doubtful(report) != nullptr;
    const Attempted attempted{id, author, counts && others_wait_for(*site, author)};
    if (!sites_.learn(*site, permit, report, message->sender(), attempted)) charge_message(report);
  } catch (const std::exception& bug) {
    // One message that makes the program fail must not stop the others; it is tried again by its schedule.
    log(Level::error, "internal error in a delivery", {{"id", id.text()}, {"what", bug.what()}});
    sites_.returned(*site, permit, message->sender());
  }
  messages_.index().set_site(id, sites_.number_of(site->name()));
  more_();  // the connection is free for the next one while this one's outcome is written
  Evidence evidence = tried_in(*message, route, weigh(*message, report, site->name()));
  evidence.part = part;
  const std::optional<WallTime> others = is_unread(id) ? others_before : stops_.others_due(id);
  const Outcomes::Outcome outcome =
      co_await outcomes_.perform(*message, report, site->name(), std::move(evidence), others);
  if (others_before && is_unread(id)) bring_forward(id, *others_before);
  // Not before: the lane would count as empty, and another sender might get it.
  const bool apart = report.sender || mail::first_doubtful(report) != nullptr;
  const Ticket* const ticket = messages_.index().find(id);
  if (apart && ticket != nullptr && ticket->lane != Ticket::kUnread) {
    messages_.index().set_lane(id, lanes_.lane_of_sender(*message, route));
  }
  stops_.tried(id, route, !outcome.left.empty());
  waits_.ended(*message, route, outcome);
  message.reset();
  const auto known = [](const auto& status) { return status.has_value(); };
  if (std::ranges::any_of(report.recipients, known)) messages_.suspects().ended(id);
  --lanes_[lane].trying;
  let_go(id, lane);
  more_();
}

bool Dispatcher::others_wait_for(const Site& site, std::optional<std::uint32_t> party) const {
  return messages_.index().has_other_than(party.value_or(mail::kNoUid), [&](std::uint16_t lane) {
    return lane == Ticket::kUnread || sites_.leads_to(lanes_[lane].route, site.name());
  });
}

bool Dispatcher::is_unread(const QueueId& id) const {
  const Ticket* const ticket = messages_.index().find(id);
  return ticket != nullptr && (ticket->stale || ticket->lane == Ticket::kUnread);
}

/// The time of this attempt's recipients is not that of all.
void Dispatcher::bring_forward(const QueueId& id, WallTime due) {
  const Ticket* const ticket = messages_.index().find(id);
  const bool waits = ticket != nullptr && ticket->phase == Ticket::Phase::waiting && !ticket->settled;
  if (waits && due < ticket->due) messages_.index().set(id, Ticket::Phase::waiting, due);
}

Evidence Dispatcher::tried_in(const StoredMessage& message, const Route& route, Evidence evidence) {
  if (message.legs().size() > 1) evidence.tried = message.going(route);
  return evidence;
}

/// What the site took of this sender: of this message, for others; of others, for this message.
Evidence Dispatcher::weigh(const StoredMessage& message, const mail::DeliveryReport& report, const std::string& site) {
  const std::string& sender = report.sent_as.empty() ? message.sender().name : report.sent_as;
  if (mail::delivered_any(report)) acceptances_.taken(site, sender, message.id(), ground_.clock.wall());
  return Evidence{acceptances_.other(site, sender, message.id())};
}

}  // namespace postern::queue
