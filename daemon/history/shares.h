// How much of the history each party may have noted, so that nobody's mail pushes that of all others out at once: a
// quarter of what is kept, and as much again over each day; by that a party has days for what would take minutes. Pure.
#pragma once

#include "base/clock.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>

namespace postern::history {

class Shares {
 public:
  static constexpr std::uint64_t kPart = 4;
  static constexpr Seconds kAgain{86'400};
  /// Of a history however small: some hundred records.
  static constexpr std::uint64_t kLeast = 64 * std::uint64_t{1024};
  /// Parties that are counted apart; of many more at once all others are one.
  static constexpr std::size_t kParties = 1000;
  /// So often it is told of a party.
  static constexpr Seconds kTold{3600};

  /// Records of a party that found no room, since that was told the last time.
  struct Untold {
    std::uint64_t number = 0;
    WallTime first{};  ///< when the first of them came
    WallTime last{};
  };
  struct Answer {
    bool taken = false;
    Untold to_tell{};  ///< without a number nothing is to be told now
  };
  /// A record of so many bytes, where so many are `kept` of all. What is of `little` worth has the first half of a
  /// share alone.
  Answer take(std::uint32_t party, std::uint64_t bytes, std::uint64_t kept, bool little, SteadyTime now, WallTime at);
  /// What was left out and is not told yet, by party.
  [[nodiscard]] std::map<std::uint32_t, Untold> untold() const;
  /// It is told now.
  std::map<std::uint32_t, Untold> take_untold(SteadyTime now);
  /// So many bytes that were taken are not kept after all.
  void give_back(std::uint32_t party, std::uint64_t bytes);

 private:
  struct Share {
    double used = 0;
    SteadyTime at{};
    Untold untold{};
    std::optional<SteadyTime> told{};
  };
  Share& share_of(std::uint32_t party, double most, SteadyTime now);

  std::map<std::uint32_t, Share> shares_;
};

}  // namespace postern::history
