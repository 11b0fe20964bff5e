// The rates of the queue on disk: the file `rates` of the spool, small text that is replaced as a whole.
//
//   postern-rates 1
//   day 2026-11-23T17:04:05.123Z 2026-11-23T17:12:00.000Z 12 40 site=smtp.example.com
//
// A part (some 60 to a minute, an hour, a day) with the times of its first and last message, and how many messages and
// recipients it has.
#pragma once

#include "queue/rates.h"
#include "spool/disk_pool.h"

#include <memory>
#include <string>

namespace postern::queue {

class RateFile final : public RateKeeper {
 public:
  /// The pool outlives this, and runs all that was asked for before it ends.
  RateFile(spool::DiskPool& pool, const std::string& spool);

  [[nodiscard]] std::string read() override;
  /// While the disk does not answer, one thread of the pool waits for it, however long that takes.
  void keep(std::string text) override;

 private:
  struct State;
  spool::DiskPool& pool_;
  std::shared_ptr<State> state_;  // shared with a job under way
};

}  // namespace postern::queue
