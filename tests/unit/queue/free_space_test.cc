#include "queue/free_space.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace postern::queue {
namespace {

TEST(Room, KeepsAReserveOfBytesAndInodes) {
  EXPECT_TRUE(enough_room({kReservedBytes + 10, kReservedInodes}, 10));
  EXPECT_FALSE(enough_room({kReservedBytes + 9, kReservedInodes}, 10));
  EXPECT_FALSE(enough_room({kReservedBytes - 1, kReservedInodes}, 0));
  EXPECT_FALSE(enough_room({UINT64_MAX, kReservedInodes - 1}, 0));
  EXPECT_FALSE(enough_room({kReservedBytes, kReservedInodes}, UINT64_MAX));
}

}  // namespace
}  // namespace postern::queue
