// What became of mail in the last day, by quarters of an hour, and how long it took: for a picture. In memory, of one
// size whatever happens; it begins with the daemon. Pure.
//
// By the wall clock, as whoever looks at the picture reads it. Where that is set back, what was counted under the later
// time is not shown until the clock comes there again.
#pragma once

#include "base/clock.h"
#include "mail/status.h"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace postern::metrics {

/// Times from acceptance to delivery, of which a share can be told to within a fifth.
class Delays {
 public:
  void add(Milliseconds delay);
  void add(const Delays& others);
  /// So long or less took this share (more than 0, at most 1) of them; never more than the slowest. Nothing: none were
  /// added.
  [[nodiscard]] std::optional<Milliseconds> within(double share) const;
  [[nodiscard]] std::optional<Milliseconds> slowest() const;

 private:
  /// Bounds are 10 ms and each larger than the one before by the root of 2, up to two weeks; the last one has none.
  static constexpr std::size_t kBuckets = 62;
  std::array<std::uint32_t, kBuckets> counts_{};
  std::uint64_t all_ = 0;
  Milliseconds slowest_{0};
};

/// Recipients, not messages; of `deferred` attempts.
struct Counts {
  std::uint64_t delivered = 0;
  std::uint64_t deferred = 0;
  std::uint64_t failed = 0;
  Delays delays{};  ///< of the delivered

  void add(const Counts& others);
  [[nodiscard]] bool none() const { return delivered == 0 && deferred == 0 && failed == 0; }
};

class Activity {
 public:
  static constexpr std::chrono::minutes kPeriod{15};
  static constexpr std::size_t kPeriods = 96;

  /// `waited`: since the acceptance.
  void count(mail::Verdict verdict, Milliseconds waited, WallTime now);

  struct Period {
    WallTime begin;
    Counts counts;
  };
  /// Always kPeriods of them, the oldest first; the last one has just begun or is under way.
  [[nodiscard]] std::vector<Period> day(WallTime now) const;

 private:
  struct Kept {
    std::int64_t number = -1;  ///< of the quarter, since 1970
    Counts counts;
  };
  std::array<Kept, kPeriods> kept_{};
};

}  // namespace postern::metrics
