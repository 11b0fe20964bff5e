// The threads of the disk as rooms want them that do not know the spool.
#pragma once

#include "relay/memory_file.h"
#include "spool/disk_pool.h"
#include "submission/submission_record_file.h"

namespace postern::app {

/// A submission waits for its claim as for its commit. The pool outlives what uses it.
[[nodiscard]] submission::SubmissionRecordFile::Threads record_threads(spool::DiskPool& pool);

/// What is not worth a wait; once the pool has ended it is dropped.
[[nodiscard]] relay::MemoryFile::Background in_background(const spool::DiskPool& pool);

}  // namespace postern::app
