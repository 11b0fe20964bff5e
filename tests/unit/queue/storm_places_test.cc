// Storms while there is no place to note which messages are looked at: that costs their being gathered, and nothing
// else.
#include "queue/suspects.h"
#include "stormy_queue.h"

#include <gmock/gmock.h>

#include <algorithm>

namespace postern::queue {
namespace {

using testing::HasSubstr;

class StormPlacesTest : public StormKeeperTest {
 protected:
  /// A table of so many places, of which a quarter is for deliveries.
  void begin_with(std::size_t places) {
    close();
    memory.assign(16 + 18 * places, '\0');
    begin();
  }
  void expect_each_once() {
    for (std::size_t one = 0; one < number_; ++one) {
      const auto has = [&](const std::string& text) { return words_in(text).contains(one); };
      EXPECT_EQ(std::ranges::count_if(host.texts, has), 1) << one;
    }
    EXPECT_TRUE(files().empty());
    EXPECT_TRUE(disk.names("spool/gather").empty());
  }
  /// How many wait then.
  std::size_t wait_of_together(std::size_t count) {
    come_together(count);
    settle();
    return queue->totals().storm;
  }
};

TEST_F(StormPlacesTest, AtTheLimitOfPlacesAllAreInTheDigest) {
  begin_with(6);
  come_often(8);
  EXPECT_EQ(in_storm().size(), 5U);
  pass(Seconds(600));
  ASSERT_EQ(host.texts.size(), 4U);
  EXPECT_THAT(host.texts.back(), HasSubstr("[5 alike]"));
  expect_each_once();
}

TEST_F(StormPlacesTest, OneBeyondItGoesByItself) {
  begin_with(5);
  come_often(8);
  EXPECT_EQ(in_storm().size(), 5U);
  pass(Seconds(600));
  EXPECT_EQ(host.texts.size(), 5U);
  EXPECT_TRUE(std::ranges::any_of(host.texts, [](const auto& one) { return one.find("[4 alike]") != one.npos; }));
  expect_each_once();
}

TEST_F(StormPlacesTest, WithOnePlaceEachGoesByItself) {
  begin_with(1);
  come_often(8);
  EXPECT_EQ(in_storm().size(), 5U);
  pass(Seconds(600));
  EXPECT_EQ(host.texts.size(), 8U);
  expect_each_once();
}

TEST_F(StormPlacesTest, OfManyThatComeAtOnceThoseWithoutAPlaceGoAsTheyCome) {
  EXPECT_EQ(wait_of_together(40), 37U) << "all have one";
  pass(Seconds(600));
  EXPECT_EQ(host.texts.size(), 4U);
  expect_each_once();
  begin_with(5);
  const std::size_t before = host.texts.size();
  const std::size_t waiting = wait_of_together(40);
  EXPECT_LT(waiting, 37U);
  EXPECT_EQ(host.texts.size() - before, 40 - waiting);
  for (int hour = 0; hour < 3; ++hour) pass(Seconds(3600));
  expect_each_once();
}

TEST_F(StormPlacesTest, SuspectsThatWaitAreNotForgottenForADigest) {
  // Four messages that crashed the program before, and are not here now.
  close();
  memory.assign(16 + 18 * 12, '\0');
  const auto suspect = [at = clock.wall() - Seconds(60)](unsigned number) { return QueueId::make(at, number); };
  {
    Suspects before(memory);
    for (unsigned number = 0; number < 4; ++number) before.begin(suspect(number));
    memory[Suspects::kCrashedAt] = 1;
  }
  begin();
  come_often(10);
  EXPECT_EQ(in_storm().size(), 7U);
  pass(Seconds(600));
  EXPECT_TRUE(std::ranges::any_of(host.texts, [](const auto& one) { return one.find("[5 alike]") != one.npos; }));
  expect_each_once();
  close();
  const Suspects after(memory);
  for (unsigned number = 0; number < 4; ++number) EXPECT_EQ(after.count(suspect(number)), 1U) << number;
}

}  // namespace
}  // namespace postern::queue
