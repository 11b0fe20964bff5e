#include "queue/index.h"

#include "queue/route.h"

#include <boost/unordered/unordered_flat_set.hpp>

#include <algorithm>
#include <queue>
#include <tuple>

namespace postern::queue {

bool Index::add(const Ticket& ticket) {
  const Slot slot = free_.empty() ? static_cast<Slot>(entries_.size()) : free_.back();
  if (!places_.emplace(ticket.id, slot).second) return false;
  if (free_.empty()) {
    entries_.push_back(Entry{ticket, kNowhere, true});
  } else {
    free_.pop_back();
    entries_[slot] = Entry{ticket, kNowhere, true};
  }
  count(ticket);
  if (ticket.phase == Ticket::Phase::waiting) push(slot);
  return true;
}

Whose whose(const mail::Source& source, const mail::Parties& parties) {
  Whose found;
  found.user = sent_by(source).value_or(mail::kNoUid);
  found.owns = mail::owner_of(source) == found.user;
  found.party = parties.of(source);
  if (mail::made_by_us(source)) found.kind = mail::is_alarm(source) ? Whose::Kind::alarm : Whose::Kind::report;
  return found;
}

void Index::count(const Ticket& ticket) {
  if (!ticket.read || ticket.kind == Whose::Kind::alarm) return;
  usages_.add(ticket.party, ticket.size);
  count_author(ticket);
}

void Index::discount(const Ticket& ticket) {
  if (!ticket.read || ticket.kind == Whose::Kind::alarm) return;
  usages_.remove(ticket.party, ticket.size);
  discount_author(ticket);
}

bool Index::has_author(const Ticket& ticket) {
  return ticket.read && ticket.kind == Whose::Kind::users && ticket.phase != Ticket::Phase::storm;
}

void Index::count_author(const Ticket& ticket) {
  if (has_author(ticket)) ++authors_[author_of(ticket)];
}

void Index::discount_author(const Ticket& ticket) {
  if (!has_author(ticket)) return;
  const auto place = authors_.find(author_of(ticket));
  if (place != authors_.end() && --place->second == 0) authors_.erase(place);
}

void Index::put_in(Ticket& ticket, std::uint16_t lane) {
  discount_author(ticket);
  ticket.lane = lane;
  count_author(ticket);
}

bool Index::has_other_than(std::uint32_t party, const std::function<bool(std::uint16_t lane)>& counts) const {
  return std::ranges::any_of(authors_, [&](const auto& one) {
    return one.first >> 16U != party && counts(static_cast<std::uint16_t>(one.first));
  });
}

const Ticket* Index::first_of(const std::function<bool(std::uint32_t party, std::uint16_t lane)>& wanted,
                              WallTime now) const {
  boost::unordered_flat_set<Author> authors;
  for (const auto& [author, count] : authors_) {
    if (wanted(static_cast<std::uint32_t>(author >> 16U), static_cast<std::uint16_t>(author))) authors.insert(author);
  }
  const Ticket* first = nullptr;
  if (authors.empty()) return first;
  for_each([&](const Ticket& ticket) {
    const bool users = ticket.read && ticket.kind == Whose::Kind::users;
    if (ticket.phase != Ticket::Phase::waiting || !users || ticket.due > now) return;
    if (first != nullptr && first->due <= ticket.due) return;
    if (authors.contains(author_of(ticket))) first = &ticket;
  });
  return first;
}

bool Index::remove(const QueueId& id) {
  const auto place = places_.find(id);
  if (place == places_.end()) return false;
  const Slot slot = place->second;
  pull(slot);
  discount(entries_[slot].ticket);
  places_.erase(place);
  entries_[slot].used = false;
  free_.push_back(slot);
  return true;
}

const Ticket* Index::find(const QueueId& id) const {
  const auto place = places_.find(id);
  return place == places_.end() ? nullptr : &entries_[place->second].ticket;
}

Turn Index::turn_of(const Ticket& ticket) {
  if (ticket.lane == Ticket::kUnread) return mail::kNoUid;
  if (ticket.lane == Ticket::kAsked) return ticket.user;
  return ticket.kind == Whose::Kind::alarm ? kAlarmsTurn : Turn{ticket.party};
}

Index::Lane& Index::lane_of(std::uint16_t lane) {
  if (lane >= lanes_.size()) lanes_.resize(lane + std::size_t{1});
  return lanes_[lane];
}

const Ticket* Index::next(std::uint16_t lane, WallTime now) {
  Lane& own = lane_of(lane);
  const std::optional<Turn> turn = own.turns.next(now);
  return turn ? &entries_[own.heaps.find(*turn)->second.front()].ticket : nullptr;
}

std::optional<WallTime> Index::first_due(std::uint16_t lane) const {
  return lane < lanes_.size() ? lanes_[lane].turns.earliest() : std::nullopt;
}

/// Goes down the heap as far as it must: the next one is a child of one that was taken.
std::vector<QueueId> Index::first_unread(std::size_t count) const {
  std::vector<QueueId> ids;
  const Lane& lane = lanes_[Ticket::kUnread];
  const auto all = lane.heaps.find(mail::kNoUid);
  if (all == lane.heaps.end() || all->second.empty()) return ids;
  const Heap& heap = all->second;
  const auto later = [&](std::size_t a, std::size_t b) { return before(heap[b], heap[a]); };
  std::priority_queue<std::size_t, std::vector<std::size_t>, decltype(later)> next(later);
  next.push(0);
  while (!next.empty() && ids.size() < count) {
    const std::size_t position = next.top();
    next.pop();
    ids.push_back(entries_[heap[position]].ticket.id);
    for (std::size_t child = 2 * position + 1; child <= 2 * position + 2 && child < heap.size(); ++child) {
      next.push(child);
    }
  }
  return ids;
}

std::vector<Turn> Index::turns_in(std::uint16_t lane) const {
  std::vector<Turn> turns;
  if (lane >= lanes_.size()) return turns;
  for (const auto& [turn, heap] : lanes_[lane].heaps) {
    if (!heap.empty()) turns.push_back(turn);
  }
  return turns;
}

const Ticket* Index::first_in(std::uint16_t lane, Turn turn) const {
  if (lane >= lanes_.size()) return nullptr;
  const auto heap = lanes_[lane].heaps.find(turn);
  return heap == lanes_[lane].heaps.end() || heap->second.empty() ? nullptr : &entries_[heap->second.front()].ticket;
}

void Index::set(const QueueId& id, Ticket::Phase phase, std::optional<WallTime> due) {
  const auto place = places_.find(id);
  if (place == places_.end()) return;
  const Slot slot = place->second;
  pull(slot);
  Ticket& ticket = entries_[slot].ticket;
  const bool other_author = (ticket.phase == Ticket::Phase::storm) != (phase == Ticket::Phase::storm);
  if (other_author) discount_author(ticket);
  ticket.phase = phase;
  if (other_author) count_author(ticket);
  if (due) ticket.due = *due;
  if (ticket.stale && phase != Ticket::Phase::active) {
    ticket.stale = false;
    put_in(ticket, Ticket::kUnread);
  }
  if (phase == Ticket::Phase::waiting) push(slot);
}

void Index::put_first(const QueueId& id) {
  set(id, Ticket::Phase::waiting, WallTime());
  if (const Ticket* const ticket = find(id)) lane_of(ticket->lane).turns.prefer(turn_of(*ticket));
}

void Index::set_site(const QueueId& id, std::uint16_t site) {
  if (const auto place = places_.find(id); place != places_.end()) entries_[place->second].ticket.site = site;
}

void Index::set_lane(const QueueId& id, std::uint16_t lane) {
  const auto place = places_.find(id);
  if (place == places_.end()) return;
  const Slot slot = place->second;
  pull(slot);
  Ticket& ticket = entries_[slot].ticket;
  put_in(ticket, lane);
  if (ticket.phase == Ticket::Phase::waiting) push(slot);
}

/// One heap of all of them is made at once: a million of them do not go there one by one.
void Index::set_all_unread() {
  for (std::size_t lane = Ticket::kUnread + std::size_t{1}; lane < lanes_.size(); ++lane) {
    for (auto& [turn, heap] : lanes_[lane].heaps) {
      if (!heap.empty()) lanes_[lane].turns.set_first(turn, std::nullopt);
      heap.clear();
    }
  }
  Lane& unread = lanes_[Ticket::kUnread];
  Heap& heap = unread.heaps[mail::kNoUid];
  heap.clear();
  authors_.clear();
  for (Slot slot = 0; slot < entries_.size(); ++slot) {
    Entry& entry = entries_[slot];
    if (!entry.used) continue;
    entry.ticket.stale = entry.ticket.phase == Ticket::Phase::active;
    if (!entry.ticket.stale) entry.ticket.lane = Ticket::kUnread;
    count_author(entry.ticket);
    if (entry.ticket.stale) continue;
    if (entry.ticket.phase != Ticket::Phase::waiting) continue;
    heap.push_back(slot);
    entry.heap_at = static_cast<Slot>(heap.size() - 1);
  }
  for (std::size_t position = heap.size() / 2; position > 0; --position) sink(heap, position - 1);
  tell_turns(unread, mail::kNoUid, heap);
}

void Index::set_read(const QueueId& id, const Whose& whose) {
  const auto place = places_.find(id);
  if (place == places_.end()) return;
  const Slot slot = place->second;
  pull(slot);
  Ticket& ticket = entries_[slot].ticket;
  discount(ticket);
  ticket.set(whose);
  count(ticket);
  if (ticket.phase == Ticket::Phase::waiting) push(slot);
}

void Index::set_size(const QueueId& id, std::uint64_t size) {
  const auto place = places_.find(id);
  if (place == places_.end()) return;
  Ticket& ticket = entries_[place->second].ticket;
  discount(ticket);
  ticket.size = size;
  count(ticket);
}

void Index::set_settled(const QueueId& id) {
  const auto place = places_.find(id);
  if (place == places_.end()) return;
  Ticket& ticket = entries_[place->second].ticket;
  ticket.settled = true;
  if (ticket.lane == Ticket::kAsked) set_lane(id, Ticket::kAny);
}

void Index::set_reminded(const QueueId& id) {
  if (const auto place = places_.find(id); place != places_.end()) entries_[place->second].ticket.reminded = true;
}

void Index::set_told(const QueueId& id, std::uint8_t told) {
  constexpr std::uint8_t kAll = Ticket::kToldOfSite | Ticket::kToldOfSender | Ticket::kToldBefore;
  if (const auto place = places_.find(id); place != places_.end()) entries_[place->second].ticket.told = told & kAll;
}

void Index::set_standing(const QueueId& id, bool doubtful, bool uncertain) {
  const auto place = places_.find(id);
  if (place == places_.end()) return;
  entries_[place->second].ticket.doubtful = doubtful;
  entries_[place->second].ticket.uncertain = uncertain;
}

void Index::reschedule(const std::function<WallTime(WallTime)>& change) {
  for (Lane& lane : lanes_) {
    for (auto& [turn, heap] : lane.heaps) {
      for (const Slot slot : heap) entries_[slot].ticket.due = change(entries_[slot].ticket.due);
      for (std::size_t position = heap.size() / 2; position > 0; --position) sink(heap, position - 1);
      tell_turns(lane, turn, heap);
    }
  }
}

void Index::for_each(const std::function<void(const Ticket&)>& visit) const {
  // In the order of memory: of a million the way through the hash table takes ten times as long.
  for (const Entry& entry : entries_) {
    if (entry.used) visit(entry.ticket);
  }
}

/// Those due at the same time go in order of acceptance.
bool Index::before(Slot a, Slot b) const {
  const Ticket& left = entries_[a].ticket;
  const Ticket& right = entries_[b].ticket;
  return std::tie(left.due, left.id) < std::tie(right.due, right.id);
}

void Index::put(Heap& heap, std::size_t position, Slot slot) {
  heap[position] = slot;
  entries_[slot].heap_at = static_cast<Slot>(position);
}

void Index::rise(Heap& heap, std::size_t position) {
  const Slot slot = heap[position];
  while (position > 0) {
    const std::size_t parent = (position - 1) / 2;
    if (!before(slot, heap[parent])) break;
    put(heap, position, heap[parent]);
    position = parent;
  }
  put(heap, position, slot);
}

void Index::sink(Heap& heap, std::size_t position) {
  const Slot slot = heap[position];
  for (;;) {
    std::size_t child = 2 * position + 1;
    if (child >= heap.size()) break;
    if (child + 1 < heap.size() && before(heap[child + 1], heap[child])) ++child;
    if (!before(heap[child], slot)) break;
    put(heap, position, heap[child]);
    position = child;
  }
  put(heap, position, slot);
}

void Index::tell_turns(Lane& lane, Turn turn, const Heap& heap) {
  lane.turns.set_first(turn, heap.empty() ? std::nullopt : std::optional(entries_[heap.front()].ticket.due));
}

void Index::push(Slot slot) {
  const Ticket& ticket = entries_[slot].ticket;
  Lane& lane = lane_of(ticket.lane);
  const Turn turn = turn_of(ticket);
  Heap& heap = lane.heaps[turn];
  heap.push_back(slot);
  rise(heap, heap.size() - 1);
  if (entries_[slot].heap_at == 0) tell_turns(lane, turn, heap);
}

void Index::pull(Slot slot) {
  const Slot position = entries_[slot].heap_at;
  if (position == kNowhere) return;
  entries_[slot].heap_at = kNowhere;
  Lane& lane = lane_of(entries_[slot].ticket.lane);
  const Turn turn = turn_of(entries_[slot].ticket);
  const auto place = lane.heaps.find(turn);
  Heap& heap = place->second;
  const Slot last = heap.back();
  heap.pop_back();
  if (last != slot) {
    put(heap, position, last);
    rise(heap, position);
    sink(heap, entries_[last].heap_at);
  }
  if (position == 0) tell_turns(lane, turn, heap);
  if (heap.empty() && lane.heaps.size() > kMostEmptyHeaps) lane.heaps.erase(place);
}

}  // namespace postern::queue
