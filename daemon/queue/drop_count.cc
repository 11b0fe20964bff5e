#include "queue/drop_count.h"

#include "spool/drop_directory.h"

#include <utility>

namespace postern::queue {

Task<Result<std::size_t>> count_dropped(spool::DiskPool& pool, std::string spool) {
  auto job = [spool = std::move(spool)] { return spool::DropDirectory(spool).count(); };
  co_return co_await pool.run(spool::Priority::background, std::move(job));
}

}  // namespace postern::queue
