// Which messages wait for others like them. Of messages that are alike so many go within a window as they come; those
// beyond wait for its end and then are one batch, for one digest. While more than that come within a window the storm
// goes on: in the next one all of them wait, and are the next batch. When fewer came it is over, and the next message
// begins anew. Memory only; the files say what waits. Pure: time is given.
#pragma once

#include "base/clock.h"
#include "base/ids.h"
#include "queue/queue_options.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace postern::queue {

/// A digest is of so many messages; more of them do not wait for the end of the window. Suspects has room for them.
inline constexpr std::size_t kMostInDigest = 150;
/// So many kinds of messages are counted at once, shared among the parties; what is of more kinds goes as it comes.
inline constexpr std::size_t kMostStorms = 4096;
/// Nothing waits longer, whatever a file says.
inline constexpr Milliseconds kLongestStorm = Seconds(24 * 3600);

class Storms {
 public:
  /// One more message like those of this likeness: until when it waits; nothing: it goes.
  [[nodiscard]] std::optional<WallTime> take(const std::string& likeness, const QueueId& id, std::uint32_t party,
                                             const StormRule& rule, WallTime now);
  /// It was found waiting at a start, until then: those that are alike go with it, and none of them later.
  void resume(const std::string& likeness, const QueueId& id, std::uint32_t party, WallTime until, WallTime now);
  /// It waits no more.
  void forget(const QueueId& id);
  [[nodiscard]] bool waits(const QueueId& id) const { return waiting_.contains(id); }

  /// When the next batch is; nothing: nothing waits. It may be past.
  [[nodiscard]] std::optional<WallTime> due() const;
  /// The messages of a batch whose time has come, in order of their acceptance; they wait no more. None: there is none.
  [[nodiscard]] std::vector<QueueId> next(WallTime now);
  /// Nothing more is gathered: what waits has waited long enough.
  void end_all(WallTime now);
  /// The wall clock was set back: no window ends further ahead than it is long. What waits for another time now.
  std::vector<std::pair<QueueId, WallTime>> clock_set(WallTime now);

 private:
  struct Window {
    std::uint32_t party = 0;
    Milliseconds length{0};  ///< 0: not known since the start
    unsigned after = 0;
    WallTime end;
    std::size_t count = 0;  ///< messages that came in it
    bool goes_on = false;   ///< the window before had too many
    std::set<QueueId> ids;  ///< that wait
  };
  using Windows = std::map<std::string, Window>;

  /// The end of them all: there is no place.
  Windows::iterator open(const std::string& likeness, std::uint32_t party, WallTime end);
  void set_end(Windows::iterator window, WallTime end);
  void close(Windows::iterator window);
  /// Those that are over without anybody waiting.
  void close_past(WallTime now);

  Windows windows_;
  std::set<std::pair<WallTime, std::string>> ends_;  ///< of windows in which some wait
  std::set<std::pair<WallTime, std::string>> idle_;  ///< of the others
  std::map<QueueId, std::string> waiting_;           ///< to their windows
};

}  // namespace postern::queue
