// What the submission memory keeps over a restart: the file `submissions` of the spool, written by the threads of the
// disk.
#pragma once

#include "spool/disk_pool.h"
#include "spool/line_file.h"
#include "submission/submission_memory.h"

#include <atomic>
#include <memory>
#include <string>

namespace postern::app {

class JournalFile final : public submission::SubmissionJournal {
 public:
  /// The pool outlives this.
  JournalFile(spool::DiskPool& pool, const std::string& spool);

  /// What earlier lives wrote; blocking, for the start. A file that cannot be read is told in the log.
  [[nodiscard]] std::string read() const;

  Task<void> write(std::string line, Against against) override;
  void post(std::string line) override;

 private:
  struct State;
  spool::DiskPool& pool_;
  std::shared_ptr<State> state_;  // shared with jobs under way
};

}  // namespace postern::app
