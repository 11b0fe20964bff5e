// How a settled message leaves the queue: its file goes, or to failed/ if there is a failure that nobody may be told.
#pragma once

#include "base/result.h"
#include "spool/spool.h"

#include <cstddef>
#include <vector>

namespace postern::queue {

struct Ending {
  Result<spool::Area> area;  ///< failed; queue: the file is gone
  bool logged = false;       ///< the verdicts are in the file
};

/// Blocks. `lines` are the verdicts that its log does not have yet, `failed` the indexes of the recipients that were
/// not delivered. `area` has the failures of Spool::remove(), append_log() and move(): the file is still in queue/
/// then.
[[nodiscard]] Ending end_message(spool::Spool& spool, spool::Stored& stored, const std::vector<spool::LogLine>& lines,
                                 const std::vector<std::size_t>& failed);

}  // namespace postern::queue
