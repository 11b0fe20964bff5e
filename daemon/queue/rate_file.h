// The rates of the queue on disk: the file `rates` of the spool, small text that is replaced as a whole.
//
//   postern-rates 1
//   day 2026-11-23T17:04:05.123Z 2026-11-23T17:12:00.000Z 12 40 site=smtp.example.com
//
// A part (some 60 to a minute, an hour, a day) with the times of its first and last message, and how many messages and
// recipients it has.
#pragma once

#include "queue/kept_text.h"
#include "queue/rates.h"
#include "spool/disk_pool.h"

#include <string>

namespace postern::queue {

class RateFile final : public RateKeeper {
 public:
  /// The pool outlives this, see KeptText.
  RateFile(spool::DiskPool& pool, const std::string& spool);

  [[nodiscard]] std::string read() override;
  void keep(std::string text) override;

 private:
  KeptText text_;
};

}  // namespace postern::queue
