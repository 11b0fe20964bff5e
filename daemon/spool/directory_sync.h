// One fsync of a directory for all who wait for it at that moment (group commit). A sync that began before a
// caller came does not count for it: its rename may have missed it.
#pragma once

#include "base/result.h"
#include "spool/disk.h"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>

namespace postern::spool {

class DirectorySync {
 public:
  DirectorySync(Disk& disk, int directory) : disk_(disk), directory_(directory) {}

  /// Every name change made before the call is durable when this returns well. Blocks. A failure is told to
  /// everyone who waited for that one sync, and is never retried.
  Result<void> sync();

 private:
  struct Round {
    bool done = false;
    std::optional<Error> error;
  };

  Disk& disk_;
  int directory_;
  std::mutex mutex_;
  std::condition_variable ended_;
  bool running_ = false;
  std::shared_ptr<Round> next_ = std::make_shared<Round>();
};

}  // namespace postern::spool
