// The gaps of the queue on disk: the file `gaps` of the spool, small text that is replaced as a whole, and only when
// there is a new gap. The time of its last change (mtime) is the heartbeat: it is set once a minute, which flushes no
// disk. One that a power failure takes back makes the gap seem a minute or so longer.
//
//   postern-gaps 1
//   from=2026-11-23T17:04:05.123Z to=2026-12-01T08:00:00.000Z
#pragma once

#include "queue/gaps.h"
#include "queue/kept_text.h"
#include "spool/disk_pool.h"

#include <string>

namespace postern::queue {

class GapFile final : public GapKeeper {
 public:
  /// The pool outlives this, see KeptText.
  GapFile(spool::DiskPool& pool, const std::string& spool);

  [[nodiscard]] Kept read() override;
  void keep(std::string gaps, WallTime alive) override;

 private:
  KeptText text_;
};

}  // namespace postern::queue
