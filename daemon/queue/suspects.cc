#include "queue/suspects.h"

#include <algorithm>
#include <string_view>

namespace postern::queue {
namespace {

constexpr std::string_view kMagic = "postern1";  // the digit is the version
constexpr std::size_t kHeader = 16;
static_assert(kMagic.size() == Suspects::kCrashedAt && Suspects::kCrashedAt < kHeader);

}  // namespace

Suspects::Suspects(std::span<char> memory) {
  if (memory.size() < kHeader + sizeof(Slot)) return;
  const bool known = std::ranges::equal(memory.first(kMagic.size()), kMagic);
  if (!known) std::ranges::fill(memory, '\0');
  std::ranges::copy(kMagic, memory.begin());
  const unsigned crashes = memory[kCrashedAt] == 1 ? 1 : 0;
  memory[kCrashedAt] = 0;
  const std::span<char> rest = memory.subspan(kHeader);
  slots_ = std::span<Slot>(reinterpret_cast<Slot*>(rest.data()), rest.size() / sizeof(Slot));
  for (Slot& slot : slots_) judge(slot, crashes);
  const auto last = std::ranges::find_if_not(slots_.rbegin(), slots_.rend(), &Slot::is_free);
  used_ = static_cast<std::size_t>(slots_.rend() - last);
}

void Suspects::judge(Slot& slot, unsigned crashes) {
  const bool whole = QueueId::parse({slot.id.data(), slot.id.size()}) && slot.count <= kGuilty && slot.under_way <= 1;
  const unsigned count = slot.under_way == 1 ? slot.count + crashes : slot.count;
  if (!whole || count == 0) {
    slot = Slot{};
    return;
  }
  slot.count = static_cast<std::uint8_t>(std::min(count, kGuilty));
  slot.under_way = 0;
}

void Suspects::begin(const QueueId& id) {
  if (Slot* slot = place(id)) slot->under_way = 1;
}

bool Suspects::begin_beside(const QueueId& id) {
  if (slots_.empty()) return true;
  Slot* slot = find(id);
  if (slot == nullptr) {
    const std::span<Slot> open = slots_.first(slots_.size() - slots_.size() / 4);
    const auto unused = std::ranges::find_if(open, &Slot::is_free);
    if (unused == open.end()) return false;
    slot = &*unused;
    take(*slot, id);
  }
  slot->under_way = 1;
  return true;
}

void Suspects::returned(const QueueId& id) {
  Slot* slot = find(id);
  if (slot == nullptr) return;
  slot->under_way = 0;
  if (slot->count == 0) free(*slot);
}

void Suspects::ended(const QueueId& id) {
  if (Slot* slot = find(id)) free(*slot);
}

unsigned Suspects::count(const QueueId& id) const {
  const Slot* slot = find(id);
  return slot == nullptr ? 0 : slot->count;
}

Suspects::Slot* Suspects::find(const QueueId& id) const {
  const auto same = [&id](const Slot& slot) { return std::ranges::equal(slot.id, id.text()); };
  const std::span<Slot> used = slots_.first(used_);
  const auto found = std::ranges::find_if(used, same);
  return found == used.end() ? nullptr : &*found;
}

/// Its own slot, or a free one, or that of a suspect that only waits: its file may have been taken away long ago.
Suspects::Slot* Suspects::place(const QueueId& id) {
  if (Slot* own = find(id)) return own;
  auto found = std::ranges::find_if(slots_, &Slot::is_free);
  if (found == slots_.end()) found = std::ranges::find(slots_, 0, &Slot::under_way);
  if (found == slots_.end()) return nullptr;
  take(*found, id);
  return &*found;
}

void Suspects::take(Slot& slot, const QueueId& id) {
  slot = Slot{};
  std::ranges::copy(id.text(), slot.id.begin());
  used_ = std::max(used_, static_cast<std::size_t>(&slot - slots_.data()) + 1);
}

void Suspects::free(Slot& slot) {
  slot = Slot{};
  while (used_ > 0 && slots_[used_ - 1].is_free()) --used_;
}

}  // namespace postern::queue
