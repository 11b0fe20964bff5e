#include "queue/index.h"

#include <tuple>

namespace postern::queue {

bool Index::add(const Ticket& ticket) {
  const Slot slot = free_.empty() ? static_cast<Slot>(entries_.size()) : free_.back();
  if (!places_.emplace(ticket.id, slot).second) return false;
  if (free_.empty()) {
    entries_.push_back(Entry{ticket, kNowhere});
  } else {
    free_.pop_back();
    entries_[slot] = Entry{ticket, kNowhere};
  }
  if (ticket.phase == Ticket::Phase::waiting) push(slot);
  return true;
}

bool Index::remove(const QueueId& id) {
  const auto place = places_.find(id);
  if (place == places_.end()) return false;
  const Slot slot = place->second;
  pull(slot);
  places_.erase(place);
  free_.push_back(slot);
  return true;
}

const Ticket* Index::find(const QueueId& id) const {
  const auto place = places_.find(id);
  return place == places_.end() ? nullptr : &entries_[place->second].ticket;
}

const Ticket* Index::first() const { return heap_.empty() ? nullptr : &entries_[heap_.front()].ticket; }

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

void Index::set_size(const QueueId& id, std::uint64_t size) {
  if (const auto place = places_.find(id); place != places_.end()) entries_[place->second].ticket.size = size;
}

void Index::reschedule(const std::function<WallTime(WallTime)>& change) {
  for (const Slot slot : heap_) entries_[slot].ticket.due = change(entries_[slot].ticket.due);
  for (std::size_t position = heap_.size() / 2; position > 0; --position) sink(position - 1);
}

void Index::for_each(const std::function<void(const Ticket&)>& visit) const {
  for (const auto& [id, slot] : places_) visit(entries_[slot].ticket);
}

/// Those due at the same time go in order of acceptance.
bool Index::before(Slot a, Slot b) const {
  const Ticket& left = entries_[a].ticket;
  const Ticket& right = entries_[b].ticket;
  return std::tie(left.due, left.id) < std::tie(right.due, right.id);
}

void Index::put(std::size_t position, Slot slot) {
  heap_[position] = slot;
  entries_[slot].heap_at = static_cast<Slot>(position);
}

void Index::rise(std::size_t position) {
  const Slot slot = heap_[position];
  while (position > 0) {
    const std::size_t parent = (position - 1) / 2;
    if (!before(slot, heap_[parent])) break;
    put(position, heap_[parent]);
    position = parent;
  }
  put(position, slot);
}

void Index::sink(std::size_t position) {
  const Slot slot = heap_[position];
  for (;;) {
    std::size_t child = 2 * position + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && before(heap_[child + 1], heap_[child])) ++child;
    if (!before(heap_[child], slot)) break;
    put(position, heap_[child]);
    position = child;
  }
  put(position, slot);
}

void Index::push(Slot slot) {
  heap_.push_back(slot);
  rise(heap_.size() - 1);
}

void Index::pull(Slot slot) {
  const Slot position = entries_[slot].heap_at;
  if (position == kNowhere) return;
  entries_[slot].heap_at = kNowhere;
  const Slot last = heap_.back();
  heap_.pop_back();
  if (last == slot) return;
  put(position, last);
  rise(position);
  sink(entries_[last].heap_at);
}

}  // namespace postern::queue
