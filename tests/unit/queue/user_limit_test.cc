// What one party may have, and whom the last part of a disk is for.
#include "queue/user_limit.h"

#include "mail/envelope.h"
#include "queue/free_space.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

namespace postern::queue {
namespace {

constexpr std::uint64_t kMiB = 1ULL << 20U;

TEST(UserLimit, StopsWhoHasAsManyAsMayBeAndNamesTheKey) {
  UserLimit limit;
  limit.messages = 3;
  EXPECT_TRUE(within_limit(limit, {2, 1ULL << 50U}, 1000, 1ULL << 50U)) << "0 is no limit of bytes";
  const Result<void> refused = within_limit(limit, {3, 10}, 1000, 0);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().failure, Failure::limit);
  EXPECT_NE(refused.error().text.find("user 1000"), std::string::npos) << refused.error().text;
  EXPECT_NE(refused.error().text.find("limits.per_user.messages"), std::string::npos) << refused.error().text;
  EXPECT_FALSE(within_limit(limit, {3, 10}, mail::kNoUid, 0));
  EXPECT_TRUE(within_limit(limit, {1'000'000, 1ULL << 50U}, 0, 0)) << "root";
}

TEST(UserLimit, StopsWhatWouldBeTooManyBytes) {
  UserLimit limit;
  limit.size = 100;
  EXPECT_TRUE(within_limit(limit, {1, 90}, 1000, 10));
  EXPECT_TRUE(within_limit(limit, {1, 99}, 1000, 0)) << "a size that is not known";
  for (const Usage& usage : {Usage{1, 90}, Usage{1, 101}}) {
    const Result<void> refused = within_limit(limit, usage, 1000, 11);
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().text.find("limits.per_user.size"), std::string::npos) << refused.error().text;
  }
  EXPECT_FALSE(within_limit(limit, {1, 100}, 1000, 0));
}

TEST(UserLimit, NamesSizesThatCanBeComparedAndThatOfTheMessage) {
  struct {
    std::uint64_t limit, has, size;
    std::string words;
  } const rows[] = {
      {10 * kMiB, 9 * kMiB, 5 * kMiB,
       "has 9216 KiB in the queue and may have 10 MiB (limits.per_user.size), which leaves no room for 5120 KiB more:"},
      {500U << 10U, 500U << 10U, 0, "has 500 KiB in the queue and may have 500 KiB (limits.per_user.size):"},
      {100, 90, 11,
       "has 90 bytes in the queue and may have 100 bytes (limits.per_user.size), which leaves no room for 11 bytes "
       "more:"},
  };
  for (const auto& row : rows) {
    UserLimit limit;
    limit.size = row.limit;
    const Result<void> refused = within_limit(limit, {1, row.has}, 1000, row.size);
    ASSERT_FALSE(refused) << row.words;
    EXPECT_NE(refused.error().text.find(row.words), std::string::npos) << refused.error().text;
  }
}

spool::Space disk_of(std::uint64_t total, std::uint64_t free) { return {free, 1U << 20U, total, 2U << 20U}; }

