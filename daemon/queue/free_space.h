// Whether there is room for another message. The reserve keeps bounces and delivery logs writable when the disk is
// full: kReservedBytes beyond the message, and kReservedInodes. room_for() answers at once from a sample of the file
// system; an intake asks the file system itself before it writes.
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "base/task.h"
#include "spool/disk_pool.h"
#include "spool/spool.h"

#include <cstdint>
#include <memory>
#include <optional>

namespace postern::queue {

inline constexpr std::uint64_t kReservedBytes = 32ULL << 20U;
inline constexpr std::uint64_t kReservedInodes = 1000;
inline constexpr Seconds kSampleAge{5};

/// Pure. Failure: no_space.
Result<void> enough_room(const spool::Space& space, std::uint64_t size);

class FreeSpace {
 public:
  FreeSpace(Executor loop, spool::Spool& spool, spool::DiskPool& pool, Clock& clock)
      : loop_(std::move(loop)), spool_(spool), pool_(pool), clock_(clock) {}

  /// Starts a new sample if the last one is old. Without a recent one there is room: an old one may refuse mail that
  /// would fit by now, and the write will tell. Failure: no_space.
  Result<void> room_for(std::uint64_t size);
  /// A recent sample is there afterwards; false: the disk did not answer within a second.
  Task<bool> look();
  /// The next question takes a new sample: a write has just failed.
  void forget_age() { state_->taken.reset(); }

 private:
  struct State {
    std::optional<spool::Space> space;
    std::optional<SteadyTime> taken;
    bool sampling = false;
  };
  void take_sample(SteadyTime now);
  static Task<void> sample(std::shared_ptr<State> state, spool::Spool& spool, spool::DiskPool& pool, SteadyTime now);

  Executor loop_;
  spool::Spool& spool_;
  spool::DiskPool& pool_;
  Clock& clock_;
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace postern::queue
