#include "base/user_range.h"

#include <gtest/gtest.h>

namespace postern {
namespace {

TEST(UserRange, OnlyTheWholeRangeIsEveryUser) {
  EXPECT_TRUE(maps_every_user("         0          0 4294967295\n"));
  EXPECT_FALSE(maps_every_user("0 1000 1\n"));
  EXPECT_FALSE(maps_every_user("0 100000 65536\n"));
  EXPECT_FALSE(maps_every_user("0 1000 1\n1 100000 65536\n"));
  EXPECT_FALSE(maps_every_user("0 0 1000\n"));
  EXPECT_FALSE(maps_every_user(""));
  EXPECT_GT(overflow_uid(), 0U);
}

}  // namespace
}  // namespace postern
