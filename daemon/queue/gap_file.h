// The gaps of the queue on disk: the file `gaps` of the spool, small text that is replaced as a whole, and only when
// there is a new gap. The time of its last change (mtime) is the heartbeat: it is set once a minute, which flushes no
// disk. One that a power failure takes back makes the gap seem a minute or so longer.
//
//   postern-gaps 1
//   from=2026-11-23T17:04:05.123Z to=2026-12-01T08:00:00.000Z
#pragma once

#include "queue/gaps.h"
#include "spool/disk_pool.h"

#include <memory>
#include <string>

namespace postern::queue {

class GapFile final : public GapKeeper {
 public:
  /// The pool outlives this, and runs all that was asked for before it ends.
  GapFile(spool::DiskPool& pool, const std::string& spool);

  [[nodiscard]] Kept read() override;
  /// While the disk does not answer, one thread of the pool waits for it, however long that takes.
  void keep(std::string gaps, WallTime alive) override;

 private:
  struct State;
  spool::DiskPool& pool_;
  std::shared_ptr<State> state_;  // shared with a job under way
};

}  // namespace postern::queue
