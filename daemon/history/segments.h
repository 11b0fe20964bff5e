// The files of the history: each takes lines until it is full, then a new one is begun, and the oldest go (keeping.h).
// Nothing is synced: a crash of the machine may cost the last lines, and a line that it cut in two is passed over when
// it is read. Within a file no record is much earlier than one that stands before it: where the clock was set back, a
// new one is begun. All calls block: not for the event loop.
#pragma once

#include "base/clock.h"
#include "base/fd.h"
#include "base/result.h"
#include "history/history_options.h"
#include "history/keeping.h"
#include "history/record.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::history {

/// So much earlier than one before it a record may be.
inline constexpr Seconds kSetBack{3600};

/// The files in this directory, oldest first; none where it is not there. Failures: io, denied.
[[nodiscard]] Result<std::vector<std::string>> segment_names(const std::string& directory);

/// The front of a file, long enough for its first line and its first record; what can be read of it.
[[nodiscard]] std::string front_of(int file);
/// The earliest time of the first records of a file that begins so: of several, since that of one may be damaged.
/// Nothing: none of its first lines can be read.
[[nodiscard]] std::optional<WallTime> earliest_time(std::string_view front);
/// The latest one of the last records, likewise.
[[nodiscard]] std::optional<WallTime> latest_time(const LineReader& reader, int file, std::uint64_t size);

/// Writes. One at a time, and from one thread at a time.
class Segments {
 public:
  explicit Segments(std::string directory) : directory_(std::move(directory)) {}

  /// Whole lines, each with its LF. What fails may have been written in part; the next call begins a line of its own.
  /// Of a disk in its last part (queue/free_space.h) nothing is taken: mail needs it, and what is old gives way to it.
  /// Failures: no_space, io, denied.
  Result<void> append(std::string_view lines, const HistoryOptions& options, WallTime now);
  /// What these options do not keep is removed now: without size all of it. `sure`: as of Circumstances. Failures: io,
  /// denied; what can be removed is.
  Result<void> prune(const HistoryOptions& options, WallTime now, bool sure = false);
  /// What became of the last removal, whoever brought it about.
  [[nodiscard]] const Result<void>& pruned() const { return result_; }
  /// So much is kept as a rule, by the options and the disk of the last append().
  [[nodiscard]] std::uint64_t most() const { return most_of_it_ * kParts; }

 private:
  Result<void> make_room(std::uint64_t bytes, const HistoryOptions& options, WallTime now);
  Result<void> remove(const HistoryOptions& options, std::uint64_t wanted, WallTime now, bool sure);
  Result<void> write(std::string_view lines);
  Result<void> open();
  Result<void> begin(std::uint64_t number);
  [[nodiscard]] std::size_t fitting(std::string_view lines, const HistoryOptions& options);
  [[nodiscard]] bool is_there() const;

  std::string directory_;
  UniqueFd file_;
  std::uint64_t number_ = 0;  ///< of file_
  std::uint64_t size_ = 0;
  std::optional<WallTime> first_;  ///< the time of its first record
  WallTime latest_;                ///< of the latest one
  bool torn_ = false;              ///< the file may end inside a line
  std::uint64_t most_of_it_ = 0;
  struct Pruned {
    WallTime at;
    std::uint64_t number = 0;  ///< of the file that was written to
    HistoryOptions options;
  };
  std::optional<Pruned> pruned_;
  Result<void> result_;
};

}  // namespace postern::history
