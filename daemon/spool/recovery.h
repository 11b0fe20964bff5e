// What is left to do when the daemon starts on a spool, after a clean end or a crash.
//
//   tmp/*                                 never acknowledged: deleted
//   gather/d                              a crash while d took the place of others: they go if d is whole, else stay
//   queue/x                               a message; its next attempt is the mtime. Not opened here:
//   queue/x shorter than it says          crash between rename and sync, never acknowledged: found at first
//   queue/x not understood or damaged       reading and moved to corrupt/ by the queue
//   queue/x of a newer format             held in place by the queue
//   log tail without LF                   crash in an append: ignored, cut off by the next append
//   every recipient settled in the log    crash before the unlink: finished at first reading
#pragma once

#include "base/result.h"
#include "spool/spool.h"

#include <cstddef>
#include <vector>

namespace postern::spool {

struct Recovered {
  std::vector<Found> queue;
  std::vector<Found> held;
  std::vector<Found> failed;
  std::vector<Gathering> gathered;  ///< whose originals are removed
  std::size_t unfinished = 0;       ///< receptions deleted from tmp/
  std::size_t corrupt = 0;
};

/// Blocks for as long as readdir and stat take. Failure: io (the queue cannot be listed).
Result<Recovered> recover(Spool& spool);

}  // namespace postern::spool
