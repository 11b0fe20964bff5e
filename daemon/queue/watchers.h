// Who wants to hear what happens to which message.
#pragma once

#include "base/ids.h"
#include "queue/event.h"

#include <map>
#include <memory>

namespace postern::queue {

class Watchers {
 public:
  /// Until the handle is destroyed.
  std::shared_ptr<void> add(const QueueId& id, Watch watch);
  void tell(const Event& event);
  [[nodiscard]] bool wants(const QueueId& id) const { return watches_.contains(id); }

 private:
  std::multimap<QueueId, std::weak_ptr<Watch>> watches_;
};

}  // namespace postern::queue
