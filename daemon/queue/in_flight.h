// The memory of Suspects, kept over a crash in the file `in-flight` of the spool (0600; queue ids, no mail). It
// is read at the start and written at the start, at an orderly end, and by a handler of the signals that a fault of the
// program raises: SIGSEGV, SIGBUS, SIGFPE, SIGILL and SIGABRT. A SIGABRT from another process, such as the service
// manager's watchdog when the event loop hangs, counts as little as a kill. After the handler the signal does what it
// would have done.
//
// Not a mapped file: writing to its pages could raise SIGBUS where the spool's disk is full or became read-only, and
// the mail must go on then.
#pragma once

#include "base/fd.h"
#include "queue/suspects.h"

#include <array>
#include <span>
#include <string>

namespace postern::queue {

/// One in a process at a time. Blocks; for the start and the end.
class InFlight {
 public:
  /// What cannot be read or written is told in the log, and nothing survives then.
  explicit InFlight(const std::string& spool);
  ~InFlight();
  InFlight(const InFlight&) = delete;
  InFlight& operator=(const InFlight&) = delete;

  [[nodiscard]] std::span<char> memory() { return memory_; }
  void save();

 private:
  std::string path_;
  UniqueFd file_;
  std::array<char, Suspects::kMemory> memory_{};
};

}  // namespace postern::queue
