#include "credentials/redirect_door.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace postern::credentials {
namespace {

using Parties = std::vector<std::uint32_t>;

TEST(RedirectDoor, HasRoomForEverybodyAtFirst) {
  EXPECT_FALSE(to_drop({}, 1000));
  EXPECT_FALSE(to_drop(Parties(7, 1000), 1000));
  EXPECT_FALSE(to_drop(Parties(8, 1000), 1001));
}

TEST(RedirectDoor, DropsTheOldestOfWhoeverHasTooMany) {
  Parties open{7};
  open.insert(open.end(), 8, 1000);
  EXPECT_EQ(to_drop(open, 1000), 1U);
  EXPECT_FALSE(to_drop(open, 7));
}

TEST(RedirectDoor, IsFullForWhoeverHasTheMostAndNotForTheBrowser) {
  // The browser of 7 came first; nine users hold the rest, one of them more than any other.
  Parties open{7};
  for (std::uint32_t party = 1000; party < 1008; ++party) open.insert(open.end(), 7, party);
  open.insert(open.end(), 7, 2000);
  ASSERT_EQ(open.size(), 64U);
  EXPECT_EQ(to_drop(open, 3000), 1U) << "the first of those that have the most";
  *std::ranges::find(open, 1003U) = 2000;
  EXPECT_EQ(to_drop(open, 3000), static_cast<std::size_t>(std::ranges::find(open, 2000U) - open.begin()));
  EXPECT_EQ(to_drop(open, 7), static_cast<std::size_t>(std::ranges::find(open, 2000U) - open.begin()));
}

TEST(RedirectDoor, ManyUidsOfOneUserThatAreCountedAsOneKeepNobodyOut) {
  Parties open{7};
  std::uint32_t dropped = 0;
  for (int i = 0; i < 1000; ++i) {
    if (const auto which = to_drop(open, 1000)) {
      dropped += open.at(*which) == 7 ? 1U : 0U;
      open.erase(open.begin() + static_cast<std::ptrdiff_t>(*which));
    }
    open.push_back(1000);
  }
  EXPECT_EQ(dropped, 0U);
}

}  // namespace
}  // namespace postern::credentials
