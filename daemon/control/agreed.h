// The messages that a person was shown and agreed to: those ids and no others, as far as each still is what the filter
// says. What else has come to fit the filter meanwhile is not touched.
#pragma once

#include "queue/queue.h"

#include <vector>

namespace postern::control {

class Agreed final : public queue::Listing {
 public:
  Agreed(queue::Queue& queue, queue::Selection filter, std::vector<QueueId> ids);
  Task<std::vector<queue::Entry>> next() override;

 private:
  queue::Queue& queue_;
  queue::Selection filter_;
  std::vector<QueueId> ids_;
  std::size_t taken_ = 0;
};

}  // namespace postern::control
