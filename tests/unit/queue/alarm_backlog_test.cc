// AlarmBacklog: what the operator's program is run for again, and when.
#include "queue/alarm_backlog.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace postern::queue {
namespace {

Alarm alarm(std::size_t number) { return {Alarm::What::trouble, std::to_string(number)}; }

TEST(AlarmBacklog, TellsEachInItsTurnAndOneAtATime) {
  AlarmBacklog backlog;
  EXPECT_FALSE(backlog.take(SteadyTime()));
  for (std::size_t i = 0; i < AlarmBacklog::kMost; ++i) EXPECT_FALSE(backlog.add(alarm(i), SteadyTime()));
  for (std::size_t i = 0; i < AlarmBacklog::kMost; ++i) {
    const auto taken = backlog.take(SteadyTime());
    ASSERT_TRUE(taken);
    EXPECT_EQ(taken->text, std::to_string(i));
    EXPECT_FALSE(backlog.take(SteadyTime())) << "one is under way";
    backlog.told();
  }
  EXPECT_TRUE(backlog.empty());
}

TEST(AlarmBacklog, TriesAgainWithGrowingPausesAndGivesUp) {
  AlarmBacklog backlog;
  backlog.add(alarm(1), SteadyTime());
  backlog.add(alarm(2), SteadyTime());
  SteadyTime now{};
  for (std::size_t i = 1; i < AlarmBacklog::kTries; ++i) {
    ASSERT_EQ(backlog.take(now)->text, "1");
    const auto pause = backlog.failed(now);
    ASSERT_EQ(pause, AlarmBacklog::kPauses.at(i - 1));
    EXPECT_FALSE(backlog.take(now + *pause - Milliseconds(1))) << "nor those behind it";
    now += *pause;
  }
  ASSERT_TRUE(backlog.take(now));
  EXPECT_FALSE(backlog.failed(now));
  EXPECT_EQ(backlog.take(now)->text, "2");
  EXPECT_EQ(backlog.failed(now), AlarmBacklog::kPauses.front()) << "with tries of its own";
}

TEST(AlarmBacklog, ANewOneHasThoseBeforeItTriedAtOnce) {
  AlarmBacklog backlog;
  backlog.add(alarm(1), SteadyTime());
  ASSERT_TRUE(backlog.take(SteadyTime()));
  backlog.add(alarm(2), SteadyTime());
  EXPECT_TRUE(backlog.failed(SteadyTime()));
  EXPECT_FALSE(backlog.take(SteadyTime(Seconds(1))));
  backlog.add(alarm(3), SteadyTime(Seconds(1)));
  for (const char* text : {"1", "2", "3"}) {
    EXPECT_EQ(backlog.take(SteadyTime(Seconds(1)))->text, text);
    backlog.told();
  }
}

TEST(AlarmBacklog, KeepsNoMoreThanItMayAndNeverLosesTheOneUnderWay) {
  AlarmBacklog backlog;
  backlog.add(alarm(0), SteadyTime());
  ASSERT_TRUE(backlog.take(SteadyTime()));
  for (std::size_t i = 1; i < 3 * AlarmBacklog::kMost; ++i) {
    const auto lost = backlog.add(alarm(i), SteadyTime());
    EXPECT_EQ(lost.has_value(), i >= AlarmBacklog::kMost) << i;
    if (lost) {
      EXPECT_EQ(lost->text, std::to_string(i + 1 - AlarmBacklog::kMost));
    }
  }
  backlog.told();
  EXPECT_EQ(backlog.take(SteadyTime())->text, std::to_string(2 * AlarmBacklog::kMost + 1));
  backlog.clear();
  EXPECT_TRUE(backlog.empty());
}

}  // namespace
}  // namespace postern::queue
