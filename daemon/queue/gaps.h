// The gaps: when nothing could be tried because the program did not run or the machine slept, and when the wall clock
// was set, in either direction. The age of a message is the time since its acceptance less these. Pure; times are
// given.
//
// A gap goes from what the clock would have told, had it only run on, to what it told next. So between two gaps lies a
// time in which the program ran and its clock was not set, and such times may overlap: where a time of acceptance fits
// more than one of them the message counts as accepted in the last. All doubt makes messages younger than they are,
// never older: they are kept longer, and no sender is told of a delay that was none.
//
// Before the first gap that is known the clock counts as it stands: a queue that is older than this file is treated as
// if there had been no gap before.
#pragma once

#include "base/clock.h"
#include "base/result.h"

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace postern::queue {

class Gaps {
 public:
  /// A gap that is shorter, in either direction, is none: clocks are corrected by seconds all the time.
  static constexpr Seconds kShortest{60};
  /// So often the program notes that it runs; what it did after the last such note is not known after a crash.
  static constexpr Seconds kHeartbeat{60};
  /// Of more the first is forgotten.
  static constexpr std::size_t kMost = 1000;

  /// The clock would have told `from` and tells `to`. False: that is no gap.
  bool note(WallTime from, WallTime to);

  /// How long a message that was accepted then could have been tried until now. Never negative. Without a gap since:
  /// now - accepted, and 0 if that lies ahead.
  [[nodiscard]] Milliseconds age(WallTime accepted, WallTime now) const;

  [[nodiscard]] std::size_t size() const { return gaps_.size(); }

  /// A text for a file, and back. Failure: corrupt, nothing of it can be trusted.
  [[nodiscard]] std::string text() const;
  [[nodiscard]] static Result<Gaps> parse(std::string_view text);

 private:
  struct Gap {
    WallTime from;
    WallTime to;
  };
  std::deque<Gap> gaps_;  ///< as they came
};

/// Keeps the gaps over the end of the process, and when it was last alive.
class GapKeeper {
 public:
  struct Kept {
    std::string gaps;  ///< Gaps::text(); empty: nothing was kept
    std::optional<WallTime> alive;
  };
  virtual ~GapKeeper() = default;
  /// What the process before left. Blocks; once, at the start. What cannot be read is told in the log and is nothing.
  [[nodiscard]] virtual Kept read() = 0;
  /// Returns at once. Gaps that are new go to stable storage; that we were alive survives us, not a power failure.
  virtual void keep(std::string gaps, WallTime alive) = 0;
};

}  // namespace postern::queue
