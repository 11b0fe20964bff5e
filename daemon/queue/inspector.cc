#include "queue/inspector.h"

#include "queue/doubt.h"
#include "spool/format.h"

#include <algorithm>
#include <array>
#include <limits>
#include <tuple>
#include <utility>

namespace postern::queue {
namespace {

// Of more messages in hold/, failed/ and corrupt/ the files are read anew each time.
constexpr std::size_t kMostOwners = 100'000;

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

Inspector::Inspector(const Ground& ground, const Retry& retry, const Timekeeper& time, const Messages& messages,
                     const Sites& sites, const Dispatcher& dispatcher)
    : ground_(ground), retry_(retry), time_(time), messages_(messages), sites_(sites), dispatcher_(dispatcher) {}

Entry Inspector::describe(const Seen& seen) const {
  const Ticket* ticket = seen.wanted.area == spool::Area::queue ? messages_.index().find(seen.wanted.id) : nullptr;
  Entry entry;
  entry.id = seen.wanted.id;
  entry.accepted = entry.id.accepted();
  entry.state = state_of(seen.wanted.area, ticket);
  SitePtr site = ticket != nullptr ? dispatcher_.site_of(*ticket) : nullptr;
  if (ticket != nullptr) entry.size = ticket->size;
  if (!seen.stored) {
    entry.reason = seen.stored.error().text;
  } else {
    const mail::Envelope& envelope = seen.stored->envelope;
    entry.size = seen.stored->file_size;
    entry.accepted = envelope.accepted;
    entry.sender = envelope.sender;
    entry.rerouted_to = seen.stored->rerouted_to;
    // It was not taken up since the start, and so its ticket does not know.
    if (SitePtr own = sites_.find(entry.rerouted_to)) site = std::move(own);
    entry.source = envelope.source;
    // Of a report it says whose mail it is about: that user is not who sent it.
    if (mail::made_by_us(entry.source)) entry.source.uid.reset();
    auto states = fold(envelope, seen.stored->log);
    for (std::size_t i = 0; i < envelope.recipients.size(); ++i) {
      entry.recipients.push_back({envelope.recipients[i].address, states[i].last});
    }
    entry.unread = envelope.unread;
    entry.reason = reason_of(states, entry.state);
    const WallTime until = ground_.clock.wall() + retry_.expire - time_.age(envelope.accepted);
    if (!seen.sender.empty())
      entry.doubt = doubt_text(states, site ? site->name() : "the smarthost", seen.sender, until);
  }
  if (site != nullptr) entry.site = site->name();
  if (entry.state == State::waiting) explain_wait(entry, *ticket, site.get());
  return entry;
}

void Inspector::explain_wait(Entry& entry, const Ticket& ticket, const Site* site) const {
  const WallTime now = ground_.clock.wall();
  entry.next = ticket.due;
  if (ticket.settled) return;
  if (site == nullptr) {
    entry.reason = "no smarthost is configured";
    return;
  }
  // Due, but its site is down, or does not take its sender: it waits for the next probe, and that is why.
  const Senders::Trouble* const sender = sites_.senders().find(site->name(), dispatcher_.sender_of_lane(ticket));
  if (!site->trouble() && sender == nullptr) explain_limit(entry, *site, now);
  if (ticket.due > now) return;
  std::optional<SteadyTime> probe;
  if (site->trouble()) {
    entry.trouble = site->trouble();
    entry.reason = entry.trouble->text;
    probe = site->next_probe();
  } else if (sender != nullptr) {
    entry.trouble = sender->what;
    entry.reason = site->name() + " does not take mail of " + sender->sender.shown + ": " + sender->what.text;
    if (!sender->probing) probe = sender->probe_at;
  }
  if (!probe) return;
  entry.next = now + std::max(std::chrono::ceil<Milliseconds>(*probe - ground_.clock.steady()), Milliseconds(0));
}

/// A message that is not due for another reason says that one, until it is due.
void Inspector::explain_limit(Entry& entry, const Site& site, WallTime now) const {
  const auto waits = [](const Entry::Rcpt& one) { return !one.last || one.last->verdict == mail::Verdict::deferred; };
  const auto recipients = static_cast<std::size_t>(std::ranges::count_if(entry.recipients, waits));
  const Rate::Load load(recipients, entry.recipients.size());
  const auto wait = sites_.rates().wait(site.name(), load);
  if (!wait || (*entry.next > now && !entry.reason.empty())) return;
  entry.limit = wait->limit;
  entry.reason = wait_words(wait->limit) + " (" + to_text(wait->limit) + ")";
  entry.next = std::max(*entry.next, wait->until);
}

/// Takes some thousand of the next ids at a time and reads their files page by page: what it remembers of what waits
/// does not grow with the queue, and a million messages are looked through in some hundred passes over the index. Of
/// hold/, failed/ and corrupt/ it keeps the names, which are in no index.
class Inspector::Walk final : public Listing {
 public:
  Walk(Inspector& inspector, Selection selection) : inspector_(inspector), selection_(std::move(selection)) {
    if (selection_.after) last_ = Place{0, *selection_.after, spool::Area::queue};
  }

