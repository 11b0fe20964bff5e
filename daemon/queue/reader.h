// Reads in the background the envelopes of the messages of which nothing but names and times is known, since they were
// there when the program began, and tells what stands in them. What somebody waits for now is read first, then what is
// due. A few at a time, behind all else that the disk pool has to do: the disk is for those who wait, and what is read
// at a crash is suspected of it.
#pragma once

#include "base/task.h"
#include "queue/decide.h"
#include "queue/ground.h"
#include "queue/messages.h"
#include "queue/open_work.h"
#include "queue/under_way.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace postern::queue {

class Reader {
 public:
  struct Known {
    std::string rerouted_to;  ///< the smarthost that it is to go by alone; empty: any
    Whose whose{};
    Standing standing{};
    std::optional<spool::StormWait> storm{};
    std::optional<WallTime> storm_over{};
    std::optional<mail::Envelope> envelope{};  ///< where routes ask for it
    std::vector<std::size_t> pending{};        ///< likewise, who is still waited for
  };
  /// `routes`: they go by more than what it was rerouted to.
  [[nodiscard]] static Known known_from(spool::Stored stored, const mail::Parties& parties, bool routes);
  using Learn = std::function<void(const QueueId& id, const Known& known)>;

  /// Takes from those that are to be read before the others; at most so many.
  using First = std::function<std::vector<QueueId>(std::size_t count)>;

  /// The others outlive it.
  Reader(const Ground& ground, const Config& config, Messages& messages, OpenWork& work, First first, Learn learn);

  /// Begins with the next ones, unless some are being read or all are.
  void read_on();
  void stop() { stopped_ = true; }

 private:
  Task<void> read_some(std::vector<QueueId> ids, UnderWay);
  /// What lies in hold/ or failed/ is nobody's turn, but counts for its party.
  Task<void> read_aside(Messages::Aside aside, UnderWay);

  Ground ground_;
  const Config& config_;
  Messages& messages_;
  OpenWork& work_;
  First first_;
  Learn learn_;
  std::shared_ptr<bool> reading_ = std::make_shared<bool>(false);
  bool stopped_ = false;
};

}  // namespace postern::queue
