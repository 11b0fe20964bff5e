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
  for (std::size_t i = 0; i < number; ++i) count += shares.take(party, kBytes, kept, little, now, {}).taken ? 1U : 0U;
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
  WallTime at{};
  const auto told = [&](std::size_t number) {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < number; ++i) sum += shares.take(1000, kKept, kKept, false, now, at).to_tell.number;
    return sum;
  };
  EXPECT_EQ(told(100), 1U);
  now += Seconds(3599);
  EXPECT_EQ(told(100), 0U);
  now += Seconds(1);
  EXPECT_EQ(told(100), 200U) << "since the last time";
  now += Seconds(60);
  ASSERT_EQ(shares.untold().size(), 1U);
  EXPECT_EQ(shares.untold().at(1000).number, 99U);
  EXPECT_EQ(shares.take_untold(now).at(1000).number, 99U);
  EXPECT_TRUE(shares.untold().empty());
  EXPECT_TRUE(shares.take_untold(now).empty());
  at += Seconds(60);
  EXPECT_EQ(told(10), 0U);
  now += Seconds(3600);
  const Shares::Untold last = shares.take(1000, 1, kKept, false, now, at + Seconds(3600)).to_tell;
  EXPECT_EQ(last.number, 10U) << "also by one that is taken";
  EXPECT_EQ(last.first, at) << "which is none of them";
  EXPECT_EQ(last.last, at);
}

TEST(HistoryShares, OfWhatIsLeftOutTheFirstAndTheLastTimeAreKnownAlsoIfTheClockIsSetBack) {
  Shares shares;
  const SteadyTime now{Seconds(1'000'000)};
  const WallTime at{Seconds(1'790'000'000)};
  for (const int minutes : {0, 3, 7, 5, 1}) {
    (void)shares.take(1000, kKept, kKept, false, now, at + std::chrono::minutes(minutes));
  }
  const Shares::Untold left = shares.untold().at(1000);
  EXPECT_EQ(left.number, 4U) << "the first is told";
  EXPECT_EQ(left.first, at + std::chrono::minutes(1));
  EXPECT_EQ(left.last, at + std::chrono::minutes(7));
}

TEST(HistoryShares, WhatIsGivenBackMayBeTakenAgainAndNoMore) {
  Shares shares;
  const SteadyTime now{Seconds(1'000'000)};
  const std::uint64_t share = kKept / Shares::kPart;
  EXPECT_TRUE(shares.take(1000, share, kKept, false, now, {}).taken);
  shares.give_back(1000, share / 2);
  EXPECT_TRUE(shares.take(1000, share / 2, kKept, false, now, {}).taken);
  EXPECT_FALSE(shares.take(1000, 2, kKept, false, now, {}).taken);
  shares.give_back(1000, 10 * share);
  EXPECT_TRUE(shares.take(1000, share, kKept, false, now, {}).taken);
  EXPECT_FALSE(shares.take(1000, 2, kKept, false, now, {}).taken);
  shares.give_back(1001, share);
}

TEST(HistoryShares, OfVeryManyPartiesTheMemoryIsBoundedAndThoseBeyondShareOne) {
  constexpr std::size_t kShare = kKept / Shares::kPart / kBytes;
  Shares shares;
  const SteadyTime now{Seconds(1'000'000)};
  std::size_t all = 0;
  for (std::uint32_t party = 0; party < 2 * Shares::kParties; ++party) {
    all += shares.take(party, kBytes * kShare, kKept, false, now, {}).taken ? 1U : 0U;
  }
  EXPECT_EQ(all, Shares::kParties + 1);
  EXPECT_EQ(taken(shares, 5'000'000, 10, now + 2 * Shares::kAgain), 10U)
      << "those that have theirs again are forgotten";
}

}  // namespace
}  // namespace postern::history
