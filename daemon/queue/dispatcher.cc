#include "queue/dispatcher.h"

#include "base/log.h"
#include "mail/delivered.h"
#include "queue/portion.h"

#include <algorithm>
#include <exception>
#include <utility>

namespace postern::queue {
namespace {

// Nobody reroutes to as many smarthosts; what names more of them goes by any.
constexpr std::size_t kMostLanes = 1000;
// So many of their messages are open at once, beside one for each: they take memory.
constexpr std::size_t kMostOpenOfSenders = 32;
// Each has messages open, and so memory. The mail of more senders in trouble at once goes by its own schedule.
constexpr std::size_t kMostSenderLanes = 256;
/// As if its sender's trouble were its own: it waits by its schedule, or for the site where that has trouble, too.
void charge_message(mail::DeliveryReport& report) {
  std::optional<mail::SiteTrouble> trouble = std::exchange(report.sender, std::nullopt);
  if (report.site) return;
  report.site = std::move(trouble);
  report.site->in_transaction = true;
}

}  // namespace

Dispatcher::Dispatcher(const Ground& ground, const Config& config, Messages& messages, Sites& sites, Reports& reports,
                       Outcomes& outcomes, const Timekeeper& time, OpenWork& work, Deliver deliver,
                       std::function<void()> more)
    : ground_(ground),
      config_(config),
      messages_(messages),
      sites_(sites),
      reports_(reports),
      outcomes_(outcomes),
      time_(time),
      work_(work),
      deliver_(std::move(deliver)),
      more_(std::move(more)),
      reader_(ground, messages, work, [this](const QueueId& id, const Reader::Known& known) { learn(id, known); }) {}

void Dispatcher::dispatch() {
  feed();
  if (work_.count() == 0) alone_ = false;
  open_for_others();
  end_overdue();
  ask_overtaken();
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
  const SteadyTime now = ground_.clock.steady();
  if (const auto opens = sites_.wake()) wait = std::min(*wait, std::chrono::ceil<Milliseconds>(*opens - now));
  // That is counted from the look that dispatch() has had, so it is never over yet.
  if (sites_.closed_by_messages()) wait = std::min(*wait, std::chrono::ceil<Milliseconds>(next_look_ - now));
  return wait;
}

void Dispatcher::stop() {
  stopped_ = true;
  reader_.stop();
  for (std::size_t lane = 0; lane < lanes_.size(); ++lane) give_back(static_cast<std::uint16_t>(lane));
}

bool Dispatcher::wants_more(std::uint16_t lane) const {
  const Lane& own = lanes_[lane];
  if (!sites_.hopeless(own.site, own.sender)) {
    const bool crowd = !own.sender.empty() && own.open > 0 && open_of_senders() >= kMostOpenOfSenders;
    return !crowd && own.open < sites_.appetite(own.site, own.sender);
  }
  // A probe may be made: one message is read for it, for all lanes that wait for the same.
  if (!sites_.choose(own.site, own.sender)) return false;
  return std::ranges::none_of(lanes_, [&](const Lane& one) { return one.site == own.site && one.open > one.trying; });
}

std::size_t Dispatcher::open_of_senders() const {
  std::size_t open = 0;
  for (const Lane& one : lanes_) open += one.sender.empty() ? 0 : one.open;
  return open;
}

void Dispatcher::let_go(const QueueId& id, std::uint16_t lane) {
  messages_.suspects().returned(id);
  --lanes_[lane].open;
  work_.end();
}

std::uint16_t Dispatcher::lane_for(const std::string& site, const std::string& sender, Turn whose) {
  const auto known = std::find_if(lanes_.begin() + Ticket::kAny, lanes_.end(),
                                  [&](const Lane& one) { return one.site == site && one.sender == sender; });
  if (known != lanes_.end()) return static_cast<std::uint16_t>(known - lanes_.begin());
  if (!sender.empty()) {
    for (std::size_t lane = 0; lane < lanes_.size(); ++lane) {
      if (lanes_[lane].sender.empty() || !is_empty(static_cast<std::uint16_t>(lane))) continue;
      lanes_[lane].site = site;
      lanes_[lane].sender = sender;
      lanes_[lane].whose = whose;
      lanes_[lane].probed = 0;
      probes_moved_ = true;
      return static_cast<std::uint16_t>(lane);
    }
    if (sender_lanes_ == kMostSenderLanes) return lane_for(site);
    ++sender_lanes_;
  } else if (lanes_.size() - sender_lanes_ >= kMostLanes) {
    return Ticket::kAny;
  }
  Lane& lane = lanes_.emplace_back();
  lane.site = site;
  lane.sender = sender;
  lane.whose = whose;
  if (sender.empty() && !sites_.find(site)) tell_unknown_routes();
  return static_cast<std::uint16_t>(lanes_.size() - 1);
}

std::uint16_t Dispatcher::lane_of_sender(const StoredMessage& message) {
  const auto author = config_.parties.author(message.envelope().source);
  return lane_for(message.rerouted_to(), message.sender().key, author ? Turn{*author} : kAlarmsTurn);
}

bool Dispatcher::is_empty(std::uint16_t lane) const {
  return lanes_[lane].open == 0 && !messages_.index().first_due(lane);
}

bool Dispatcher::waits_apart(const std::string& site, const std::string& sender) const {
  for (std::size_t lane = Ticket::kAny; lane < lanes_.size(); ++lane) {
    const bool own = lanes_[lane].site == site && lanes_[lane].sender == sender;
    if (own && !is_empty(static_cast<std::uint16_t>(lane))) return true;
  }
  return false;
}

std::uint16_t Dispatcher::lane_of(const StoredMessage& message, std::uint16_t in) {
  const std::string& sender = message.sender().key;
  if (lanes_[in].site == message.rerouted_to() && lanes_[in].sender == sender) return in;
  // While nothing but probes is made those of a sender are by turns, and one of it has its turn already.
  const bool by_turns = sites_.hopeless(message.rerouted_to()) && waits_apart(message.rerouted_to(), sender);
  const bool apart = by_turns || standing_of(message.states()).doubtful || sites_.senders().troubled(sender);
  return apart ? lane_of_sender(message) : lane_for(message.rerouted_to());
}

void Dispatcher::learn(const QueueId& id, const Reader::Known& known) {
  messages_.index().set_read(id, lane_for(known.rerouted_to), known.whose);
  messages_.index().set_standing(id, known.standing.doubtful, known.standing.uncertain);
}

void Dispatcher::reroute(const QueueId& id, const std::string& site) { messages_.index().set_lane(id, lane_for(site)); }

SitePtr Dispatcher::site_of(const Ticket& ticket) const {
  if (ticket.lane > Ticket::kAny) {
    if (SitePtr own = sites_.find(lanes_[ticket.lane].site)) return own;
  }
  return sites_.waited_for(ticket.site);
}

void Dispatcher::tell_unknown_routes() const {
  for (const Lane& lane : lanes_) {
    if (lane.site.empty() || !lane.sender.empty() || sites_.find(lane.site)) continue;
    log(Level::warning, "messages were rerouted to a smarthost that is not configured; they go by any",
        {{"site", lane.site}});
  }
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
  const std::uint16_t own = lane_of(*message, lane);
  index.set_read(id, own, whose(message->envelope().source, config_.parties));
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
  if (own != lane) {
    // What it was rerouted to, and its sender, stand in its file, and that was not to be read before.
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
  try {
    Portion portion(*message, part);
    report = co_await deliver_(portion, site->name());
    outcomes_.attempted(site->name(), ground_.clock.steady() - began, report);
    sites_.rates().ended(site->name(), report, part);
    const auto author = config_.parties.author(message->envelope().source);
    const Attempted attempted{id, author, messages_.index().has_other_than(author.value_or(mail::kNoUid))};
    if (!sites_.learn(*site, permit, report, message->sender(), attempted)) charge_message(report);
  } catch (const std::exception& bug) {
    // One message that makes the program fail must not stop the others; it is tried again by its schedule.
    log(Level::error, "internal error in a delivery", {{"id", id.text()}, {"what", bug.what()}});
    sites_.returned(*site, permit, message->sender());
  }
  messages_.index().set_site(id, sites_.number_of(site->name()));
  more_();  // the connection is free for the next one while this one's outcome is written
  const Evidence evidence = weigh(*message, report, site->name());
  co_await outcomes_.perform(*message, report, site->name(), evidence);
  // Not before: the lane would count as empty, and another sender might get it.
  if (report.sender || mail::first_doubtful(report) != nullptr) {
    messages_.index().set_lane(id, lane_of_sender(*message));
  }
  message.reset();
  const auto known = [](const auto& status) { return status.has_value(); };
  if (std::ranges::any_of(report.recipients, known)) messages_.suspects().ended(id);
  --lanes_[lane].trying;
  let_go(id, lane);
  more_();
}

/// What the site took of this sender: of this message, for others; of others, for this message.
Evidence Dispatcher::weigh(const StoredMessage& message, const mail::DeliveryReport& report, const std::string& site) {
  const std::string& sender = report.sent_as.empty() ? message.sender().name : report.sent_as;
  if (mail::delivered_any(report)) acceptances_.taken(site, sender, message.id(), ground_.clock.wall());
  return Evidence{acceptances_.other(site, sender, message.id())};
}

}  // namespace postern::queue
