#include "queue/reader.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace postern::queue {
namespace {

constexpr std::size_t kAtOnce = 8;

struct Envelope {
  QueueId id;
  std::uint64_t size = 0;              ///< of the file
  std::optional<Reader::Known> known;  ///< nothing: what is wrong with it is found out at its turn
};

/// Blocks.
std::vector<Envelope> read_envelopes(spool::Spool& spool, const std::vector<QueueId>& ids, spool::Area area,
                                     const mail::Parties& parties, bool routes) {
  std::vector<Envelope> envelopes;
  for (const QueueId& id : ids) {
    Envelope& one = envelopes.emplace_back();
    one.id = id;
    if (auto stored = spool.read_summary(id, area)) {
      one.size = stored->file_size;
      one.known = Reader::known_from(std::move(*stored), parties, routes);
    }
  }
  return envelopes;
}

}  // namespace

Reader::Reader(const Ground& ground, const Config& config, Messages& messages, OpenWork& work, First first, Learn learn)
    : ground_(ground),
      config_(config),
      messages_(messages),
      work_(work),
      first_(std::move(first)),
      learn_(std::move(learn)) {}

Reader::Known Reader::known_from(spool::Stored stored, const mail::Parties& parties, bool routes) {
  const std::vector<RecipientState> states = fold(stored.envelope, stored.log);
  Known known{std::move(stored.rerouted_to), queue::whose(stored.envelope.source, parties), standing_of(states),
              std::move(stored.storm), stored.storm_over};
  if (!routes) return known;
  known.pending = pending(states);
  known.envelope = std::move(stored.envelope);
  return known;
}

void Reader::read_on() {
  if (*reading_ || stopped_) return;
  std::vector<QueueId> ids = first_(kAtOnce);
  for (const QueueId& id : messages_.index().first_unread(kAtOnce)) {
    if (ids.size() < kAtOnce && std::ranges::find(ids, id) == ids.end()) ids.push_back(id);
  }
  if (ids.empty()) {
    Messages::Aside aside = messages_.take_unread_aside(kAtOnce);
    if (!aside.ids.empty()) work_.spawn(read_aside(std::move(aside), UnderWay(reading_)), "reading of what lies aside");
    return;
  }
  work_.spawn(read_some(std::move(ids), UnderWay(reading_)), "reading of envelopes");
}

Task<void> Reader::read_some(std::vector<QueueId> ids, UnderWay) {
  Index& index = messages_.index();
  Suspects& suspects = messages_.suspects();
  // A suspect is not even read beside others: that may be where the program crashes.
  const auto suspected = [&](const QueueId& id) { return suspects.count(id) > 0; };
  for (const QueueId& id : ids) {
    if (suspected(id)) index.set_lane(id, Ticket::kAny);
  }
  std::erase_if(ids, suspected);
  for (const QueueId& id : ids) suspects.begin(id);
  auto job = [spool = &ground_.spool, ids, parties = messages_.parties(), routes = !config_.routing.empty()] {
    return read_envelopes(*spool, ids, spool::Area::queue, parties, routes);
  };
  std::vector<Envelope> envelopes = co_await ground_.pool.run(spool::Priority::background, std::move(job));
  for (Envelope& one : envelopes) {
    const Ticket* ticket = index.find(one.id);
    if (ticket == nullptr) continue;
    const bool unread = ticket->lane == Ticket::kUnread;
    // One that has another lane by now may be under way there.
    if (unread || ticket->phase != Ticket::Phase::active) suspects.returned(one.id);
    if (one.known) {
      learn_(one.id, *one.known);
    } else if (unread) {
      index.set_lane(one.id, Ticket::kAny);
    }
  }
}

Task<void> Reader::read_aside(Messages::Aside aside, UnderWay) {
  auto job = [spool = &ground_.spool, aside = std::move(aside), parties = messages_.parties()] {
    return read_envelopes(*spool, aside.ids, aside.area, parties, false);
  };
  const std::vector<Envelope> envelopes = co_await ground_.pool.run(spool::Priority::background, std::move(job));
  for (const Envelope& one : envelopes) {
    if (one.known) messages_.note_aside(one.id, one.known->whose, one.size);
  }
}

}  // namespace postern::queue
