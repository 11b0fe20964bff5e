// Whether there is room for another message. The reserve keeps bounces and delivery logs writable when the disk is
// full: kReservedBytes beyond the message, and kReservedInodes. Above it lies the disk's last part, a tenth of the file
// system within bounds. Its first half is for parties that have less than their share of what is queued, the next
// quarter for those that have no more than half of what is left of it, and the end for root alone: whoever fills the
// disk, and be it several one after the other, cannot keep another's alert out. room_for() answers at once from a
// sample of the file system; an intake asks the file system itself before it writes.
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "base/task.h"
#include "queue/short_wait.h"
#include "queue/usage.h"
#include "spool/disk_pool.h"
#include "spool/spool.h"

#include <cstdint>
#include <memory>
#include <optional>

namespace postern::queue {

inline constexpr std::uint64_t kReservedBytes = 32ULL << 20U;
inline constexpr std::uint64_t kReservedInodes = 1000;
inline constexpr Seconds kSampleAge{5};
/// Most messages are smaller: of the disk is told what is left for one of these.
inline constexpr std::uint64_t kOrdinary = 64U << 10U;

/// Who wants room: what the party has and all have, with what is being written. As it is made, root's.
struct Claim {
  std::uint32_t party = 0;
  Usage own{};
  Usage all{};
  std::size_t parties = 0;  ///< how many have anything
};

/// How much of a file system is its last part. At most a quarter of what it has beside the reserve, so that a small one
/// is not all last part; 0 where its size is not known.
struct LastPart {
  static constexpr std::uint64_t kLeastBytes = 16ULL << 20U;
  static constexpr std::uint64_t kMostBytes = 1ULL << 30U;
  static constexpr std::uint64_t kLeastInodes = 1000;
  static constexpr std::uint64_t kMostInodes = 100'000;
  std::uint64_t bytes = 0;
  std::uint64_t inodes = 0;
};
[[nodiscard]] LastPart last_part_of(const spool::Space& space);

/// Whom mail is taken of.
enum class Room { all, below_share, little, root, none };
/// When so many bytes more are written.
[[nodiscard]] Room room_left(const spool::Space& space, std::uint64_t size);
/// It would have no more than a share of what is queued, as if one party more had come; or so little that it does not
/// matter. A file counts for the blocks that it takes.
[[nodiscard]] bool is_below_share(const Claim& claim, std::uint64_t size, const LastPart& last);
/// It would have no more than half of what is left, but for root's part.
[[nodiscard]] bool has_little(const Claim& claim, std::uint64_t size, const spool::Space& space);

/// Pure. Failure: no_space.
Result<void> enough_room(const spool::Space& space, std::uint64_t size, const Claim& claim = {});

class FreeSpace {
 public:
  FreeSpace(Executor loop, spool::Spool& spool, spool::DiskPool& pool, Clock& clock, Milliseconds patience = kShortWait)
      : loop_(std::move(loop)), spool_(spool), pool_(pool), clock_(clock), patience_(patience) {}

  /// Starts a new sample if the last one is old. Without a recent one there is room: an old one may refuse mail that
  /// would fit by now, and the write will tell. Failure: no_space.
  Result<void> room_for(std::uint64_t size, const Claim& claim);
  /// As the last sample tells, however old; nothing: there is none.
  [[nodiscard]] std::optional<spool::Space> last_sample() const { return state_->space; }
  /// Since when samples tell that root's mail alone, or none, is taken; nothing: they do not.
  [[nodiscard]] std::optional<SteadyTime> short_since() const { return state_->short_since; }
  /// A recent sample is there afterwards; false: the disk did not answer within `patience`.
  Task<bool> look();
  /// The next question takes a new sample: a write has just failed.
  void forget_age() { state_->taken.reset(); }
  /// This one's mail was refused by what the file system told just now: the log says so, if a sample confirms it. One
  /// is taken for all who are refused within kSampleAge.
  Task<void> refused(Claim claim);
  /// The disk took nothing more: the log says so once, until there is room again.
  void tell(const Error& why) { tell(*state_, Room::none, why); }

 private:
  struct State {
    std::optional<spool::Space> space;
    std::optional<SteadyTime> taken;
    std::optional<SteadyTime> short_since;
    bool sampling = false;
    std::optional<SteadyTime> confirmed;  ///< the last sample that was taken for a refusal
    Room told = Room::all;                ///< the log has said that so little room is left
  };
  void take_sample(SteadyTime now);
  void tell_of_room(const spool::Space& space);
  static void tell(State& state, Room room, const Error& why);
  static void tell_if_full(State& state, const Claim& claim);
  static Task<void> sample(std::shared_ptr<State> state, spool::Spool& spool, spool::DiskPool& pool, SteadyTime now);

  Executor loop_;
  spool::Spool& spool_;
  spool::DiskPool& pool_;
  Clock& clock_;
  Milliseconds patience_;
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace postern::queue
