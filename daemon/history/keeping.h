// Which files of the history go: the oldest, where the newer ones have all the room, where mail needs what they take,
// or where their days are over. A clock that is ahead for a moment makes nothing old. Pure.
#pragma once

#include "base/clock.h"
#include "history/history_options.h"
#include "queue/free_space.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace postern::history {

/// A file has such a part of what is kept, and takes the records of such a part of the time: that much is lost at once
/// when the oldest goes.
inline constexpr std::uint64_t kParts = 16;
inline constexpr std::uint64_t kSmallestSegment = 64 * std::uint64_t{1024};
/// The history has at most such a part of its file system.
inline constexpr std::uint64_t kPartOfDisk = 16;
/// Where mail lacks room such a part of that stays all the same: whoever fills the disk does not remove it. Where the
/// rest would not be enough, all stays.
inline constexpr std::uint64_t kPartThatStays = 4;
/// A clock that is set back and forth begins a file each time.
inline constexpr std::size_t kMostSegments = 1000;
inline constexpr Seconds kDay{86'400};

/// What is known of a file.
struct Segment {
  std::uint64_t number = 0;
  std::uint64_t bytes = 0;
  WallTime first = WallTime::max();  ///< of its first record; none: max()
  WallTime last;                     ///< of its last one; none: when it was changed
};

struct Circumstances {
  HistoryOptions options;
  spool::Space space{};       ///< of the disk; without total bytes it is not known
  std::uint64_t wanted = 0;   ///< bytes that are to be written
  std::uint64_t written = 0;  ///< the number of the file that is written to, which stays; 0: none
  WallTime now;
  bool sure = false;  ///< that much time has passed before the eyes of this program; a single look may be wrong
};

/// Bytes of all files; of one, beyond which another is begun.
[[nodiscard]] std::uint64_t most_kept(const HistoryOptions& options, const spool::Space& space);
[[nodiscard]] std::uint64_t most_of_segment(const HistoryOptions& options, const spool::Space& space);

/// Their numbers, in the order in which they are to go; `segments` in that of theirs, the oldest first. Of what is old
/// a record of another day tells, where the clock alone is not sure: it goes when there is one that is younger by those
/// days.
[[nodiscard]] std::vector<std::uint64_t> what_goes(const std::vector<Segment>& segments,
                                                   const Circumstances& circumstances);

}  // namespace postern::history
