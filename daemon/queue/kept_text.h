// A small text on disk that is replaced as a whole, and written off the event loop: the newest one goes to disk, and
// one that a newer one overtakes is not written. The file's time of change (mtime) may be given too; then a text that
// is on disk already is not written again, and its time alone is set, which flushes no disk.
#pragma once

#include "base/clock.h"
#include "spool/disk_pool.h"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

namespace postern::queue {

class KeptText {
 public:
  struct About {
    std::string path;
    std::size_t longest = 0;  ///< bytes that are read
    std::string unread;       ///< the warning where it cannot be read
    std::string unwritten;    ///< where it cannot be written: once until it can be again
  };
  /// The pool outlives this, and runs all that was asked for before it ends.
  KeptText(spool::DiskPool& pool, About about);

  /// Before the first keep(). Nothing: it is not there, or cannot be read.
  [[nodiscard]] std::optional<std::string> read();
  /// mtime; nothing where there is no file.
  [[nodiscard]] std::optional<WallTime> changed_at() const;
  /// While the disk does not answer, one thread of the pool waits for it, however long that takes.
  void keep(std::string text, std::optional<WallTime> changed_at = {});

 private:
  struct State;
  spool::DiskPool& pool_;
  std::shared_ptr<State> state_;  // shared with a job under way
};

}  // namespace postern::queue
