// What postern-drop leaves free is enough for the daemon to take up what it stored. The helper shares no code with
// anything, so its figures stand here once more.
#include "queue/free_space.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>

namespace postern::queue {
namespace {

constexpr std::uint64_t kMebibyte = 1U << 20U;
constexpr std::uint64_t kLargestFrame = 58 * kMebibyte;

/// A disk that the helper has filled to what it leaves.
spool::Space filled_by_helper(std::uint64_t total, std::uint64_t inodes) {
  spool::Space space;
  space.total_bytes = total;
  space.total_inodes = inodes;
  space.bytes = 152 * kMebibyte + std::min(total / 40, 256 * kMebibyte);
  space.inodes = 2000 + std::min<std::uint64_t>(inodes / 40, 25'000);
  return space;
}

TEST(DropReserve, LeavesRoomForTheCopyOfTheLargestFrameOfWhoeverHasNothingInTheQueue) {
  for (std::uint64_t total = 160 * kMebibyte; total < (std::uint64_t{1} << 44U); total += total / 7) {
    for (std::uint64_t inodes = 2100; inodes < 1'000'000'000; inodes *= 3) {
      EXPECT_TRUE(enough_room(filled_by_helper(total, inodes), kLargestFrame, Claim{1000, {}, {1, kMebibyte}, 1}))
          << total << ' ' << inodes;
    }
  }
}

TEST(DropReserve, LeavesRoomForTheCopyOfRootsLargestFrame) {
  for (std::uint64_t total = 160 * kMebibyte; total < (std::uint64_t{1} << 44U); total += total / 7) {
    spool::Space space = filled_by_helper(total, 1'000'000);
    space.bytes = 96 * kMebibyte;
    space.inodes = 1500;
    EXPECT_TRUE(enough_room(space, kLargestFrame, Claim{0, {}, {1, kMebibyte}, 1})) << total;
  }
}

}  // namespace
}  // namespace postern::queue
