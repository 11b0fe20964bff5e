// The rate of a smarthost: how much it was given lately, and whether one more message is within its limits. Pure; the
// time is given, by the wall clock, since what is counted outlives the program.
//
// Counted for the last minute, hour and day, in some sixty parts each, whatever is limited now, so that another limit
// holds for what went before it, too. A part counts until the last message in it is past: never too much in any time,
// and one may wait some 24 minutes of a day longer than it must. A part begins with a message, not by the clock: many
// hosts with one limit would send at the same second. Where the clock is set back, what was counted counts as if it
// had been now: nothing is forgotten, and nothing waits for longer than the time of its limit. A machine without a
// battery clock starts in the past and jumps to its time later: by as much as what was counted was moved back it is
// then moved on.
//
// A message counts when its attempt begins, so that several at once are within the limits together. One that has more
// recipients than a limit has goes when nothing else counts.
//
// A message that does not fit is overtaken by smaller ones, but not for ever. By a limit per minute: after a minute it
// is the next, and others wait until it went. By one per hour or day the others, alarms among them, go on, if more
// slowly: once it has waited for the time of its limit they leave room for it, little by little over that time again,
// until what it needs is left, but a quarter of the limit is theirs. For one that needs more than three quarters they
// leave that quarter, too, little by little over half the time again: nothing waits for ever. Of several such messages
// one has its turn after the other.
#pragma once

#include "base/clock.h"
#include "base/ids.h"
#include "queue/queue_options.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::queue {

using RateLimits = std::vector<RateLimit>;

class Rate {
 public:
  /// What a message waits for.
  struct Wait {
    RateLimit limit;
    WallTime until;      ///< always after now
    bool first = false;  ///< its turn has come: no other goes before it
    /// By a limit per hour or day, though others may go: since when, as far as is known.
    std::optional<WallTime> overtaken{};
  };
  static constexpr std::int64_t kParts = 60;
  static constexpr std::size_t kMostParts = kParts + 2;  ///< one is begun, one not quite past
  /// Of more messages that were overtaken it is not known since when.
  static constexpr std::size_t kMostOvertaken = 64;
  /// One whose turn has come and that is not there (deleted, say) is waited for so long.
  static constexpr Seconds kTurn{60};
  /// Likewise room is left for so long while others are asked for and that one is not.
  static constexpr Seconds kRoom{1800};

  /// When a message to so many recipients may go; nothing: now.
  [[nodiscard]] std::optional<Wait> wait(const RateLimits& limits, std::size_t recipients, WallTime now) const;
  /// The same for the smallest message. Nothing goes before that time.
  [[nodiscard]] std::optional<Wait> closed(const RateLimits& limits, WallTime now) const;

  /// This message goes now and counts, or waits.
  std::optional<Wait> take(const RateLimits& limits, const QueueId& id, std::size_t recipients, WallTime now);
  /// So much goes beside what was taken, and counts whatever the limits are.
  void count(std::size_t messages, std::size_t recipients, WallTime now);
  /// The clock jumped ahead by so much while we ran. True: that moved what was counted.
  bool clock_jumped(Milliseconds jump);
  /// So much of what was taken was not offered to the server after all.
  void give_back(std::size_t messages, std::size_t recipients);
  /// The limits are others: what was overtaken because of the old ones begins anew.
  void forget_turns();

  /// Nothing counts any more.
  [[nodiscard]] bool empty(WallTime now) const;
  /// Lines for a file, each of which ends in `tail`; and one of them back, without it. False: it is no such line.
  [[nodiscard]] std::string lines(std::string_view tail) const;
  bool add_line(std::string_view line);

 private:
  struct Part {
    WallTime begin;  ///< of its first message ...
    WallTime end;    ///< ... and of its last
    std::uint64_t messages = 0;
    std::uint64_t recipients = 0;
    [[nodiscard]] std::uint64_t of(RateLimit::Of what) const;
  };
  using Parts = std::deque<Part>;  ///< oldest first; at most kMostParts
  struct Turn {
    QueueId id;
    WallTime opens;
    RateLimit limit;
  };

  /// What the others leave, since when, for a message that waits by a limit per hour or day.
  struct Room {
    QueueId id;
    RateLimit limit;
    std::uint64_t amount = 0;
    WallTime since;
    WallTime seen;                     ///< when it was asked for last
    std::optional<WallTime> missed{};  ///< others are, since then, and it is not
  };

  void advance(WallTime now);
  /// As wait(), for one that leaves room.
  [[nodiscard]] std::optional<Wait> wait_of_others(const RateLimits& limits, std::size_t recipients,
                                                   WallTime now) const;
  /// What these are to whoever leaves room.
  [[nodiscard]] RateLimits left_to_others(const RateLimits& limits, WallTime now) const;
  /// It waits by a limit per hour or day: it may be given room.
  void wait_for_room(const QueueId& id, const RateLimit& limit, std::uint64_t amount, WallTime now);
  void forget_room_of_the_gone(WallTime now);
  [[nodiscard]] static Milliseconds set_back(const Parts& parts, WallTime now);
  [[nodiscard]] static std::optional<WallTime> fits_at(const Parts& parts, const RateLimit& limit, std::uint64_t more,
                                                       WallTime now);

  std::array<Parts, 3> counted_;              ///< by RateLimit::Per
  std::array<Milliseconds, 3> moved_back_{};  ///< likewise: by how much, while any of it is there
  std::map<QueueId, WallTime> overtaken_;
  std::optional<Turn> turn_;
  std::map<QueueId, WallTime> patient_;  ///< likewise overtaken, by a limit per hour or day; at most kMostOvertaken
  std::optional<Room> room_;
};

/// "500 recipients/day".
[[nodiscard]] std::string to_text(const RateLimit& limit);
/// "waits for the hourly limit"; for people.
[[nodiscard]] std::string wait_words(const RateLimit& limit);

}  // namespace postern::queue
