// Looks for what lies in the drop directory, for whoever asks how the mail is.
#pragma once

#include "base/result.h"
#include "base/task.h"
#include "queue/drop_state.h"
#include "queue/short_wait.h"
#include "spool/disk_pool.h"

#include <memory>
#include <string>

namespace postern::queue {

class DropSurvey {
 public:
  /// `spool` is the spool's directory. The pool outlives this.
  DropSurvey(spool::DiskPool& pool, const std::string& spool, Milliseconds patience = kShortWait);

  /// Nothing waits where there is no drop directory. A directory with very many files is not read anew for everybody
  /// who asks: what was found holds for kRest times as long as it took to find, and whoever asks while it is being
  /// read has what is found then, so that no number of them holds more than one thread. Failures: denied, io, timeout
  /// (a disk that hangs).
  Task<Result<DropState>> look();

  static constexpr int kRest = 10;

 private:
  struct State;
  static Result<DropState> survey(const State& state);
  static Task<void> search(std::shared_ptr<State> state, spool::DiskPool& pool);

  spool::DiskPool& pool_;
  Milliseconds patience_;
  std::shared_ptr<State> state_;
};

}  // namespace postern::queue
