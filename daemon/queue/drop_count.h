// How much mail lies in the drop directory and is not yet in the queue: it waits as well.
#pragma once

#include "base/result.h"
#include "base/task.h"
#include "spool/disk_pool.h"

#include <cstddef>
#include <string>

namespace postern::queue {

/// The files in `spool`/drop, whatever they are; 0 where there is no drop directory. Does not disturb a WatchedDropBox.
/// The pool outlives this. Failures: denied, io.
[[nodiscard]] Task<Result<std::size_t>> count_dropped(spool::DiskPool& pool, std::string spool);

}  // namespace postern::queue
