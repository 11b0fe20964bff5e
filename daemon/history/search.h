// A walk through the history, newest records first, in steps that read a bounded number of bytes each: whoever asks for
// what is long ago keeps no thread of the disk for long. What is written meanwhile is not found, what is removed
// meanwhile is passed over. All calls block: not for the event loop.
#pragma once

#include "base/fd.h"
#include "base/result.h"
#include "history/lines_backwards.h"
#include "history/query.h"
#include "history/record.h"

#include <sys/stat.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace postern::history {

class Search {
 public:
  /// A step ends after so many bytes, with or without records: some milliseconds.
  static constexpr std::uint64_t kStep = 4 * std::uint64_t{1024} * 1024;
  /// What looking into a file costs beside the reading of its lines.
  static constexpr std::uint64_t kFile = 64 * std::uint64_t{1024};
  /// In a file records stand in the order of their times but for less than this (segments.h): what is further away from
  /// the times that are asked for ends it, or lets it be passed over.
  static constexpr Seconds kClock{86'400};
  /// So far from one record to the next no file goes (segments.h, and no days beyond 3650): one of the two times is
  /// damaged.
  static constexpr Seconds kLeap{std::chrono::days(1000)};
  /// So many records one after the other that are too early end a file which begins too early as well.
  static constexpr int kInARow = 8;

  /// `before` is called once, before the first step looks what there is. `unmarked`: marks that stand in no file yet.
  Search(std::string directory, Query query, std::function<void()> before = {}, std::vector<Record> unmarked = {});

  struct Found {
    std::vector<Record> records;  ///< newest first
    bool ended = false;           ///< there are no more
    /// The time of the last one that was looked at and may be seen, as in a record; empty: of none.
    std::string reached{};
    /// Files that were passed over, in whole or from where they cannot be read, or with records of which the times are
    /// damaged: each with the reason. What was last written to before the times that are asked for is none of them, nor
    /// one that a crash left without a record.
    std::vector<std::string> unread{};
    std::vector<Record> left_out{};    ///< marks: what is asked for may be among what they tell of
    std::optional<WallTime> begins{};  ///< told in the first step: of the first record that there is
  };
  /// At most so many. Failure: io (it cannot be known which files there are).
  [[nodiscard]] Result<Found> next(std::size_t most);

 private:
  struct Neighbour {
    std::optional<WallTime> at{};
    bool meant = false;  ///< it fits but for its time
  };
  struct Open {
    std::string path;
    UniqueFd file;
    LineReader reader;
    LinesBackwards lines;
    bool begins_too_early = false;
    int too_early = 0;   ///< the last ones that were read
    Neighbour behind{};  ///< of those that may be seen, the last one that was read
    bool told = false;   ///< that a time is damaged
  };
  [[nodiscard]] bool is_far(const LineReader& reader, int file, std::uint64_t size) const;
  [[nodiscard]] bool is_old(const struct stat& about) const;
  [[nodiscard]] std::optional<std::string> open_next();
  /// `at`: its time; nothing: that is damaged.
  void look_at(const View& view, std::optional<WallTime> at, Found& found);
  [[nodiscard]] bool all_before_is_too_early(std::optional<WallTime> at);
  [[nodiscard]] std::optional<WallTime> files_since() const;
  [[nodiscard]] std::optional<WallTime> begins() const;

  std::string directory_;
  Matcher matcher_;
  std::function<void()> before_;
  std::vector<Record> unmarked_;
  std::optional<std::vector<std::string>> names_;  ///< what was not yet opened, the newest at the end
  std::optional<Open> open_;
};

}  // namespace postern::history
