#include "base/fair_memory.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <random>
#include <vector>

namespace postern {
namespace {

constexpr MemoryLimits kLimits{
    .all = std::size_t{96} << 20U, .little = std::size_t{512} << 10U, .kept = std::size_t{32} << 20U};

TEST(FairMemory, OnePartyHasHalfOfTheMemoryAndWhoeverComesLaterHasItsLittle) {
  EXPECT_TRUE(has_memory(kLimits, {}, kLimits.all / 2));
  EXPECT_FALSE(has_memory(kLimits, {}, kLimits.all / 2 + 1));
  EXPECT_FALSE(has_memory(kLimits, {}, SIZE_MAX));
  EXPECT_TRUE(has_memory(kLimits, {kLimits.all / 2, 0}, kLimits.all / 4));
  EXPECT_FALSE(has_memory(kLimits, {kLimits.all / 2, 0}, kLimits.all / 4 + 1));
  EXPECT_TRUE(has_memory(kLimits, {kLimits.all, 0}, kLimits.little));
  EXPECT_FALSE(has_memory(kLimits, {kLimits.all, 0}, kLimits.little + 1));
  EXPECT_FALSE(has_memory(kLimits, {kLimits.all, kLimits.little}, 1));
  EXPECT_FALSE(has_memory(kLimits, {kLimits.all + kLimits.kept, 0}, 1));
}

TEST(FairMemory, WhateverSixtyPartiesTakeAnotherOneStillHasItsLittleAndNothingIsLost) {
  FairMemory memory(kLimits);
  std::mt19937 random(7);
  std::vector<std::unique_ptr<FairMemory::Share>> shares;
  for (std::uint32_t party = 0; party < 60; ++party) {
    for (int i = 0; i < 5; ++i) shares.push_back(std::make_unique<FairMemory::Share>(memory, party));
  }
  for (int step = 0; step < 100'000; ++step) {
    FairMemory::Share& share = *shares[random() % shares.size()];
    const std::size_t before = share.size();
    const std::size_t wanted = random() % (std::size_t{16} << 20U);
    const bool may = share.may_be(wanted);
    ASSERT_EQ(share.resize(wanted), may);
    ASSERT_EQ(share.size(), may ? wanted : before);
    ASSERT_LE(memory.all(), kLimits.all + kLimits.kept);
    if (step % 100 != 0) continue;
    FairMemory::Share newcomer(memory, 1000);
    ASSERT_TRUE(newcomer.resize(kLimits.little)) << memory.all();
  }
  shares.clear();
  EXPECT_EQ(memory.all(), 0U);
  EXPECT_TRUE(memory.has_shrunk());
  EXPECT_FALSE(memory.has_shrunk()) << "once";
}

}  // namespace
}  // namespace postern
