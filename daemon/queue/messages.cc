#include "queue/messages.h"

#include "base/log.h"
#include "queue/described.h"
#include "queue/ending.h"
#include "queue/recorder.h"
#include "queue/schedule.h"

#include <algorithm>
#include <memory>
#include <utility>

namespace postern::queue {
namespace {

// In a row; a disk that lost its directory leaves thousands, and the log is to be read by people.
constexpr std::size_t kDamagedToldSingly = 20;

}  // namespace

Messages::Messages(const Ground& ground, const Config& config, Watchers& watchers)
    : ground_(ground), config_(config), watchers_(watchers), suspects_(config.in_flight) {}

void Messages::take_up(const spool::Recovered& recovered) {
  const WallTime now = ground_.clock.wall();
  for (const spool::Found& found : recovered.queue) {
    Ticket ticket;
    ticket.id = found.id;
    ticket.due = believable(found.modified, now, config_.retry);
    ticket.size = found.size;
    ticket.told = Ticket::kToldBefore;
    index_.add(ticket);
  }
  const auto lie_aside = [this](spool::Area area, const std::vector<spool::Found>& files) {
    for (const spool::Found& found : files) {
      aside_.emplace(found.id, std::nullopt);
      unread_aside_[area].push_back(found.id);
    }
  };
  lie_aside(spool::Area::hold, recovered.held);
  lie_aside(spool::Area::failed, recovered.failed);
  counted_.held = recovered.held.size();
  counted_.failed = recovered.failed.size();
  counted_.corrupt = recovered.corrupt;
  tell_gathered(recovered.gathered);
  log(Level::info, "queue loaded",
      {{"messages", recovered.queue.size()},
       {"unfinished_receptions_removed", recovered.unfinished},
       {"failed", recovered.failed.size()},
       {"corrupt", recovered.corrupt}});
}

void Messages::add(const spool::Draft& draft) {
  Ticket ticket;
  ticket.id = draft.envelope().id;
  ticket.due = ground_.clock.wall();
  ticket.size = draft.file_size();
  ticket.set(whose(draft.envelope().source, config_.parties));
  ticket.lane = Ticket::kAny;
  index_.add(ticket);
  added_(draft.envelope());
}

void Messages::tell_gathered(const std::vector<spool::Gathering>& gathered) const {
  for (const spool::Gathering& one : gathered) {
    const mail::Envelope& digest = one.digest.envelope;
    if (!one.tried) tell_own(digest, "storm digest", title_of(one.digest.head));
    if (config_.recorder == nullptr) continue;
    for (const spool::Gathering::Known& original : one.originals) {
      config_.recorder->gathered(original.envelope, title_of(original.head), digest.id);
    }
  }
}

void Messages::tell_own(const mail::Envelope& envelope, std::string_view why, const Title& title) const {
  log(Level::info, "queued",
      {{"id", envelope.id.text()},
       {"why", why},
       {"from", "<" + envelope.sender + ">"},
       {"to", envelope.recipients.front().address},
       {"recipients", envelope.recipients.size()},
       {"size", envelope.wire_size}});
  if (config_.recorder != nullptr) config_.recorder->accepted(envelope, title, why);
}

void Messages::add_own(const spool::Draft& draft, std::string_view why, const Title& title) {
  tell_own(draft.envelope(), why, title);
  add(draft);
}

void Messages::wait_for_storm(const QueueId& id, const spool::StormWait& wait, std::uint32_t party) {
  const WallTime now = ground_.clock.wall();
  // The clock may have been set back since it came: it waits no longer than it would have had to then. Where nothing is
  // gathered any more it has waited long enough.
  const WallTime bound = now + std::clamp(wait.until - id.accepted(), Milliseconds(0), kLongestStorm);
  const WallTime until = std::min(wait.until, config_.storms_of.empty() ? now : bound);
  storms_.resume(wait.likeness, id, party, until, now);
  index_.set(id, Ticket::Phase::storm, until);
}

void Messages::let_out(const QueueId& id, const std::optional<spool::StormWait>& wait,
                       const std::optional<WallTime>& over) {
  if (index_.find(id) == nullptr) return;
  if (over) let_out_.insert_or_assign(id, *over);
  if (wait) let_out_.emplace(id, ground_.clock.wall());
}

WallTime Messages::ready_since(const QueueId& id, WallTime accepted) const {
  const auto known = let_out_.find(id);
  return known == let_out_.end() ? accepted : known->second;
}

void Messages::clock_set() {
  for (const auto& [id, until] : storms_.clock_set(ground_.clock.wall())) {
    const Ticket* const ticket = index_.find(id);
    if (ticket != nullptr && ticket->phase == Ticket::Phase::storm) index_.set(id, Ticket::Phase::storm, until);
  }
}

Task<Result<MessagePtr>> Messages::load(QueueId id) {
  auto job = [spool = &ground_.spool, id, parties = config_.parties] {
    return read_message(*spool, id, spool::Area::queue, parties);
  };
  Result<Loaded> loaded = co_await ground_.pool.run(spool::Priority::normal, std::move(job));
  if (!loaded) co_return loaded.error();
  let_out(id, loaded->stored.storm, loaded->stored.storm_over);
  const std::vector<spool::LogLine> more = unwritten(id);
  loaded->stored.log.insert(loaded->stored.log.end(), more.begin(), more.end());
  co_return std::make_unique<StoredMessage>(ground_.spool, ground_.pool, std::move(*loaded));
}

std::vector<spool::LogLine> Messages::unwritten(const QueueId& id) const {
  const auto known = unwritten_.find(id);
  return known == unwritten_.end() ? std::vector<spool::LogLine>() : known->second;
}

Task<void> Messages::finish(const StoredMessage& message, const std::vector<Finding>& findings) {
  std::vector<RecipientState> states = message.states();
  for (const Finding& finding : findings) states[finding.recipient].last = finding.status;
  std::vector<std::size_t> failed;
  for (std::size_t i = 0; i < states.size(); ++i) {
    if (states[i].last && states[i].last->verdict == mail::Verdict::failed) failed.push_back(i);
  }
  const QueueId id = message.id();
  std::vector<spool::LogLine> lines = unwritten(id);
  const std::vector<spool::LogLine> learnt = log_lines(message.envelope(), findings, ground_.clock.wall());
  lines.insert(lines.end(), learnt.begin(), learnt.end());
  auto job = [spool = &ground_.spool, stored = message.stored(), lines, failed] {
    return end_message(*spool, *stored, lines, failed);
  };
  const Ending ended = co_await ground_.pool.run(spool::Priority::normal, std::move(job));
  if (!ended.area) {
    log(Level::warning, "message is settled but its file cannot be removed, tried again later",
        {{"id", id.text()}, {"why", ended.area.error().text}});
    if (ended.logged) {
      unwritten_.erase(id);
    } else {
      unwritten_[id] = std::move(lines);
    }
    index_.set(id, Ticket::Phase::waiting, later());
    co_return;
  }
  if (*ended.area == spool::Area::failed) {
    ++counted_.failed;
    aside_.emplace(id, std::nullopt);
    note_aside(id, whose(message.envelope().source, config_.parties), message.stored()->file_size);
    log(Level::error, "neither delivered nor bounced: kept in failed/",
        {{"id", id.text()}, {"advice", "`postern queue show " + id.str() + "` shows why and for whom"}});
  } else {
    log(Level::info, "ended", {{"id", id.text()}});
  }
  gone(id);
}

Task<void> Messages::keep(const StoredMessage& message, Actions actions, std::optional<WallTime> others) {
  const QueueId id = message.id();
  std::vector<spool::LogLine> lines = unwritten(id);
  // What the disk did not take the last time is to be safe now.
  const auto durability = lines.empty() ? actions.durability : spool::Durability::synced;
  const std::vector<spool::LogLine> learnt = log_lines(message.envelope(), actions.findings, ground_.clock.wall());
  lines.insert(lines.end(), learnt.begin(), learnt.end());
  std::optional<WallTime> stored_next = actions.store_next ? std::optional(actions.next) : std::nullopt;
  if (stored_next && others) stored_next = std::min(*stored_next, *others);
  if (!lines.empty() || stored_next) {
    auto job = [spool = &ground_.spool, stored = message.stored(), lines, durability, stored_next]() -> Result<void> {
      const QueueId& file = stored->envelope.id;
      if (!lines.empty()) {
        if (auto done = spool->append_log(file, *stored, lines, durability); !done) return done.error();
      }
      // A time that is lost costs one attempt more: no reason to complain.
      if (stored_next) (void)spool->set_next(file, *stored_next);
      return {};
    };
    const Result<void> written = co_await ground_.pool.run(spool::Priority::normal, std::move(job));
    if (written) {
      unwritten_.erase(id);
    } else {
      log(Level::warning, "delivery log cannot be written, kept in memory",
          {{"id", id.text()}, {"why", written.error().text}});
      unwritten_[id] = std::move(lines);
    }
  }
  index_.set_size(id, message.stored()->file_size);
  const Standing standing = standing_of(after(message.states(), actions.findings, ground_.clock.wall()));
  index_.set_standing(id, standing.doubtful, standing.uncertain);
  index_.set(id, Ticket::Phase::waiting, actions.next);
}

Task<void> Messages::put_aside(QueueId id, Error why) {
  if (why.failure == Failure::not_found) {
    log(Level::notice, "file is gone, somebody else removed it", {{"id", id.text()}});
    if (config_.recorder != nullptr) config_.recorder->vanished(id, described(whose_is(id)).envelope);
    gone(id);
  } else if (why.failure == Failure::newer) {
    log(Level::error, "held: written by a newer version of this program", {{"id", id.text()}, {"why", why.text}});
    index_.set(id, Ticket::Phase::held);
  } else if (why.failure == Failure::corrupt) {
    co_await put_aside_damaged(id, std::move(why));
  } else {
    log(Level::warning, "message cannot be read now, tried again later", {{"id", id.text()}, {"why", why.text}});
    index_.set(id, Ticket::Phase::waiting, later());
  }
}

Task<void> Messages::put_aside_damaged(QueueId id, Error why) {
  const auto known = config_.recorder == nullptr ? nullptr : std::make_shared<Described>();
  const std::optional<Whose> whose = whose_is(id);
  auto job = [spool = &ground_.spool, id, known, whose] {
    if (known) *known = described(*spool, id, spool::Area::queue, whose);
    return spool->move(id, spool::Area::queue, spool::Area::corrupt);
  };
  const Result<spool::Changed> moved = co_await ground_.pool.run(spool::Priority::normal, std::move(job));
  const std::string result = moved ? std::string("moved to corrupt/") : "left in place: " + moved.error().text;
  const Level level = ++damaged_ <= kDamagedToldSingly ? Level::error : Level::debug;
  log(level, "damaged message is not delivered", {{"id", id.text()}, {"why", why.text}, {"file", result}});
  if (known && config_.recorder != nullptr) {
    config_.recorder->damaged(id, known->envelope, known->states, known->title, why.text);
  }
  if (!moved) {
    index_.set(id, Ticket::Phase::corrupt);
    co_return;
  }
  ++counted_.corrupt;
  gone(id);
  if (whose && whose_damaged_.size() < kMostDamaged) whose_damaged_.emplace(id, *whose);
}

std::optional<Whose> Messages::whose_is(const QueueId& id) const {
  const Ticket* const ticket = index_.find(id);
  if (ticket != nullptr && ticket->read) return ticket->whose();
  const auto damaged = whose_damaged_.find(id);
  return damaged == whose_damaged_.end() ? std::nullopt : std::optional(damaged->second);
}

void Messages::tell_damaged() {
  const std::size_t count = std::exchange(damaged_, 0);
  if (count <= kDamagedToldSingly) return;
  log(Level::error, "more damaged messages are not delivered",
      {{"number", count - kDamagedToldSingly},
       {"in_all", count},
       {"advice", "`postern queue list --state corrupt` shows them"}});
}

Task<Result<spool::Changed>> Messages::move(QueueId id, spool::Area from, spool::Area to) {
  auto job = [spool = &ground_.spool, id, from, to] { return spool->move(id, from, to); };
  co_return co_await ground_.pool.run(spool::Priority::normal, std::move(job));
}

void Messages::note_held(const Ticket& ticket) {
  if (config_.recorder != nullptr) config_.recorder->left(ticket.id);
  aside_.emplace(ticket.id, std::nullopt);
  let_out_.erase(ticket.id);  // its file tells, when it is put back
  if (ticket.read) {
    note_aside(ticket.id, ticket.whose(), ticket.size);
  } else {
    unread_aside_[spool::Area::hold].push_back(ticket.id);
  }
}

void Messages::note_aside(const QueueId& id, const Whose& whose, std::uint64_t size) {
  const auto place = aside_.find(id);
  if (place == aside_.end() || place->second || whose.kind == Whose::Kind::alarm) return;
  place->second = Share{whose.party, size};
  index_.usages().add(whose.party, size);
}

void Messages::forget_aside(const QueueId& id) {
  whose_damaged_.erase(id);
  const auto place = aside_.find(id);
  if (place == aside_.end()) return;
  if (place->second) index_.usages().remove(place->second->party, place->second->size);
  aside_.erase(place);
}

Messages::Aside Messages::take_unread_aside(std::size_t count) {
  for (auto& [area, ids] : unread_aside_) {
    if (ids.empty()) continue;
    const auto first = ids.end() - static_cast<std::ptrdiff_t>(std::min(count, ids.size()));
    Aside next{area, {first, ids.end()}};
    ids.erase(first, ids.end());
    return next;
  }
  return {};
}

void Messages::gone(const QueueId& id) {
  index_.remove(id);
  unwritten_.erase(id);
  suspects_.ended(id);
  storms_.forget(id);
  let_out_.erase(id);
  if (config_.recorder != nullptr) config_.recorder->left(id);
  Event event;
  event.kind = Event::Kind::removed;
  event.id = id;
  watchers_.tell(event);
}

}  // namespace postern::queue
