#include "control/agreed.h"

#include <algorithm>
#include <utility>

namespace postern::control {

Agreed::Agreed(queue::Queue& queue, queue::Selection filter, std::vector<QueueId> ids)
    : queue_(queue), filter_(std::move(filter)), ids_(std::move(ids)) {
  filter_.since.reset();  // young enough when it was shown: nobody means that it grew too old over the question
  std::ranges::sort(ids_);
  const auto again = std::ranges::unique(ids_);
  ids_.erase(again.begin(), again.end());
}

Task<std::vector<queue::Entry>> Agreed::next() {
  std::vector<queue::Entry> page;
  while (page.size() < kPage && taken_ < ids_.size()) {
    const QueueId id = ids_[taken_++];
    Result<queue::Entry> entry = co_await queue_.find(id);
    if (entry && queue::matches(filter_, *entry)) page.push_back(std::move(*entry));
    if (entry || entry.error().failure == Failure::not_found) continue;
    // It cannot be looked at now: the command will fail at it and say so.
    page.emplace_back().id = id;
    page.back().reason = entry.error().text;
  }
  co_return page;
}

}  // namespace postern::control
