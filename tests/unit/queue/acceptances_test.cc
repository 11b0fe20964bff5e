#include "queue/acceptances.h"

#include "given.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <vector>

namespace postern::queue {
namespace {

QueueId id(std::uint64_t number) { return QueueId::make(kNow, number); }

TEST(Acceptances, OnlyAnotherMessageOfThatSenderAtThatSiteCounts) {
  // Against the whole history, which is what it leaves out.
  struct One {
    std::string site, sender;
    std::uint64_t message;
    WallTime when;
  };
  std::mt19937 chance(1);
  Acceptances acceptances;
  std::vector<One> history;
  for (int i = 0; i < 3000; ++i) {
    const One one{std::string(1, static_cast<char>('a' + chance() % 2)), std::string(chance() % 3, 'x'), chance() % 4,
                  kNow + i * Seconds(1)};
    acceptances.taken(one.site, one.sender, id(one.message), one.when);
    history.push_back(one);
    const std::uint64_t asked = chance() % 5;
    std::optional<WallTime> last;
    for (const One& known : history) {
      if (known.site == one.site && known.sender == one.sender && known.message != asked) last = known.when;
    }
    ASSERT_EQ(acceptances.other(one.site, one.sender, id(asked)), last) << i;
  }
  EXPECT_FALSE(acceptances.other("c", "x", id(9)));
}

TEST(Acceptances, TheSenderWhoseMailWasTakenLongestAgoIsForgotten) {
  Acceptances acceptances;
  for (std::size_t i = 0; i <= Acceptances::kMost; ++i) {
    acceptances.taken("main", std::to_string(i), id(i), kNow + i * Seconds(1));
    if (i > 0) acceptances.taken("main", "0", id(i), kNow + i * Seconds(1) + Milliseconds(1));
  }
  EXPECT_EQ(acceptances.size(), Acceptances::kMost);
  EXPECT_TRUE(acceptances.other("main", "0", id(1)));
  EXPECT_FALSE(acceptances.other("main", "1", id(9)));
  EXPECT_TRUE(acceptances.other("main", "2", id(9)));
}

}  // namespace
}  // namespace postern::queue
