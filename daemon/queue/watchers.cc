#include "queue/watchers.h"

#include <utility>
#include <vector>

namespace postern::queue {

std::shared_ptr<void> Watchers::add(const QueueId& id, Watch watch) {
  auto handle = std::make_shared<Watch>(std::move(watch));
  watches_.emplace(id, handle);
  return handle;
}

void Watchers::tell(const Event& event) {
  // A watch may add or drop watches while it is told: collect first.
  std::vector<std::shared_ptr<Watch>> listening;
  auto [at, end] = watches_.equal_range(event.id);
  while (at != end) {
    if (auto watch = at->second.lock()) {
      listening.push_back(std::move(watch));
      ++at;
    } else {
      at = watches_.erase(at);
    }
  }
  for (const auto& watch : listening) (*watch)(event);
}

}  // namespace postern::queue
