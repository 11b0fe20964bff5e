#include "queue/inspector.h"

#include "mail/original_recipient.h"
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
    case Ticket::Phase::storm: return State::storm;
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

// Of a damaged file all is read to say what is wrong, unless it is larger: in a list, or where it is shown alone.
constexpr std::uint64_t kReadInList = std::uint64_t{256} << 10U;
constexpr std::uint64_t kReadAlone = std::uint64_t{16} << 20U;

std::string damage_of(spool::Spool& spool, const QueueId& id, spool::Area area, std::uint64_t size,
                      std::uint64_t most) {
  if (size > most) return "damaged; the log says what is wrong";
  const auto whole = spool.read(id, area);
  return whole ? "was found damaged, and can be read now" : whole.error().text;
}

std::vector<std::string> texts_of(const std::vector<Route>& routes) {
  std::vector<std::string> texts;
  texts.reserve(routes.size());
  for (const Route& route : routes) texts.push_back(to_text(route));
  return texts;
}

}  // namespace

Inspector::Inspector(const Ground& ground, const Config& config, const Timekeeper& time, const Messages& messages,
                     const Sites& sites, const Router& router)
    : ground_(ground), config_(config), time_(time), messages_(messages), sites_(sites), router_(router) {}

Entry Inspector::describe(const Seen& seen) const {
  const Ticket* ticket = seen.wanted.area == spool::Area::queue ? messages_.index().find(seen.wanted.id) : nullptr;
  Entry entry;
  entry.id = seen.wanted.id;
  entry.accepted = entry.id.accepted();
  entry.state = state_of(seen.wanted.area, ticket);
  SitePtr site = ticket != nullptr && entry.state != State::storm ? router_.site_of(*ticket) : nullptr;
  Rate::Load load = 1;
  if (ticket != nullptr) entry.routes = texts_of(router_.routes_of(*ticket));
  if (!seen.stored) {
    entry.reason = seen.stored.error().text;
  } else {
    const mail::Envelope& envelope = seen.stored->envelope;
    entry.size = envelope.size;
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
      const mail::Recipient& recipient = envelope.recipients[i];
      entry.recipients.push_back({recipient.address, states[i].last, mail::original_of(recipient)});
    }
    entry.unread = envelope.unread;
    entry.reason = seen.damage.empty() ? reason_of(states, entry.state) : seen.damage;
    if (ticket != nullptr) load = router_.load_of(*ticket, envelope, pending(states));
    const Milliseconds age = time_.age(messages_.ready_since(entry.id, envelope.accepted));
    const WallTime until = ground_.clock.wall() + config_.retry.expire - age;
    if (!seen.sender.empty())
      entry.doubt = doubt_text(states, site ? site->name() : "the smarthost", seen.sender, until);
  }
  if (site != nullptr) entry.site = site->name();
  if (entry.state == State::waiting) explain_wait(entry, *ticket, site.get(), load);
  if (entry.state == State::storm) {
    entry.next = ticket->due;
    entry.reason =
        "others that are alike came before it: it waits for those that still come, and goes with them as one";
  }
  return entry;
}

void Inspector::explain_wait(Entry& entry, const Ticket& ticket, const Site* site, const Rate::Load& load) const {
  const WallTime now = ground_.clock.wall();
  entry.next = ticket.due;
  if (ticket.settled) return;
  if (ticket.lane == Ticket::kAsked) {
    const auto unanswered = router_.unanswered(ticket);
    entry.reason = unanswered ? unanswered->text : "it is asked who sent this, and so by which route it goes";
    if (unanswered && !unanswered->open)
      entry.next = now + std::chrono::duration_cast<Milliseconds>(unanswered->again - ground_.clock.steady());
    return;
  }
  if (site == nullptr) {
    entry.reason = config_.no_site;
    return;
  }
  // Due, but its site is down, or does not take its sender: it waits for the next probe, and that is why.
  const Senders::Trouble* const sender = sites_.senders().find(site->name(), router_.sender_of_lane(ticket));
  if (!site->trouble() && sender == nullptr) explain_limit(entry, *site, load, now);
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
void Inspector::explain_limit(Entry& entry, const Site& site, const Rate::Load& load, WallTime now) const {
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
    if (!looked_aside_ && may_lie_aside()) co_await look_aside();
    while (taken_ < chosen_.size() || choose()) {
      std::vector<Wanted> wanted = take_page();
      const std::size_t asked = wanted.size();
      auto read = [spool = &inspector_.ground_.spool, wanted = std::move(wanted)] {
        std::vector<Seen> seen;
        seen.reserve(wanted.size());
        std::size_t recipients = 0;
        for (const Wanted& one : wanted) {
          seen.push_back(summary_of(*spool, one, kReadInList));
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

  /// What lies there neither waits nor is under way.
  [[nodiscard]] bool may_lie_aside() const {
    return selection_.state != State::waiting && selection_.state != State::active;
  }

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
      if (!may_match(selection_, ticket.id, state) || (ticket.read && is_of_another(ticket.whose().owner()))) return;
      const bool timed = state == State::waiting || state == State::storm;
      const auto due = timed ? std::optional(ticket.due) : std::nullopt;
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
    for (; taken_ < end; ++taken_) wanted.push_back(inspector_.wanted(chosen_[taken_].id, chosen_[taken_].area));
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

Inspector::Wanted Inspector::wanted(const QueueId& id, spool::Area area) const {
  const Ticket* const ticket = area == spool::Area::queue ? messages_.index().find(id) : nullptr;
  return {id, area, state_of(area, ticket) == State::corrupt};
}

Inspector::Seen Inspector::summary_of(spool::Spool& spool, const Wanted& wanted, std::uint64_t most) {
  Seen seen{wanted, spool.read_summary(wanted.id, wanted.area)};
  if (seen.stored && wanted.damaged) {
    seen.damage = damage_of(spool, wanted.id, wanted.area, seen.stored->file_size, most);
  }
  return seen;
}

Inspector::Seen Inspector::look_at(spool::Spool& spool, const Wanted& wanted) {
  Seen seen = summary_of(spool, wanted, kReadAlone);
  if (!seen.stored || !standing_of(fold(seen.stored->envelope, seen.stored->log)).doubtful) return seen;
  // Whose it is does not matter to what is shown of the sender.
  const mail::Parties parties;
  if (const auto message = read_message(spool, wanted.id, wanted.area, parties)) seen.sender = message->sender.shown;
  return seen;
}

Task<Result<Entry>> Inspector::find(QueueId id) const {
  const bool queued = messages_.index().find(id) != nullptr;
  auto read = [spool = &ground_.spool, first = wanted(id, spool::Area::queue), queued]() {
    if (queued) return look_at(*spool, first);
    for (const spool::Area area : kSetAside) {
      Seen seen = summary_of(*spool, Wanted{first.id, area, area == spool::Area::corrupt}, kReadAlone);
      if (seen.stored || seen.stored.error().failure != Failure::not_found) return seen;
    }
    return Seen{first, Error{Failure::not_found, "no message " + first.id.str()}};
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

}  // namespace postern::queue
