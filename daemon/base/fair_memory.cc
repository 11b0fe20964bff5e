#include "base/fair_memory.h"

#include <algorithm>

namespace postern {
namespace {

constexpr std::size_t kMuch = std::size_t{8} << 20U;

}  // namespace

bool has_memory(const MemoryLimits& limits, const MemoryHeld& held, std::size_t more) {
  if (more > limits.all) return false;
  const std::size_t all = held.by_all + more;
  const std::size_t own = held.by_party + more;
  if (own <= limits.little) return all <= limits.all + limits.kept;
  return all <= limits.all && own <= limits.all - all;
}

bool FairMemory::has_shrunk() {
  if (sums_->peak - sums_->all < kMuch) return false;
  sums_->peak = sums_->all;
  return true;
}

bool FairMemory::Share::may_be(std::size_t bytes) const {
  if (bytes <= size_) return true;
  const auto own = sums_->of_party.find(party_);
  const MemoryHeld held{sums_->all, own == sums_->of_party.end() ? 0 : own->second};
  return has_memory(sums_->limits, held, bytes - size_);
}

bool FairMemory::Share::resize(std::size_t bytes) {
  if (!may_be(bytes)) return false;
  set(bytes);
  return true;
}

void FairMemory::Share::set(std::size_t bytes) {
  if (bytes == size_) return;
  std::size_t& own = sums_->of_party[party_];
  own = own - size_ + bytes;
  if (own == 0) sums_->of_party.erase(party_);
  sums_->all = sums_->all - size_ + bytes;
  sums_->peak = std::max(sums_->peak, sums_->all);
  size_ = bytes;
}

}  // namespace postern
