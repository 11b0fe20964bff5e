// What an operator does with messages. Where a file moves, the ticket is active meanwhile, so that nobody else takes
// it.
#include "base/log.h"
#include "queue/described.h"
#include "queue/queue_impl.h"
#include "queue/recorder.h"

#include <algorithm>
#include <utility>

namespace postern::queue {
namespace {

/// What was taken out of a storm, and is still there, goes by itself.
Ticket::Phase phase_again(const Ticket& ticket) {
  return ticket.phase == Ticket::Phase::storm ? Ticket::Phase::waiting : ticket.phase;
}

/// What was taken out of a storm is due at once; nothing: it was in none, and keeps its time.
std::optional<WallTime> due_again(const Ticket* ticket, WallTime now) {
  if (ticket == nullptr || ticket->phase != Ticket::Phase::storm) return std::nullopt;
  return now;
}

Error under_way(const QueueId& id) {
  return {Failure::busy, "message " + id.str() + " is being delivered right now; try again when it has ended"};
}

/// The files are as the operator wants them, and we act by that; but the disk did not confirm it.
Error unconfirmed(const QueueId& id, std::string_view done, const Error& why) {
  const std::string text = "message " + id.str() + " is " + std::string(done) +
                           ", but the disk did not confirm that: after a power failure it may be as before (" +
                           why.text + ")";
  return {Failure::io, text, why.code};
}

struct PutBack {
  std::uint64_t size = 0;              ///< of the file
  std::optional<Reader::Known> known;  ///< nothing: it could not be read
  spool::Changed change;
};

struct Removed {
  spool::Area area = spool::Area::queue;
  std::optional<Error> unsynced;
};

}  // namespace

Result<void> QueueImpl::retry(QueueId id, Probe probe) {
  const Ticket* ticket = messages_.index().find(id);
  if (ticket == nullptr) return Error{Failure::not_found, "no message " + id.str() + " waits in the queue"};
  if (ticket->phase == Ticket::Phase::active) {
    return Error{Failure::busy, "message " + id.str() + " is being tried right now"};
  }
  if (ticket->phase == Ticket::Phase::storm) {
    work_.spawn(release_of_storm(id), "release of message " + id.str());
  } else {
    router_.make_due(id);
  }
  sites_.probe(probe);
  router_.hurry();
  pump();
  return {};
}

std::size_t QueueImpl::retry_all(Probe probe) {
  const WallTime now = ground_.clock.wall();
  router_.reschedule([now](WallTime due) { return std::min(due, now); });
  sites_.probe(probe);
  router_.hurry();
  std::size_t count = 0;
  messages_.index().for_each([&count](const Ticket& ticket) {
    if (ticket.phase == Ticket::Phase::waiting || ticket.phase == Ticket::Phase::active) ++count;
  });
  pump();
  return count;
}

Task<Result<void>> QueueImpl::remove(QueueId id) {
  const Ticket* ticket = messages_.index().find(id);
  if (ticket != nullptr && ticket->phase == Ticket::Phase::active) co_return under_way(id);
  const bool queued = ticket != nullptr;
  const Ticket::Phase before = queued ? phase_again(*ticket) : Ticket::Phase::waiting;
  if (queued) messages_.index().set(id, Ticket::Phase::active);  // nobody takes it meanwhile
  const auto known = config_.recorder == nullptr ? nullptr : std::make_shared<Described>();
  const std::optional<Whose> whose = messages_.whose_is(id);
  auto job = [spool = &ground_.spool, id, queued, known, whose]() -> Result<Removed> {
    if (queued) {
      if (known) *known = described(*spool, id, spool::Area::queue, whose);
      const auto gone = spool->remove(id, spool::Area::queue, spool::Durability::synced);
      if (gone) return Removed{spool::Area::queue, gone->unsynced};
      if (gone.error().failure == Failure::not_found) return Removed();
      return gone.error();
    }
    for (const spool::Area area : {spool::Area::failed, spool::Area::corrupt, spool::Area::hold}) {
      if (known) *known = described(*spool, id, area, whose);
      const auto gone = spool->remove(id, area, spool::Durability::synced);
      if (gone) return Removed{area, gone->unsynced};
      if (gone.error().failure != Failure::not_found) return gone.error();
    }
    return Error{Failure::not_found, "no message " + id.str()};
  };
  const Result<Removed> removed = co_await ground_.pool.run(spool::Priority::normal, std::move(job));
  if (!removed) {
    if (queued) messages_.index().set(id, before);
    pump();  // it may have become due meanwhile
    co_return removed.error();
  }
  if (queued) messages_.gone(id);
  router_.stops().forget(id);
  messages_.forget_aside(id);
  if (removed->area == spool::Area::failed && messages_.counted().failed > 0) --messages_.counted().failed;
  if (removed->area == spool::Area::corrupt && messages_.counted().corrupt > 0) --messages_.counted().corrupt;
  if (removed->area == spool::Area::hold && messages_.counted().held > 0) --messages_.counted().held;
  log(Level::info, "removed", {{"id", id.text()}, {"area", spool::name(removed->area)}});
  if (known && config_.recorder != nullptr) {
    config_.recorder->deleted(id, known->envelope, known->states, known->title);
  }
  if (removed->unsynced) co_return unconfirmed(id, "removed", *removed->unsynced);
  co_return Result<void>();
}

Task<Result<void>> QueueImpl::hold(QueueId id) {
  const Ticket* ticket = messages_.index().find(id);
  if (ticket == nullptr) co_return Error{Failure::not_found, "no message " + id.str() + " waits in the queue"};
  if (ticket->phase == Ticket::Phase::active) co_return under_way(id);
  const Ticket::Phase before = phase_again(*ticket);
  const std::optional<WallTime> due = due_again(ticket, ground_.clock.wall());
  messages_.index().set(id, Ticket::Phase::active);
  if (due) co_await storms_.let_out(id);  // released, it goes by itself
  const Result<spool::Changed> moved = co_await messages_.move(id, spool::Area::queue, spool::Area::hold);
  if (!moved) {
    messages_.index().set(id, before, due);
    pump();
    co_return moved.error();
  }
  if (const Ticket* const held = messages_.index().find(id); held != nullptr) messages_.note_held(*held);
  messages_.index().remove(id);
  router_.stops().forget(id);  // released, all of its recipients are due
  messages_.suspects().ended(id);
  ++messages_.counted().held;
  log(Level::info, "put on hold", {{"id", id.text()}});
  if (moved->unsynced) co_return unconfirmed(id, "on hold", *moved->unsynced);
  co_return Result<void>();
}

Task<Result<spool::Changed>> QueueImpl::put_back(QueueId id, Ticket::Phase phase) {
  if (const Ticket* ticket = messages_.index().find(id); ticket != nullptr) {
    if (ticket->phase != Ticket::Phase::held) {
      co_return Error{Failure::invalid, "message " + id.str() + " is not on hold"};
    }
    co_return Error{Failure::newer, "message " + id.str() +
                                        " was written by a newer version of Postern and waits for that one: there is "
                                        "nothing to release"};
  }
  auto job = [spool = &ground_.spool, id, now = ground_.clock.wall(), parties = config_.parties,
              routes = !config_.routing.empty()]() -> Result<PutBack> {
    auto stored = spool->read_summary(id, spool::Area::hold);
    if (!stored && stored.error().failure == Failure::not_found) {
      return Error{Failure::not_found, "no message " + id.str() + " is on hold"};
    }
    auto moved = spool->move(id, spool::Area::hold, spool::Area::queue);
    if (!moved) return moved.error();
    // One that cannot be read is judged at its turn, like any other.
    if (!stored) return PutBack{0, {}, std::move(*moved)};
    const std::uint64_t size = stored->file_size;
    // Not noted, it waits for a digest after the next start.
    if (std::exchange(stored->storm, std::nullopt)) {
      (void)spool->append_storm(id, now, std::nullopt);
      stored->storm_over = now;
    }
    return PutBack{size, Reader::known_from(std::move(*stored), parties, routes), std::move(*moved)};
  };
  Result<PutBack> moved = co_await ground_.pool.run(spool::Priority::normal, std::move(job));
  if (!moved) co_return moved.error();
  messages_.forget_aside(id);
  Ticket ticket;
  ticket.id = id;
  ticket.due = ground_.clock.wall();
  ticket.size = moved->size;
  ticket.phase = phase;
  messages_.index().add(ticket);
  if (moved->known) router_.learn(id, *moved->known);
  messages_.suspects().ended(id);  // the process may have ended between putting it on hold and forgetting it
  if (messages_.counted().held > 0) --messages_.counted().held;
  log(Level::info, "released", {{"id", id.text()}});
  co_return moved->change;
}

Task<void> QueueImpl::release_of_storm(QueueId id) { (void)co_await storms_.release(id); }

Task<Result<void>> QueueImpl::release(QueueId id) {
  const Ticket* const ticket = messages_.index().find(id);
  if (ticket != nullptr && ticket->phase == Ticket::Phase::storm) {
    Result<void> released = co_await storms_.release(id);
    pump();
    co_return released;
  }
  const Result<spool::Changed> done = co_await put_back(id, Ticket::Phase::waiting);
  pump();
  if (!done) co_return done.error();
  if (done->unsynced) co_return unconfirmed(id, "released", *done->unsynced);
  co_return Result<void>();
}

Task<Result<void>> QueueImpl::take(QueueId id) {
  const Ticket* ticket = messages_.index().find(id);
  if (ticket == nullptr) {
    const Result<spool::Changed> back = co_await put_back(id, Ticket::Phase::active);
    if (!back) co_return back.error();
    co_return Result<void>();
  }
  if (ticket->phase == Ticket::Phase::active) co_return under_way(id);
  messages_.index().set(id, Ticket::Phase::active);
  messages_.storms().forget(id);
  co_return Result<void>();
}

Task<Result<void>> QueueImpl::reroute(QueueId id, std::string site) {
  const Ticket* ticket = messages_.index().find(id);
  if (ticket != nullptr && ticket->phase == Ticket::Phase::active) co_return under_way(id);
  const bool queued = ticket != nullptr;
  const std::optional<WallTime> due = due_again(ticket, ground_.clock.wall());
  const Ticket::Phase before = queued ? phase_again(*ticket) : Ticket::Phase::waiting;
  if (queued) messages_.index().set(id, Ticket::Phase::active);
  if (due) co_await storms_.let_out(id);
  const spool::Area area = queued ? spool::Area::queue : spool::Area::hold;
  auto job = [spool = &ground_.spool, id, area, now = ground_.clock.wall(), site] {
    return spool->append_route(id, area, now, site);
  };
  Result<void> written = co_await ground_.pool.run(spool::Priority::normal, std::move(job));
  if (!written && !queued && written.error().failure == Failure::not_found) {
    co_return Error{Failure::not_found, "no message " + id.str() + " waits in the queue or is on hold"};
  }
  if (queued && !written) messages_.index().set(id, before, due);
  if (queued && written) {
    router_.reroute(id, site);
    messages_.index().set(id, before, ground_.clock.wall());
    sites_.probe(Probe::forced, site);
  }
  if (written) log(Level::info, "rerouted", {{"id", id.text()}, {"site", site}});
  pump();
  co_return written;
}

Task<Result<Told>> QueueImpl::bounce(QueueId id) {
  const Result<void> taken = co_await take(id);
  if (!taken) co_return taken.error();
  work_.begin();
  const Result<Told> told = co_await give_up(id);
  work_.end();
  pump();
  co_return told;
}

Task<Result<Told>> QueueImpl::give_up(QueueId id) {
  const Result<MessagePtr> message = co_await messages_.load(id);
  if (!message) {
    Error error = message.error();
    co_await messages_.put_aside(id, std::move(error));
    router_.stops().forget(id);
    co_return message.error();
  }
  if ((*message)->pending().empty()) {
    messages_.index().set(id, Ticket::Phase::waiting);
    co_return Error{Failure::invalid, "message " + id.str() + " has no recipient that is still waited for"};
  }
  mail::Status given_up;
  given_up.verdict = mail::Verdict::failed;
  given_up.enhanced = "5.3.0";
  given_up.text = "returned undelivered by the administrator of " + config_.hostname;
  mail::DeliveryReport report;
  report.recipients.assign((*message)->pending().size(), given_up);
  const std::string no_site;
  const Evidence no_evidence;
  co_await outcomes_.perform(**message, report, no_site, no_evidence);
  router_.stops().forget(id);
  if (const Ticket* left = messages_.index().find(id); left != nullptr) {
    if (left->settled) co_return Told::later;
    co_return Error{Failure::io, "message " + id.str() + " is given up, but its file cannot be removed yet"};
  }
  auto job = [spool = &ground_.spool, id] { return spool->read_summary(id, spool::Area::failed).has_value(); };
  const bool kept = co_await ground_.pool.run(spool::Priority::normal, std::move(job));
  co_return kept ? Told::never : Told::now;
}

}  // namespace postern::queue
