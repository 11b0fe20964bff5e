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
// A message counts when its attempt begins, so that several at once are within the limits together. By a limit per
// minute one that has more recipients than that goes when nothing else counts.
//
// A message that does not fit is overtaken by smaller ones, but not for ever. By a limit per minute: after a minute it
// is the next, and others wait until it went. By one per hour or day the others, alarms among them, go on, if more
// slowly: once it has waited for the time of its limit they leave room for it, little by little over that time again,
// until what it needs is left, but a quarter of the limit is theirs, beside what messages to more than that had. So one
// with more recipients than the other three quarters goes in parts, each of half the limit at least, and leaves that
// quarter, too. Of several such messages one has its turn after the other.
#pragma once

#include "base/clock.h"
#include "base/ids.h"
#include "mail/envelope.h"
#include "queue/queue_options.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::queue {

using RateLimits = std::vector<RateLimit>;

class Rate {
 public:
  /// Of a message to `whole` recipients, which this party sent, so many wait.
  struct Load {
    // NOLINTNEXTLINE(google-explicit-constructor,hicpp-explicit-conversions): a number of recipients is one
    Load(std::size_t waiting) : Load(waiting, waiting) {}
    Load(std::size_t waiting, std::size_t of, std::uint32_t sent_by = mail::kNoUid)
        : recipients(waiting), whole(of), party(sent_by) {}
    std::size_t recipients;
    std::size_t whole;
    std::uint32_t party;
  };
  /// What a message waits for.
  struct Wait {
    RateLimit limit;
    WallTime until;          ///< always after now
    bool first = false;      ///< its turn has come: no other goes before it
    bool overtaken = false;  ///< by a limit per hour or day, though others may go
  };
  static constexpr std::int64_t kParts = 60;
  static constexpr std::size_t kMostParts = kParts + 2;  ///< one is begun, one not quite past
  /// Of more messages that were overtaken it is not known since when; the parties share these places.
  static constexpr std::size_t kMostOvertaken = 64;
  /// One whose turn has come and that is not there (deleted, say) is waited for so long.
  static constexpr Seconds kTurn{60};
  /// Likewise room is left for so long while others are asked for and that one is not.
  static constexpr Seconds kRoom{1800};

  /// When such a message, or the first part of it, may go; nothing: now.
  [[nodiscard]] std::optional<Wait> wait(const RateLimits& limits, const Load& load, WallTime now) const;
  /// The same for the smallest message. Nothing goes before that time.
  [[nodiscard]] std::optional<Wait> closed(const RateLimits& limits, WallTime now) const;

  /// How many of its recipients go if take() lets it go.
  [[nodiscard]] std::size_t part(const RateLimits& limits, const QueueId& id, const Load& load, WallTime now) const;
  /// That part of this message goes now and counts, or waits.
  std::optional<Wait> take(const RateLimits& limits, const QueueId& id, const Load& load, WallTime now);
  /// Messages that are gone are in no one's way.
  void forget(const std::function<bool(const QueueId&)>& is_gone);
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
    std::uint64_t of_large = 0;  ///< of these, of messages to more than a quarter of the limit; not kept
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

  /// A message that was overtaken.
  struct Overtaken {
    WallTime since;
    std::uint32_t party = mail::kNoUid;
  };
  using AllOvertaken = std::map<QueueId, Overtaken>;  ///< at most kMostOvertaken

  void advance(WallTime now);
  /// What these limits are to such a message; null: its turn is no matter.
  [[nodiscard]] RateLimits limits_for(const RateLimits& limits, const QueueId* id, const Load& load,
                                      WallTime now) const;
  /// The wait of so many recipients within `own`, told as the limits were set.
  [[nodiscard]] std::optional<Wait> wait_within(const RateLimits& own, const RateLimits& limits, std::size_t recipients,
                                                WallTime now) const;
  /// So much counts by this limit; or of it alone what messages to many were.
  [[nodiscard]] std::uint64_t used(const RateLimit& limit, WallTime now, bool of_large = false) const;
  /// What these are to such a message, if it leaves room.
  [[nodiscard]] RateLimits left_to_others(const RateLimits& limits, const Load& load, WallTime now) const;
  /// It waits by a limit per hour or day: it may be given room.
  void wait_for_room(const QueueId& id, const RateLimit& limit, std::uint64_t amount, std::uint32_t party,
                     WallTime now);
  void forget_room_of_the_gone(WallTime now);
  [[nodiscard]] static Milliseconds set_back(const Parts& parts, WallTime now);
  [[nodiscard]] static std::optional<WallTime> fits_at(const Parts& parts, const RateLimit& limit, std::uint64_t more,
                                                       WallTime now);

  std::array<Parts, 3> counted_;              ///< by RateLimit::Per
  std::array<Milliseconds, 3> moved_back_{};  ///< likewise: by how much, while any of it is there
  AllOvertaken overtaken_;                    ///< by a limit per minute
  std::optional<Turn> turn_;
  AllOvertaken patient_;  ///< by one per hour or day
  std::optional<Room> room_;
};

/// "500 recipients/day".
[[nodiscard]] std::string to_text(const RateLimit& limit);
/// "waits for the hourly limit"; for people.
[[nodiscard]] std::string wait_words(const RateLimit& limit);

}  // namespace postern::queue
