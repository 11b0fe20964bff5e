// Reads in the background the envelopes of the messages of which nothing but names and times is known, since they were
// there when the program began, and gives each ticket its lane and its owner. What is due is read first. A batch at a
// time, behind all else that the disk pool has to do, and no more than half of the time while nothing of it is due: the
// disk is for those who wait.
#pragma once

#include "base/task.h"
#include "queue/ground.h"
#include "queue/messages.h"
#include "queue/open_work.h"

#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace postern::queue {

class Reader {
 public:
  /// The lane of what goes to this smarthost alone, whose name stands in the file; empty: of the others.
  using LaneFor = std::function<std::uint16_t(const std::string& route)>;

  /// The others outlive it.
  Reader(const Ground& ground, Messages& messages, OpenWork& work, LaneFor lane_for);

  /// Begins with the next batch, unless one is being read or all are.
  void read_on();
  void stop();

 private:
  Task<void> read_batch(std::vector<QueueId> ids);
  [[nodiscard]] bool any_due(const std::vector<QueueId>& ids) const;

  Ground ground_;
  Messages& messages_;
  OpenWork& work_;
  LaneFor lane_for_;
  boost::asio::steady_timer pause_;
  std::shared_ptr<bool> reading_ = std::make_shared<bool>(false);
  bool stopped_ = false;
};

}  // namespace postern::queue
