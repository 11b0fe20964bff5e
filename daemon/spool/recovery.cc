#include "spool/recovery.h"

#include <utility>

namespace postern::spool {

Result<Recovered> recover(Spool& spool) {
  Recovered recovered;
  const auto unfinished = spool.clear_tmp();
  if (!unfinished) return unfinished.error();
  recovered.unfinished = *unfinished;
  auto gathered = spool.resolve_gatherings();
  if (!gathered) return gathered.error();
  recovered.gathered = std::move(*gathered);
  auto queue = spool.list(Area::queue);
  if (!queue) return queue.error();
  recovered.queue = std::move(*queue);
  auto held = spool.list(Area::hold);
  if (!held) return held.error();
  recovered.held = std::move(*held);
  auto failed = spool.list(Area::failed);
  if (!failed) return failed.error();
  recovered.failed = std::move(*failed);
  const auto corrupt = spool.list(Area::corrupt);
  if (!corrupt) return corrupt.error();
  recovered.corrupt = corrupt->size();
  return recovered;
}

}  // namespace postern::spool
