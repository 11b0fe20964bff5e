#include "spool/directory_sync.h"

namespace postern::spool {

Result<void> DirectorySync::sync() {
  std::unique_lock lock(mutex_);
  const std::shared_ptr<Round> mine = next_;
  ended_.wait(lock, [&] { return mine->done || !running_; });
  if (!mine->done) {
    // Nobody is syncing: lead. Whoever comes from now on waits for the round after this one.
    running_ = true;
    next_ = std::make_shared<Round>();
    lock.unlock();
    const Result<void> result = disk_.fsync(directory_);
    lock.lock();
    running_ = false;
    mine->done = true;
    if (!result) mine->error = result.error();
    ended_.notify_all();
  }
  if (mine->error) return *mine->error;
  return {};
}

}  // namespace postern::spool
