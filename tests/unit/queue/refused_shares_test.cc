#include "queue/refused_shares.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace postern::queue {
namespace {

/// Whose files went, in order, when all were added one after the other, a second apart.
class RefusedSharesTest : public testing::Test {
 protected:
  void add(std::uint32_t uid, std::size_t count, std::uint64_t bytes = 4096) {
    for (std::size_t i = 0; i < count; ++i) {
      shares.add({std::to_string(number), uid, bytes, WallTime{Seconds(number)}});
      ++number;
      while (const auto file = shares.displaced()) {
        ++gone[file->uid];
        last = file->name;
      }
    }
  }

  RefusedShares shares{[](std::uint32_t uid) { return uid / 10; }};  // ten users are one party
  std::map<std::uint32_t, std::size_t> gone;
  std::string last;
  int number = 0;
};

TEST_F(RefusedSharesTest, NothingGoesWhileThereIsPlace) {
  add(10, kRefusedFiles / 2);
  add(20, kRefusedFiles / 2);
  EXPECT_TRUE(gone.empty());
}

TEST_F(RefusedSharesTest, WhoHasTheMostMakesPlaceWithTheOldest) {
  add(10, 1);
  add(20, kRefusedFiles);
  EXPECT_EQ(gone[10], 0U);
  EXPECT_EQ(gone[20], 1U);
  EXPECT_EQ(last, "1");
  add(10, 10);
  EXPECT_EQ(gone[10], 0U);
  EXPECT_EQ(gone[20], 11U);
}

TEST_F(RefusedSharesTest, UsersOfOnePartyHaveOneShare) {
  for (std::uint32_t uid = 10; uid < 20; ++uid) add(uid, kRefusedFiles / 10 - 5);
  add(50, 40);
  EXPECT_TRUE(gone.empty());
  add(51, 20);
  EXPECT_EQ(gone[50] + gone[51], 0U) << "of the ten it is";
  EXPECT_EQ(gone[10], 10U) << "the oldest of them";
}

TEST_F(RefusedSharesTest, BytesAreSharedToo) {
  constexpr std::uint64_t kLarge = 50ULL << 20U;
  add(10, 3);
  add(20, 5, kLarge);
  EXPECT_TRUE(gone.empty());
  add(20, 3, kLarge);
  EXPECT_EQ(gone[20], 3U);
  add(30, 2, kLarge);
  EXPECT_EQ(gone[20], 5U);
  EXPECT_EQ(gone[30] + gone[10], 0U);
  add(30, 1, 2 * kRefusedBytes);
  EXPECT_EQ(gone[30], 3U) << "what is larger than all that is kept goes itself";
  EXPECT_EQ(gone[10], 0U);
}

TEST_F(RefusedSharesTest, WhatIsForgottenLeavesItsPlace) {
  add(10, kRefusedFiles);
  shares.clear();
  add(10, kRefusedFiles);
  EXPECT_TRUE(gone.empty());
}

}  // namespace
}  // namespace postern::queue