  Task<std::vector<Entry>> next() override {
    if (!looked_aside_) co_await look_aside();
    while (taken_ < chosen_.size() || choose()) {
      std::vector<Wanted> wanted = take_page();
      const std::size_t asked = wanted.size();
      auto read = [spool = &inspector_.ground_.spool, wanted = std::move(wanted)] {
        std::vector<Seen> seen;
        seen.reserve(wanted.size());
        std::size_t recipients = 0;
        for (const Wanted& one : wanted) {
          seen.push_back(Seen{one, spool->read_summary(one.id, one.area)});
          if (seen.back().stored) recipients += seen.back().stored->envelope.recipients.size();
          if (recipients > kRecipients) break;
        }
        return seen;
      };
      const std::vector<Seen> seen = co_await inspector_.ground_.pool.run(spool::Priority::background, std::move(read));
      taken_ -= asked - seen.size();  // the others are on the next page
      std::vector<Entry> entries = described(seen);
      if (!entries.empty()) co_return entries;
    }
    co_return std::vector<Entry>();
  }

 private:
  static constexpr std::size_t kChosen = 4096;
  /// With more, a page has fewer messages: those to tens of thousands are large in memory.
  static constexpr std::size_t kRecipients = 4096;

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
    auto find = [spool = &inspector_.ground_.spool] {
      std::vector<Aside> aside;
      for (const spool::Area area : kSetAside) {
        const auto found = spool->list(area);
        if (!found) continue;
        for (const spool::Found& one : *found) aside.push_back(Aside{one, area});
      }
      return aside;
    };
    aside_ = co_await inspector_.ground_.pool.run(spool::Priority::background, std::move(find));
    looked_aside_ = true;
    std::map<QueueId, std::uint32_t> owners;
    for (const Aside& one : aside_) {
      if (auto known = inspector_.aside_owners_.extract(one.found.id)) owners.insert(std::move(known));
    }
    inspector_.aside_owners_ = std::move(owners);  // those of messages that are gone are forgotten
  }

