#include "history/shares.h"

#include <gtest/gtest.h>

namespace postern::history {
namespace {

constexpr std::uint64_t kKept = 4 * std::uint64_t{1024} * 1024;
constexpr std::uint64_t kBytes = 1024;

/// How many records of so many are taken.
std::size_t taken(Shares& shares, std::uint32_t party, std::size_t number, SteadyTime now, bool little = false,
                  std::uint64_t kept = kKept) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < number; ++i) count += shares.take(party, kBytes, kept, little, now).taken ? 1U : 0U;
  return count;
}

TEST(HistoryShares, AreAQuarterEachAndComeAgainOverADay) {
  constexpr std::size_t kShare = kKept / Shares::kPart / kBytes;
  Shares shares;
  const SteadyTime now{Seconds(1'000'000)};
  EXPECT_EQ(taken(shares, 1000, 3 * kShare, now), kShare);
  EXPECT_EQ(taken(shares, 1001, 3 * kShare, now), kShare) << "another's is apart";
  EXPECT_EQ(taken(shares, 1000, 3 * kShare, now + Shares::kAgain / 4), kShare / 4);
  EXPECT_EQ(taken(shares, 1000, 3 * kShare, now + 10 * Shares::kAgain), kShare) << "and no more for having waited";
}

TEST(HistoryShares, WhatIsOfLittleWorthHasHalf) {
  constexpr std::size_t kShare = kKept / Shares::kPart / kBytes;
  Shares shares;
  const SteadyTime now{Seconds(1'000'000)};
  EXPECT_EQ(taken(shares, 1000, 3 * kShare, now, true), kShare / 2);
  EXPECT_EQ(taken(shares, 1000, 3 * kShare, now), kShare / 2);
}

TEST(HistoryShares, OfAHistoryHoweverSmallThereIsALittle) {
  Shares shares;
  EXPECT_EQ(taken(shares, 1000, 1000, SteadyTime(Seconds(1'000'000)), false, 1), Shares::kLeast / kBytes);
}

TEST(HistoryShares, WhoseRecordsAreLeftOutIsToldAtOnceAndThenOnceAnHour) {
  Shares shares;
  SteadyTime now{Seconds(1'000'000)};
  const auto told = [&](std::size_t number) {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < number; ++i) sum += shares.take(1000, kKept, kKept, false, now).to_tell;
    return sum;
  };
  EXPECT_EQ(told(100), 1U);
  now += Seconds(3599);
  EXPECT_EQ(told(100), 0U);
  now += Seconds(1);
  EXPECT_EQ(told(100), 200U) << "since the last time";
  now += Seconds(60);
  EXPECT_EQ(shares.take_untold(now), (std::map<std::uint32_t, std::uint64_t>{{1000, 99}}));
  EXPECT_TRUE(shares.take_untold(now).empty());
  EXPECT_EQ(told(10), 0U);
  now += Seconds(3600);
  EXPECT_EQ(shares.take(1000, 1, kKept, false, now).to_tell, 10U) << "also by one that is taken";
}

TEST(HistoryShares, WhatIsGivenBackMayBeTakenAgainAndNoMore) {
  Shares shares;
  const SteadyTime now{Seconds(1'000'000)};
  const std::uint64_t share = kKept / Shares::kPart;
  EXPECT_TRUE(shares.take(1000, share, kKept, false, now).taken);
  shares.give_back(1000, share / 2);
  EXPECT_TRUE(shares.take(1000, share / 2, kKept, false, now).taken);
  EXPECT_FALSE(shares.take(1000, 2, kKept, false, now).taken);
  shares.give_back(1000, 10 * share);
  EXPECT_TRUE(shares.take(1000, share, kKept, false, now).taken);
  EXPECT_FALSE(shares.take(1000, 2, kKept, false, now).taken);
  shares.give_back(1001, share);
}

TEST(HistoryShares, OfVeryManyPartiesTheMemoryIsBoundedAndThoseBeyondShareOne) {
  constexpr std::size_t kShare = kKept / Shares::kPart / kBytes;
  Shares shares;
  const SteadyTime now{Seconds(1'000'000)};
  std::size_t all = 0;
  for (std::uint32_t party = 0; party < 2 * Shares::kParties; ++party) {
    all += shares.take(party, kBytes * kShare, kKept, false, now).taken ? 1U : 0U;
  }
  EXPECT_EQ(all, Shares::kParties + 1);
  EXPECT_EQ(taken(shares, 5'000'000, 10, now + 2 * Shares::kAgain), 10U)
      << "those that have theirs again are forgotten";
}

}  // namespace
}  // namespace postern::history