TEST(LastPart, IsATenthWithinBoundsAndNeverMostOfASmallDisk) {
  EXPECT_EQ(last_part_of(disk_of(300 * kMiB, 0)).bytes, 30 * kMiB);
  EXPECT_EQ(last_part_of(disk_of(4ULL << 40U, 0)).bytes, 1ULL << 30U);
  EXPECT_EQ(last_part_of(disk_of(100 * kMiB, 0)).bytes, 16 * kMiB);
  EXPECT_EQ(last_part_of(disk_of(48 * kMiB, 0)).bytes, 4 * kMiB);
  for (const std::uint64_t total : std::vector<std::uint64_t>{0, kMiB, kReservedBytes}) {
    EXPECT_EQ(last_part_of(disk_of(total, 0)).bytes, 0U) << total;
  }
  const spool::Space small{0, 0, 0, 10'000};
  EXPECT_EQ(last_part_of(small).inodes, 1000U);
  const spool::Space without{0, UINT64_MAX, 0, 0};
  EXPECT_EQ(last_part_of(without).inodes, 0U);
}

TEST(LastPart, IsTakenAwayStepByStepAndTheReserveFromAll) {
  for (const std::uint64_t total : {60 * kMiB, 300 * kMiB, 20'000 * kMiB, 4'000'000 * kMiB}) {
    const std::uint64_t last = last_part_of(disk_of(total, 0)).bytes;
    const std::uint64_t size = 1000;
    const auto room = [&](std::uint64_t free) { return room_left(disk_of(total, free), size); };
    EXPECT_EQ(room(kReservedBytes + last + size), Room::all) << total;
    EXPECT_EQ(room(kReservedBytes + last + size - 1), Room::below_share) << total;
    EXPECT_EQ(room(kReservedBytes + last / 2 + size), Room::below_share) << total;
    EXPECT_EQ(room(kReservedBytes + last / 2 + size - 1), Room::little) << total;
    EXPECT_EQ(room(kReservedBytes + last / 4 + size), Room::little) << total;
    EXPECT_EQ(room(kReservedBytes + last / 4 + size - 1), Room::root) << total;
    EXPECT_EQ(room(kReservedBytes + size), Room::root) << total;
    EXPECT_EQ(room(kReservedBytes + size - 1), Room::none) << total;
    EXPECT_EQ(room_left(disk_of(total, kReservedBytes), UINT64_MAX), Room::none);
  }
  spool::Space inodes = disk_of(20'000 * kMiB, 15'000 * kMiB);
  inodes.total_inodes = 100'000;
  inodes.inodes = kReservedInodes + 10'000;
  EXPECT_EQ(room_left(inodes, 1), Room::all);
  inodes.inodes = kReservedInodes + 9'999;
  EXPECT_EQ(room_left(inodes, 1), Room::below_share);
  inodes.inodes = kReservedInodes + 4'999;
  EXPECT_EQ(room_left(inodes, 1), Room::little);
  inodes.inodes = kReservedInodes + 2'499;
  EXPECT_EQ(room_left(inodes, 1), Room::root);
  inodes.inodes = kReservedInodes - 1;
  EXPECT_EQ(room_left(inodes, 1), Room::none);
}

/// Parties that fill the disk, each for as long as it is let: then another one's alert, and root's.
TEST(LastPart, WhoeverFillsTheDiskAnothersAlertIsTakenAndRootsToo) {
  for (const std::uint64_t total : {60 * kMiB, 300 * kMiB, 40'000 * kMiB}) {
    for (const std::uint64_t size : std::vector<std::uint64_t>{300, 200U << 10U, 5 * kMiB}) {
      for (std::size_t parties = 1; parties <= 8; ++parties) {
        spool::Space space = disk_of(total, total - total / 50);
        std::vector<Usage> has(parties);
        Usage all;
        // A quarter of what is left, so that 40 GB are soon full.
        const auto filled = [&](std::size_t which, std::uint64_t messages) {
          const std::uint64_t bytes = messages * ((size + 4095) / 4096 * 4096);
          if (bytes > space.bytes) return false;
          const Claim claim{static_cast<std::uint32_t>(1000 + which), has[which], all, parties};
          if (!enough_room(space, bytes, claim)) return false;
          space.bytes -= bytes;
          has[which] += Usage{messages, messages * size};
          all += Usage{messages, messages * size};
          return true;
        };
        for (std::uint64_t at_once = 1ULL << 24U; at_once > 0; at_once /= 2) {
          for (bool any = true; any;) {
            any = false;
            for (std::size_t which = 0; which < parties; ++which) any = filled(which, at_once) || any;
          }
        }
        EXPECT_NE(room_left(space, 300), Room::none) << total << ' ' << size << ' ' << parties;
        EXPECT_TRUE(enough_room(space, 2000, Claim{0, {}, all, parties})) << "root's";
        const Claim another{9999, {}, all, parties};
        EXPECT_TRUE(enough_room(space, 2000, another)) << total << ' ' << size << ' ' << parties;
      }
    }
  }
}

TEST(LastPart, OnADiskThatOthersFilledWhoHasLittleIsServed) {
  const spool::Space space = disk_of(300 * kMiB, kReservedBytes + 20 * kMiB);
  EXPECT_TRUE(enough_room(space, 2000, Claim{1000, {}, {}, 0}));
  EXPECT_TRUE(enough_room(space, 2000, Claim{1000, {10, 100'000}, {10, 100'000}, 1}));
  EXPECT_FALSE(enough_room(space, 2000, Claim{1000, {10, 40 * kMiB}, {10, 40 * kMiB}, 1}));
  const spool::Space less = disk_of(300 * kMiB, kReservedBytes + 12 * kMiB);
  EXPECT_TRUE(enough_room(less, 2000, Claim{1000, {10, kMiB}, {20, 200 * kMiB}, 2}));
  EXPECT_FALSE(enough_room(less, 2000, Claim{1000, {10, 20 * kMiB}, {20, 200 * kMiB}, 2})) << "though below its share";
}

}  // namespace
}  // namespace postern::queue
