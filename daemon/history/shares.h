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

  struct Answer {
    bool taken = false;
    std::uint64_t to_tell = 0;  ///< so many records of the party were left out since the last time, to be told now
  };
  /// A record of so many bytes, where so many are `kept` of all. What is of `little` worth has the first half of a
  /// share alone.
  Answer take(std::uint32_t party, std::uint64_t bytes, std::uint64_t kept, bool little, SteadyTime now);
  /// What was left out and is not told yet, by party: it is told now.
  std::map<std::uint32_t, std::uint64_t> take_untold(SteadyTime now);
  /// So many bytes that were taken are not kept after all.
  void give_back(std::uint32_t party, std::uint64_t bytes);

 private:
  struct Share {
    double used = 0;
    SteadyTime at{};
    std::uint64_t untold = 0;  ///< left out since `told`
    std::optional<SteadyTime> told{};
  };
  Share& share_of(std::uint32_t party, double most, SteadyTime now);

  std::map<std::uint32_t, Share> shares_;
};

}  // namespace postern::history
