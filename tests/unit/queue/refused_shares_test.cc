#include "queue/refused_shares.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace postern::queue {
namespace {

constexpr std::uint64_t kMiBytes = 1ULL << 20U;

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
  constexpr std::uint64_t kFrame = 50ULL << 20U;
  add(10, 3);
  add(20, 5, kFrame);
  EXPECT_TRUE(gone.empty());
  add(20, 3, kFrame);
  EXPECT_EQ(gone[20], 3U);
  add(30, 2, kFrame);
  EXPECT_EQ(gone[20], 5U);
  EXPECT_EQ(gone[30] + gone[10], 0U);
  add(30, 1, 2 * kRefusedBytes);
  EXPECT_EQ(gone[30], 3U) << "what is larger than all that is kept goes itself";
  EXPECT_EQ(gone[10], 0U);
}

TEST_F(RefusedSharesTest, OnADiskThatLacksWhatUsersDropWhoHasTheMostGivesWayUntilNobodyHasMuch) {
  constexpr std::uint64_t kFrame = 10 * kMiBytes;
  add(10, 3, kFrame);
  add(20, 5, kFrame);
  add(30, 10, kLittleRefusedBytes / 10);
  RefusedRoom room;
  room.lacking_bytes = 15 * kMiBytes;
  shares.use(room);
  add(30, 1, 100);
  EXPECT_EQ(gone[20], 2U) << "what went is not lacking any more";
  room.lacking_bytes = UINT64_MAX;
  shares.use(room);
  add(30, 1, 100);
  EXPECT_EQ(gone[20], 5U);
  EXPECT_EQ(gone[10], 3U);
  EXPECT_EQ(gone[30], 1U) << "the oldest, until the rest is little";
}

TEST_F(RefusedSharesTest, SoItIsWithInodes) {
  add(10, 100, 0);
  add(20, 50, 0);
  RefusedRoom room;
  room.lacking_inodes = 70;
  shares.use(room);
  add(30, 1, 0);
  EXPECT_EQ(gone[10] + gone[20], 70U);
  EXPECT_GE(gone[10], 59U);
  room.lacking_inodes = UINT64_MAX;
  shares.use(room);
  add(30, 1, 0);
  EXPECT_EQ(gone[10], 100 - kLittleRefusedFiles);
  EXPECT_EQ(gone[20], 50 - kLittleRefusedFiles);
  EXPECT_EQ(gone[30], 0U);
}

TEST(RefusedRoom, IsASixteenthOfTheDiskAndNoneOfWhatTheHelperSharesOut) {
  constexpr std::uint64_t kGiBytes = 1024 * kMiBytes;
  struct {
    spool::Space space;
    std::uint64_t bytes, lacking_bytes, lacking_inodes;
  } const rows[] = {
      {{kGiBytes, UINT64_MAX, 0, 0}, kRefusedBytes, 0, 0},  // of unknown size
      {{300 * kMiBytes, UINT64_MAX, 320 * kMiBytes, 0}, 20 * kMiBytes, 0, 0},
      {{224 * kMiBytes, UINT64_MAX, 320 * kMiBytes, 0}, 20 * kMiBytes, 0, 0},
      {{223 * kMiBytes, UINT64_MAX, 320 * kMiBytes, 0}, 20 * kMiBytes, kMiBytes, 0},
      {{0, UINT64_MAX, 320 * kMiBytes, 0}, 20 * kMiBytes, 224 * kMiBytes, 0},
      {{kGiBytes, UINT64_MAX, 1000 * kGiBytes, 0}, kRefusedBytes, 0, 0},
      {{400 * kMiBytes, UINT64_MAX, 1000 * kGiBytes, 0}, kRefusedBytes, 72 * kMiBytes, 0},
      {{kGiBytes, 6500, 4 * kGiBytes, 100'000}, kRefusedBytes, 0, 0},
      {{kGiBytes, 6400, 4 * kGiBytes, 100'000}, kRefusedBytes, 0, 100},
      {{kGiBytes, 28'000, 4 * kGiBytes, 1'000'000'000}, kRefusedBytes, 0, 1000},
  };
  for (const auto& row : rows) {
    const RefusedRoom room = refused_room(row.space);
    EXPECT_EQ(room.bytes, row.bytes) << row.space.bytes / kMiBytes;
    EXPECT_EQ(room.lacking_bytes, row.lacking_bytes) << row.space.bytes / kMiBytes;
    EXPECT_EQ(room.lacking_inodes, row.lacking_inodes) << row.space.inodes;
  }
}

TEST_F(RefusedSharesTest, WhatIsForgottenLeavesItsPlace) {
  add(10, kRefusedFiles);
  shares.clear();
  add(10, kRefusedFiles);
  EXPECT_TRUE(gone.empty());
}

}  // namespace
}  // namespace postern::queue
