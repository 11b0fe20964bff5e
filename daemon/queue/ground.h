// What the parts of the queue stand on. All of it outlives them.
#pragma once

#include "base/clock.h"
#include "base/task.h"
#include "spool/disk_pool.h"
#include "spool/spool.h"

namespace postern::queue {

struct Ground {
  Executor loop;
  spool::Spool& spool;
  spool::DiskPool& pool;
  Clock& clock;
};

}  // namespace postern::queue