  [[nodiscard]] bool is_of_another(std::uint32_t owner) const { return selection_.owner && *selection_.owner != owner; }

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
      if (!may_match(selection_, found.id, state_of(area, nullptr))) continue;
      const auto owner = inspector_.aside_owners_.find(found.id);
      if (owner != inspector_.aside_owners_.end() && is_of_another(owner->second)) continue;
      offer({key(found.size, {}), found.id, area});
    }
    inspector_.messages_.index().for_each([&](const Ticket& ticket) {
      const State state = state_of(spool::Area::queue, &ticket);
      if (!may_match(selection_, ticket.id, state) || (ticket.read && is_of_another(ticket.owner))) return;
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

  [[nodiscard]] std::vector<Entry> described(const std::vector<Seen>& seen) {
    std::vector<Entry> entries;
    for (const Seen& one : seen) {
      // Delivered or removed while we looked.
      if (!one.stored && one.stored.error().failure == Failure::not_found) continue;
      if (one.wanted.area == spool::Area::queue && inspector_.messages_.index().find(one.wanted.id) == nullptr)
        continue;
      if (one.wanted.area != spool::Area::queue && one.stored && inspector_.aside_owners_.size() < kMostOwners) {
        inspector_.aside_owners_[one.wanted.id] = mail::owner_of(one.stored->envelope.source);
      }
      Entry entry = inspector_.describe(one);
      if (matches(selection_, entry)) entries.push_back(std::move(entry));
    }
    return entries;
  }

  Inspector& inspector_;
  Selection selection_;
  std::vector<Aside> aside_;  ///< hold/, failed/ and corrupt/ as they were at the beginning
  bool looked_aside_ = false;
  std::vector<Place> chosen_;
  std::size_t taken_ = 0;
  std::optional<Place> last_;
};

std::unique_ptr<Listing> Inspector::list(Selection selection) {
  return std::make_unique<Walk>(*this, std::move(selection));
}

Inspector::Seen Inspector::look_at(spool::Spool& spool, const Wanted& wanted) {
  Seen seen{wanted, spool.read_summary(wanted.id, wanted.area)};
  if (!seen.stored || !standing_of(fold(seen.stored->envelope, seen.stored->log)).doubtful) return seen;
  // Whose it is does not matter to what is shown of the sender.
  const mail::Parties parties;
  if (const auto message = read_message(spool, wanted.id, wanted.area, parties)) seen.sender = message->sender.shown;
  return seen;
}

Task<Result<Entry>> Inspector::find(QueueId id) const {
  const bool queued = messages_.index().find(id) != nullptr;
  auto read = [spool = &ground_.spool, id, queued]() {
    Seen seen{Wanted{id, spool::Area::queue}, Error{Failure::not_found, "no message " + id.str()}};
    if (queued) {
      return look_at(*spool, seen.wanted);
    }
    for (const spool::Area area : kSetAside) {
      auto stored = spool->read_summary(id, area);
      if (!stored && stored.error().failure == Failure::not_found) continue;
      seen = Seen{Wanted{id, area}, std::move(stored)};
      break;
    }
    return seen;
  };
  const Seen seen = co_await ground_.pool.run(spool::Priority::background, std::move(read));
  const bool still = seen.wanted.area != spool::Area::queue || messages_.index().find(id) != nullptr;
  if (!still) co_return Error{Failure::not_found, "no message " + id.str()};
  if (!seen.stored) {
    const Failure failure = seen.stored.error().failure;
    // A damaged or newer file is still shown, with what can be known of it.
    if (failure != Failure::corrupt && failure != Failure::newer) co_return seen.stored.error();
  }
  Entry entry = describe(seen);
  if (seen.stored) {
    for (const spool::LogLine& line : seen.stored->log) {
      entry.attempts.push_back({line.time, line.recipient, line.status});
      entry.attempts.back().status.doubtful = line.note == spool::Note::doubtful;
    }
  }
  co_return entry;
}

Task<Result<std::string>> Inspector::raw(QueueId id, std::size_t limit) const {
  auto read = [spool = &ground_.spool, id, limit]() -> Result<std::string> {
    for (const spool::Area area : {spool::Area::queue, spool::Area::hold, spool::Area::failed, spool::Area::corrupt}) {
      auto bytes = spool->read_raw(id, area, spool::kMaxEnvelope + limit);
      if (bytes || bytes.error().failure != Failure::not_found) return bytes;
    }
    return Error{Failure::not_found, "no message " + id.str()};
  };
  co_return co_await ground_.pool.run(spool::Priority::background, std::move(read));
}

Totals Inspector::totals() const {
  Totals totals = messages_.counted();
  messages_.index().for_each([&](const Ticket& ticket) {
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
        if (ticket.doubtful) ++totals.doubtful;
        if (ticket.uncertain) ++totals.uncertain;
        const WallTime accepted = ticket.id.accepted();
        totals.oldest = std::min(totals.oldest.value_or(accepted), accepted);
        break;
      }
    }
  });
  if (totals.oldest) totals.oldest_age = time_.age(*totals.oldest);
  return totals;
}

template <typename Counts>
std::map<std::string, std::size_t> Inspector::count_by_site(Counts counts) const {
  std::map<std::pair<std::uint16_t, std::uint16_t>, std::size_t> places;  // by lane, and site of the last attempt
  messages_.index().for_each([&](const Ticket& ticket) {
    if (!ticket.settled && counts(ticket)) ++places[{ticket.lane, ticket.site}];
  });
  std::map<std::string, std::size_t> sites;
  for (const auto& [where, count] : places) {
    Ticket one;
    one.lane = where.first;
    one.site = where.second;
    if (const SitePtr site = dispatcher_.site_of(one)) sites[site->name()] += count;
  }
  return sites;
}

std::map<std::string, std::size_t> Inspector::due_by_site() const {
  return count_by_site([now = ground_.clock.wall()](const Ticket& ticket) {
    return ticket.phase == Ticket::Phase::active || (ticket.phase == Ticket::Phase::waiting && ticket.due <= now);
  });
}

std::vector<SiteStatus> Inspector::sites() const {
  std::vector<SiteStatus> list = sites_.status();
  const auto waiting = count_by_site([](const Ticket& ticket) { return ticket.phase == Ticket::Phase::waiting; });
  for (SiteStatus& status : list) {
    if (const auto count = waiting.find(status.name); count != waiting.end()) status.waiting = count->second;
  }
  return list;
}

}  // namespace postern::queue
