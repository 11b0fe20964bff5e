// Answers to whoever asks what became of messages. On the event loop; the files are read by threads of the disk, a
// bounded step at a time, so that other requests have their turns between.
#pragma once

#include "base/result.h"
#include "base/task.h"
#include "history/endings.h"
#include "history/history.h"
#include "history/left_out.h"
#include "history/query.h"
#include "history/repeats.h"
#include "history/search.h"
#include "history/unread.h"

#include <boost/json/object.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace postern::history {

/// `endings`: what only tells how it came to what is shown is left out, see endings.h.
enum class Detail { endings, all };

/// What is known of one message, oldest first; nothing where it is not known.
struct Story {
  std::vector<boost::json::object> records;
  bool more = false;                 ///< there were more; the newest are here
  bool ended = true;                 ///< as far as they tell (Ended), where there are not more
  std::string unread{};              ///< as of Unread::text()
  std::uint64_t left_out = 0;        ///< records of whoever asks, or of all, that found no room since the message came
  std::optional<WallTime> begins{};  ///< as of Walk::begins(), where the message came before that
};

/// The newest of what was asked for, newest first.
struct Page {
  std::vector<boost::json::object> records;
  std::string unread{};  ///< as of Unread::text()
};

/// Runs a step on a thread of the disk and resumes with what it found.
using Steps = std::function<Task<Result<Search::Found>>(std::function<Result<Search::Found>()> step)>;

/// Those of a search whose asker sees the own mail alone; of nobody: an administrator's.
using StepsOf = std::function<Steps(std::optional<std::uint32_t> owner)>;

/// Called between two steps with what the last one reached. A failure ends the search: nobody waits for it any more.
using Between = std::function<Task<Result<void>>(const std::string& reached)>;

/// One question, answered piece by piece. May outlive the history.
class Walk {
 public:
  /// Records of one step at most: it bounds the memory of an answer.
  static constexpr std::size_t kPiece = 32;

  /// `endings`: nothing where all that fits is shown. `oldest`: what was before that is not.
  Walk(Steps steps, std::shared_ptr<Search> search, std::optional<Endings> endings, std::optional<WallTime> oldest);
  /// What one more step found: maybe nothing, and yet there is more. Failure: io.
  Task<Result<Search::Found>> next();
  /// What could not be read so far.
  [[nodiscard]] const Unread& unread() const { return unread_; }
  /// What may be missing for want of room, as far back as it was looked.
  [[nodiscard]] const LeftOut& left_out() const { return left_out_; }
  /// Since when there can be records; nothing: there is none, or no step was made.
  [[nodiscard]] std::optional<WallTime> begins() const { return begins_; }

 private:
  Steps steps_;
  std::shared_ptr<Search> search_;  ///< shared with a step under way
  Repeats repeats_;
  std::optional<Endings> endings_;
  Unread unread_;
  std::optional<WallTime> oldest_;
  LeftOut left_out_;
  std::optional<WallTime> begins_;
};

/// As whoever asks may know it: the first record may be another user's, and its time is told to the hour, which no
/// record that is there contradicts.
[[nodiscard]] std::optional<WallTime> begins_for(std::optional<std::uint32_t> owner, std::optional<WallTime> begins);

class Answers {
 public:
  /// Records of one story; of a message with more recipients the newest.
  static constexpr std::size_t kStory = 1000;

  /// The history outlives it.
  Answers(const History& history, StepsOf steps) : history_(history), steps_(std::move(steps)) {}
  /// The same for everybody.
  Answers(const History& history, const Steps& steps) : history_(history), steps_([steps](auto) { return steps; }) {}

  /// Failure: not_found (none is kept).
  [[nodiscard]] Result<std::unique_ptr<Walk>> walk(Query query, Detail detail) const;
  /// The newest results (record_json.h), newest first; once there are so many no more is read. Failures: as walk(), io.
  Task<Result<Page>> page(Query query, std::size_t most, Detail detail = Detail::endings) const;
  /// `id`: that of a message, or the beginning of it. `owner`: who asks, and sees the own mail alone; nothing: an
  /// administrator. Failures: as page(); invalid (several messages begin so: the text names them); those of `between`.
  Task<Result<Story>> story(std::string id, std::optional<std::uint32_t> owner, Between between = {}) const;

 private:
  const History& history_;
  StepsOf steps_;
};

}  // namespace postern::history
