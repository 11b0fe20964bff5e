// Whose turn it is among those whose mail waits in one lane. Who has the fewest messages read ahead goes first, then
// who had an attempt the longest ago: so with n of them, each has every n-th attempt, whoever sends how much, and one
// that comes new is next. Alarms are no party's and go before all. Pure; each change costs the logarithm of their
// number.
#pragma once

#include "base/clock.h"

#include <boost/unordered/unordered_flat_map.hpp>

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <utility>

namespace postern::queue {

/// A party, by its number, or the alarms together.
using Turn = std::uint64_t;
inline constexpr Turn kAlarmsTurn = Turn{1} << 32U;

class Turns {
 public:
  /// Of so many it is remembered when they had their last attempt, though nothing of theirs waits.
  static constexpr std::size_t kMostIdle = 1000;

  /// The first of its messages that wait is due then; nothing: none waits.
  void set_first(Turn who, std::optional<WallTime> due);
  /// One of its messages is taken, and read ahead ...
  void taken(Turn who);
  /// ... until it waits again, or went another way,
  void returned(Turn who);
  /// or is tried.
  void tried(Turn who);
  /// It is next, before all others, until one of its messages is tried.
  void prefer(Turn who);

  /// Of those that have a message that is due, the next one.
  [[nodiscard]] std::optional<Turn> next(WallTime now);
  /// When the first message is due that waits, or a time that is past for next(); nothing: none waits.
  [[nodiscard]] std::optional<WallTime> earliest() const;

  /// The smaller one goes first.
  struct Rank {
    std::int64_t ahead = 0;  ///< messages of it that go before; -1: an alarm; -2: it is preferred
    std::uint64_t last = 0;  ///< counts attempts; 0: it had none
    friend auto operator<=>(const Rank&, const Rank&) = default;
  };
  /// Of the next of its messages that is taken; or of the last of those that were (`taken`; there is one).
  [[nodiscard]] Rank rank_of_next(Turn who) const { return rank(who, 0); }
  [[nodiscard]] Rank rank_of_last_taken(Turn who) const { return rank(who, 1); }

 private:
  struct Place {
    WallTime due;
    std::uint64_t last = 0;
    std::int64_t ahead = 0;
    bool waits = false;
    bool ready = false;  ///< it is due, and in ready_
    bool preferred = false;
  };
  [[nodiscard]] Rank rank(Turn who, std::int64_t less) const;
  [[nodiscard]] static Rank rank(Turn who, const Place& place) {
    if (place.preferred) return {-2, 0};
    return who == kAlarmsTurn ? Rank{-1, 0} : Rank{place.ahead, place.last};
  }
  void take_out(Turn who, Place& place);
  void put_in(Turn who, Place& place);
  template <typename Change>
  void change(Turn who, Change change);

  boost::unordered_flat_map<Turn, Place> places_;
  using Later = std::set<std::pair<WallTime, Turn>>;
  using Ready = std::set<std::pair<Rank, Turn>>;
  Later later_;  ///< by when they are due
  Ready ready_;
  Ready::node_type spare_;             ///< what was taken out last is mostly put in next: that costs no memory
  WallTime looked_ = WallTime::min();  ///< what is due by then is ready
  std::uint64_t attempts_ = 0;
};

}  // namespace postern::queue
