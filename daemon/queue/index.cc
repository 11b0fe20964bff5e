#include "queue/index.h"

#include <boost/unordered/unordered_flat_set.hpp>

#include <queue>
#include <tuple>

namespace postern::queue {

bool Index::add(const Ticket& ticket) {
  const Slot slot = free_.empty() ? static_cast<Slot>(entries_.size()) : free_.back();
  if (!places_.emplace(ticket.id, slot).second) return false;
  if (free_.empty()) {
    entries_.push_back(Entry{ticket, true, kNowhere});
  } else {
    free_.pop_back();
    entries_[slot] = Entry{ticket, true, kNowhere};
  }
  count(ticket);
  if (ticket.phase == Ticket::Phase::waiting) push(slot);
  return true;
}

void Index::count(const Ticket& ticket) {
  if (ticket.read && !ticket.ours) ++owners_[ticket.owner];
}

void Index::discount(const Ticket& ticket) {
  if (!ticket.read || ticket.ours) return;
  const auto place = owners_.find(ticket.owner);
  if (place != owners_.end() && --place->second == 0) owners_.erase(place);
}

bool Index::has_other_than(std::uint32_t owner) const { return owners_.size() > (owners_.contains(owner) ? 1U : 0U); }

const Ticket* Index::first_of(const std::function<bool(std::uint32_t owner)>& wanted, WallTime now) const {
  boost::unordered_flat_set<std::uint32_t> owners;
  for (const auto& [owner, count] : owners_) {
    if (wanted(owner)) owners.insert(owner);
  }
  const Ticket* first = nullptr;
  if (owners.empty()) return first;
  for_each([&](const Ticket& ticket) {
    if (ticket.phase != Ticket::Phase::waiting || !ticket.read || ticket.ours || ticket.due > now) return;
    if (first != nullptr && first->due <= ticket.due) return;
    if (owners.contains(ticket.owner)) first = &ticket;
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

const Ticket* Index::first(std::uint16_t lane) const {
  if (lane >= heaps_.size() || heaps_[lane].empty()) return nullptr;
  return &entries_[heaps_[lane].front()].ticket;
}

/// Goes down the heap as far as it must: the next one is a child of one that was taken.
std::vector<QueueId> Index::first(std::uint16_t lane, std::size_t count) const {
  std::vector<QueueId> ids;
  if (lane >= heaps_.size() || heaps_[lane].empty()) return ids;
  const Heap& heap = heaps_[lane];
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

void Index::set(const QueueId& id, Ticket::Phase phase, std::optional<WallTime> due) {
  const auto place = places_.find(id);
  if (place == places_.end()) return;
  const Slot slot = place->second;
  pull(slot);
  Ticket& ticket = entries_[slot].ticket;
  ticket.phase = phase;
  if (due) ticket.due = *due;
  if (phase == Ticket::Phase::waiting) push(slot);
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
  ticket.lane = lane;
  if (ticket.phase == Ticket::Phase::waiting) push(slot);
}

void Index::set_read(const QueueId& id, std::uint16_t lane, std::uint32_t owner, bool ours) {
  const auto place = places_.find(id);
  if (place == places_.end()) return;
  Ticket& ticket = entries_[place->second].ticket;
  discount(ticket);
  ticket.owner = owner;
  ticket.ours = ours;
  ticket.read = true;
  count(ticket);
  if (ticket.lane == Ticket::kUnread) set_lane(id, lane);
}

void Index::set_size(const QueueId& id, std::uint64_t size) {
  if (const auto place = places_.find(id); place != places_.end()) entries_[place->second].ticket.size = size;
}

void Index::set_settled(const QueueId& id) {
  if (const auto place = places_.find(id); place != places_.end()) entries_[place->second].ticket.settled = true;
}

void Index::set_reminded(const QueueId& id) {
  if (const auto place = places_.find(id); place != places_.end()) entries_[place->second].ticket.reminded = true;
}

void Index::set_standing(const QueueId& id, bool doubtful, bool uncertain) {
  const auto place = places_.find(id);
  if (place == places_.end()) return;
  entries_[place->second].ticket.doubtful = doubtful;
  entries_[place->second].ticket.uncertain = uncertain;
}

void Index::reschedule(const std::function<WallTime(WallTime)>& change) {
  for (Heap& heap : heaps_) {
    for (const Slot slot : heap) entries_[slot].ticket.due = change(entries_[slot].ticket.due);
    for (std::size_t position = heap.size() / 2; position > 0; --position) sink(heap, position - 1);
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

void Index::push(Slot slot) {
  const std::size_t lane = entries_[slot].ticket.lane;
  if (lane >= heaps_.size()) heaps_.resize(lane + 1);
  Heap& heap = heaps_[lane];
  heap.push_back(slot);
  rise(heap, heap.size() - 1);
}

void Index::pull(Slot slot) {
  const Slot position = entries_[slot].heap_at;
  if (position == kNowhere) return;
  entries_[slot].heap_at = kNowhere;
  Heap& heap = heaps_[entries_[slot].ticket.lane];
  const Slot last = heap.back();
  heap.pop_back();
  if (last == slot) return;
  put(heap, position, last);
  rise(heap, position);
  sink(heap, entries_[last].heap_at);
}

}  // namespace postern::queue
