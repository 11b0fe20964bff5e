// What is shown of the queue. Only files that are asked for are read, and of those only envelope and log.
#include "queue/queue_impl.h"

#include <algorithm>
#include <array>
#include <utility>

namespace postern::queue {
namespace {

constexpr std::array kSetAside = {spool::Area::hold, spool::Area::failed, spool::Area::corrupt};

State state_of(spool::Area area, const Ticket* ticket) {
  if (area == spool::Area::hold) return State::held;
  if (area == spool::Area::failed) return State::failed;
  if (area == spool::Area::corrupt || ticket == nullptr) return State::corrupt;
  switch (ticket->phase) {
    case Ticket::Phase::active: return State::active;
    case Ticket::Phase::held: return State::held;
    case Ticket::Phase::corrupt: return State::corrupt;
    case Ticket::Phase::waiting: break;
  }
  return State::waiting;
}

/// The reason of the first recipient that is not delivered and has one.
std::string reason_of(const std::vector<RecipientState>& states, State state) {
  const auto wanted = state == State::failed ? mail::Verdict::failed : mail::Verdict::deferred;
  for (const RecipientState& one : states) {
    if (one.last && one.last->verdict == wanted) return mail::to_text(*one.last);
  }
  return {};
}

}  // namespace

/// The first `limit` of the tickets and of `others`, in order of acceptance.
std::vector<QueueImpl::Wanted> QueueImpl::first_wanted(std::vector<Wanted> others, const std::optional<QueueId>& after,
                                                       std::size_t limit) const {
  std::vector<Wanted> all = std::move(others);
  index_.for_each([&](const Ticket& ticket) { all.push_back(Wanted{ticket.id, spool::Area::queue}); });
  if (after) std::erase_if(all, [&](const Wanted& one) { return one.id <= *after; });
  const auto end = all.begin() + static_cast<std::ptrdiff_t>(std::min(limit, all.size()));
  std::ranges::partial_sort(all, end, {}, &Wanted::id);
  all.erase(end, all.end());
  return all;
}

Entry QueueImpl::describe(const Seen& seen) const {
  const Ticket* ticket = seen.wanted.area == spool::Area::queue ? index_.find(seen.wanted.id) : nullptr;
  Entry entry;
  entry.id = seen.wanted.id;
  entry.accepted = entry.id.accepted();
  entry.state = state_of(seen.wanted.area, ticket);
  const Site* site = ticket != nullptr && ticket->site < sites_.size() ? sites_[ticket->site].get() : nullptr;
  if (site != nullptr) entry.site = site->name();
  if (ticket != nullptr) entry.size = ticket->size;
  if (!seen.stored) {
    entry.reason = seen.stored.error().text;
  } else {
    const mail::Envelope& envelope = seen.stored->envelope;
    entry.size = seen.stored->file_size;
    entry.accepted = envelope.accepted;
    entry.sender = envelope.sender;
    entry.source = envelope.source;
    auto states = fold(envelope, seen.stored->log);
    for (std::size_t i = 0; i < states.size(); ++i) {
      entry.recipients.push_back({envelope.recipients[i].address, states[i].last});
    }
    entry.reason = reason_of(states, entry.state);
  }
  if (entry.state != State::waiting) return entry;
  entry.next = ticket->due;
  if (site == nullptr) {
    entry.reason = "no smarthost is configured";
  } else if (site->trouble() && ticket->due <= clock_.wall()) {
    // Due, but its site is down: it waits for the next probe, and that is why.
    entry.trouble = site->trouble();
    entry.reason = entry.trouble->text;
    const auto probe = site->next_probe();
    if (probe) {
      const auto wait = std::chrono::ceil<Milliseconds>(*probe - clock_.steady());
      entry.next = clock_.wall() + std::max(wait, Milliseconds(0));
    }
  }
  return entry;
}

Task<std::vector<Entry>> QueueImpl::list(std::optional<QueueId> after, std::size_t limit) {
  auto find_others = [spool = &spool_]() {
    std::vector<Wanted> others;
    for (const spool::Area area : kSetAside) {
      const auto found = spool->list(area);
      if (!found) continue;
      for (const spool::Found& one : *found) others.push_back(Wanted{one.id, area});
    }
    return others;
  };
  std::vector<Wanted> others = co_await pool_.run(std::move(find_others));
  std::vector<Wanted> wanted = first_wanted(std::move(others), after, limit);
  auto read = [spool = &spool_, wanted = std::move(wanted)]() {
    std::vector<Seen> seen;
    seen.reserve(wanted.size());
    for (const Wanted& one : wanted) seen.push_back(Seen{one, spool->read_summary(one.id, one.area)});
    return seen;
  };
  const std::vector<Seen> seen = co_await pool_.run(std::move(read));
  std::vector<Entry> entries;
  for (const Seen& one : seen) {
    // Delivered or removed while we looked.
    if (!one.stored && one.stored.error().failure == Failure::not_found) continue;
    if (one.wanted.area == spool::Area::queue && index_.find(one.wanted.id) == nullptr) continue;
    entries.push_back(describe(one));
  }
  co_return entries;
}

Task<Result<Entry>> QueueImpl::find(QueueId id) {
  const bool queued = index_.find(id) != nullptr;
  auto read = [spool = &spool_, id, queued]() {
    Seen seen{Wanted{id, spool::Area::queue}, Error{Failure::not_found, "no message " + id.str()}};
    if (queued) {
      seen.stored = spool->read_summary(id, spool::Area::queue);
      return seen;
    }
    for (const spool::Area area : kSetAside) {
      auto stored = spool->read_summary(id, area);
      if (!stored && stored.error().failure == Failure::not_found) continue;
      seen = Seen{Wanted{id, area}, std::move(stored)};
      break;
    }
    return seen;
  };
  const Seen seen = co_await pool_.run(std::move(read));
  const bool still = seen.wanted.area != spool::Area::queue || index_.find(id) != nullptr;
  if (!still) co_return Error{Failure::not_found, "no message " + id.str()};
  if (!seen.stored) {
    const Failure failure = seen.stored.error().failure;
    // A damaged or newer file is still shown, with what can be known of it.
    if (failure != Failure::corrupt && failure != Failure::newer) co_return seen.stored.error();
  }
  co_return describe(seen);
}

Task<Result<std::string>> QueueImpl::raw(QueueId id, std::size_t limit) {
  auto read = [spool = &spool_, id, limit]() -> Result<std::string> {
    for (const spool::Area area : {spool::Area::queue, spool::Area::hold, spool::Area::failed, spool::Area::corrupt}) {
      auto bytes = spool->read_raw(id, area, limit);
      if (bytes || bytes.error().failure != Failure::not_found) return bytes;
    }
    return Error{Failure::not_found, "no message " + id.str()};
  };
  co_return co_await pool_.run(std::move(read));
}

Totals QueueImpl::totals() const {
  Totals totals = counted_;
  index_.for_each([&](const Ticket& ticket) {
    switch (ticket.phase) {
      case Ticket::Phase::active: ++totals.active; break;
      case Ticket::Phase::held: ++totals.held; break;
      case Ticket::Phase::corrupt: ++totals.corrupt; break;
      case Ticket::Phase::waiting: {
        ++totals.waiting;
        const WallTime accepted = ticket.id.accepted();
        totals.oldest = std::min(totals.oldest.value_or(accepted), accepted);
        break;
      }
    }
  });
  return totals;
}

std::vector<SiteStatus> QueueImpl::sites() const {
  std::vector<SiteStatus> list;
  for (const SitePtr& site : sites_) {
    SiteStatus status;
    status.name = site->name();
    status.active = site->active();
    status.trouble = site->trouble();
    status.since = site->since();
    if (const auto probe = site->next_probe()) {
      const auto wait = std::chrono::ceil<Milliseconds>(*probe - clock_.steady());
      status.next_probe = clock_.wall() + std::max(wait, Milliseconds(0));
    }
    status.last_delivery = site->last_delivery();
    list.push_back(std::move(status));
  }
  index_.for_each([&](const Ticket& ticket) {
    if (ticket.phase == Ticket::Phase::waiting && ticket.site < list.size()) ++list[ticket.site].waiting;
  });
  return list;
}

}  // namespace postern::queue
