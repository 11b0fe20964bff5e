// The submission record: what the submission memory keeps over a restart, in a file of lines.
#pragma once

#include "base/clock.h"
#include "base/ids.h"
#include "base/line_file.h"
#include "base/task.h"
#include "submission/submission_memory.h"

#include <functional>
#include <memory>
#include <string>

namespace postern::submission {

class SubmissionRecordFile final : public SubmissionRecord {
 public:
  /// Where jobs that block run: never on the event loop, one after another or not.
  struct Threads {
    std::function<Task<void>(std::function<void()> job)> run;  ///< ends when the job has; an answer waits for it
    std::function<void(std::function<void()> job)> post;       ///< nobody waits
  };
  /// Whether the message is whole in the spool.
  using IsStored = std::function<Task<bool>(QueueId id)>;

  SubmissionRecordFile(std::string path, Threads threads);

  /// Gives the memory what earlier lives wrote, and settles the claims that have no end. Before anybody is served:
  /// whoever asks about a submission of the daemon before us is to hear what became of it. And before anything is
  /// delivered: a message that has left the spool is known no more. A file that cannot be read is told in the log.
  Task<void> restore(SubmissionMemory& memory, SteadyTime now, IsStored is_stored) const;

  Task<void> write(std::string line, Against against) override;
  void post(std::string line) override;

 private:
  struct State;
  Threads threads_;
  std::shared_ptr<State> state_;  // shared with jobs under way
};

}  // namespace postern::submission
