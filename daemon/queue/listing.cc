// What is shown of the queue. Only files that are asked for are read, and of those only envelope and log.
#include "queue/queue_impl.h"
#include "spool/format.h"

#include <algorithm>
#include <array>
#include <limits>
#include <tuple>
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

/// What the first recipient with this verdict was told.
std::string words_of(const std::vector<RecipientState>& states, mail::Verdict verdict) {
  for (const RecipientState& one : states) {
    if (one.last && one.last->verdict == verdict) return mail::to_text(*one.last);
  }
  return {};
}

/// Why the first recipient that is not delivered has not got it.
std::string reason_of(const std::vector<RecipientState>& states, State state) {
  if (state == State::failed) return words_of(states, mail::Verdict::failed);
  if (!std::ranges::all_of(states, &RecipientState::settled)) return words_of(states, mail::Verdict::deferred);
  const std::string words = words_of(states, mail::Verdict::failed);
  return words.empty() ? words : "failed, and the report to the sender is still to come: " + words;
}

}  // namespace

Entry QueueImpl::describe(const Seen& seen) const {
  const Ticket* ticket = seen.wanted.area == spool::Area::queue ? index_.find(seen.wanted.id) : nullptr;
  Entry entry;
  entry.id = seen.wanted.id;
  entry.accepted = entry.id.accepted();
  entry.state = state_of(seen.wanted.area, ticket);
  const std::size_t place = ticket != nullptr ? site_of(*ticket) : sites_.size();
  const Site* site = place < sites_.size() ? sites_[place].get() : nullptr;
  if (ticket != nullptr) entry.size = ticket->size;
  if (!seen.stored) {
    entry.reason = seen.stored.error().text;
  } else {
    const mail::Envelope& envelope = seen.stored->envelope;
    entry.size = seen.stored->file_size;
    entry.accepted = envelope.accepted;
    entry.sender = envelope.sender;
    entry.route = seen.stored->route;
    // It was not taken up since the start, and so its ticket does not know.
    if (const SitePtr own = find_site(entry.route)) site = own.get();
    entry.source = envelope.source;
    auto states = fold(envelope, seen.stored->log);
    for (std::size_t i = 0; i < states.size(); ++i) {
      entry.recipients.push_back({envelope.recipients[i].address, states[i].last});
    }
    entry.reason = reason_of(states, entry.state);
  }
  if (site != nullptr) entry.site = site->name();
  if (entry.state != State::waiting) return entry;
  entry.next = ticket->due;
  if (ticket->settled) return entry;
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

/// Takes some thousand of the next ids at a time and reads their files page by page: the memory it needs does not grow
/// with the queue, and a million messages are looked through in some hundred passes over the index.
class QueueImpl::Walk final : public Listing {
 public:
  Walk(QueueImpl& queue, Selection selection) : queue_(queue), selection_(std::move(selection)) {
    if (selection_.after) last_ = Place{0, *selection_.after, spool::Area::queue};
  }

  Task<std::vector<Entry>> next() override {
    if (!looked_aside_) co_await look_aside();
    while (taken_ < chosen_.size() || choose()) {
      auto read = [spool = &queue_.spool_, wanted = take_page()] {
        std::vector<Seen> seen;
        seen.reserve(wanted.size());
        for (const Wanted& one : wanted) seen.push_back(Seen{one, spool->read_summary(one.id, one.area)});
        return seen;
      };
      const std::vector<Seen> seen = co_await queue_.pool_.run(spool::Priority::background, std::move(read));
      std::vector<Entry> entries = described(seen);
      if (!entries.empty()) co_return entries;
    }
    co_return std::vector<Entry>();
  }

 private:
  static constexpr std::size_t kChosen = 4096;

  struct Place {
    std::int64_t key = 0;
    QueueId id;
    spool::Area area = spool::Area::queue;
  };
  struct Aside {
    spool::Found found;
    spool::Area area;
  };

  Task<void> look_aside() {
    auto find = [spool = &queue_.spool_, state = selection_.state] {
      std::vector<Aside> aside;
      for (const spool::Area area : kSetAside) {
        if (state && *state != state_of(area, nullptr)) continue;
        const auto found = spool->list(area);
        if (!found) continue;
        for (const spool::Found& one : *found) aside.push_back(Aside{one, area});
      }
      return aside;
    };
    aside_ = co_await queue_.pool_.run(spool::Priority::background, std::move(find));
    looked_aside_ = true;
  }

  [[nodiscard]] bool before(const Place& a, const Place& b) const {
    if (selection_.order == Order::newest) return a.id > b.id;
    return std::tie(a.key, a.id) < std::tie(b.key, b.id);
  }

  [[nodiscard]] std::int64_t key(std::uint64_t size, std::optional<WallTime> due) const {
    constexpr std::int64_t kLast = std::numeric_limits<std::int64_t>::max();
    if (selection_.order == Order::largest) return -static_cast<std::int64_t>(size);
    if (selection_.order == Order::next) return due ? due->time_since_epoch().count() : kLast;
    return 0;
  }

  /// The next ids in the order; false: there are none.
  bool choose() {
    const auto less = [this](const Place& a, const Place& b) { return before(a, b); };
    std::vector<Place> best;  // a heap with the last of them on top
    const auto offer = [&](const Place& place) {
      if (last_ && !before(*last_, place)) return;
      if (best.size() == kChosen) {
        if (!before(place, best.front())) return;
        std::ranges::pop_heap(best, less);
        best.pop_back();
      }
      best.push_back(place);
      std::ranges::push_heap(best, less);
    };
    for (const auto& [found, area] : aside_) {
      if (may_match(selection_, found.id, state_of(area, nullptr))) offer({key(found.size, {}), found.id, area});
    }
    queue_.index_.for_each([&](const Ticket& ticket) {
      const State state = state_of(spool::Area::queue, &ticket);
      if (!may_match(selection_, ticket.id, state)) return;
      const auto due = state == State::waiting ? std::optional(ticket.due) : std::nullopt;
      offer({key(ticket.size, due), ticket.id, spool::Area::queue});
    });
    std::ranges::sort_heap(best, less);
    if (!best.empty()) last_ = best.back();
    chosen_ = std::move(best);
    taken_ = 0;
    return !chosen_.empty();
  }

  [[nodiscard]] std::vector<Wanted> take_page() {
    const std::size_t end = std::min(taken_ + kPage, chosen_.size());
    std::vector<Wanted> wanted;
    for (; taken_ < end; ++taken_) wanted.push_back(Wanted{chosen_[taken_].id, chosen_[taken_].area});
    return wanted;
  }

  [[nodiscard]] std::vector<Entry> described(const std::vector<Seen>& seen) const {
    std::vector<Entry> entries;
    for (const Seen& one : seen) {
      // Delivered or removed while we looked.
      if (!one.stored && one.stored.error().failure == Failure::not_found) continue;
      if (one.wanted.area == spool::Area::queue && queue_.index_.find(one.wanted.id) == nullptr) continue;
      Entry entry = queue_.describe(one);
      if (matches(selection_, entry)) entries.push_back(std::move(entry));
    }
    return entries;
  }

  QueueImpl& queue_;
  Selection selection_;
  std::vector<Aside> aside_;  ///< hold/, failed/ and corrupt/ as they were at the beginning
  bool looked_aside_ = false;
  std::vector<Place> chosen_;
  std::size_t taken_ = 0;
  std::optional<Place> last_;
};

std::unique_ptr<Listing> QueueImpl::list(Selection selection) {
  return std::make_unique<Walk>(*this, std::move(selection));
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
  const Seen seen = co_await pool_.run(spool::Priority::background, std::move(read));
  const bool still = seen.wanted.area != spool::Area::queue || index_.find(id) != nullptr;
  if (!still) co_return Error{Failure::not_found, "no message " + id.str()};
  if (!seen.stored) {
    const Failure failure = seen.stored.error().failure;
    // A damaged or newer file is still shown, with what can be known of it.
    if (failure != Failure::corrupt && failure != Failure::newer) co_return seen.stored.error();
  }
  Entry entry = describe(seen);
  if (seen.stored) {
    for (const spool::LogLine& line : seen.stored->log)
      entry.attempts.push_back({line.time, line.recipient, line.status});
  }
  co_return entry;
}

Task<Result<std::string>> QueueImpl::raw(QueueId id, std::size_t limit) {
  auto read = [spool = &spool_, id, limit]() -> Result<std::string> {
    for (const spool::Area area : {spool::Area::queue, spool::Area::hold, spool::Area::failed, spool::Area::corrupt}) {
      auto bytes = spool->read_raw(id, area, spool::kMaxEnvelope + limit);
      if (bytes || bytes.error().failure != Failure::not_found) return bytes;
    }
    return Error{Failure::not_found, "no message " + id.str()};
  };
  co_return co_await pool_.run(spool::Priority::background, std::move(read));
}

Totals QueueImpl::totals() const {
  Totals totals = counted_;
  index_.for_each([&](const Ticket& ticket) {
    switch (ticket.phase) {
      case Ticket::Phase::active: ++totals.active; break;
      case Ticket::Phase::held: ++totals.held; break;
      case Ticket::Phase::corrupt: ++totals.corrupt; break;
      case Ticket::Phase::waiting: {
        if (ticket.settled) {
          ++totals.owed;
          break;
        }
        ++totals.waiting;
        const WallTime accepted = ticket.id.accepted();
        totals.oldest = std::min(totals.oldest.value_or(accepted), accepted);
        break;
      }
    }
  });
  if (totals.oldest) totals.oldest_age = gaps_.age(*totals.oldest, clock_.wall());
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
    status.tried = site->tried();
    list.push_back(std::move(status));
  }
  index_.for_each([&](const Ticket& ticket) {
    if (ticket.phase != Ticket::Phase::waiting || ticket.settled) return;
    if (const std::size_t place = site_of(ticket); place < list.size()) ++list[place].waiting;
  });
  return list;
}

}  // namespace postern::queue
