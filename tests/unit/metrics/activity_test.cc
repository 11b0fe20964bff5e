#include "metrics/activity.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace postern::metrics {
namespace {

using mail::Verdict;

constexpr WallTime kNoon = std::chrono::sys_days(std::chrono::year(2026) / 11 / 23) + std::chrono::hours(12);

std::uint64_t delivered(const std::vector<Activity::Period>& day) {
  std::uint64_t all = 0;
  for (const auto& period : day) all += period.counts.delivered;
  return all;
}

TEST(ActivityOfTheDay, IsADayOfQuartersWithTheOneUnderWayAtItsEnd) {
  const Activity activity;
  for (int minute = 0; minute < 60; ++minute) {
    const WallTime now = kNoon + std::chrono::minutes(minute);
    const auto day = activity.day(now);
    ASSERT_EQ(day.size(), Activity::kPeriods);
    EXPECT_LE(day.back().begin, now);
    EXPECT_GT(day.back().begin + Activity::kPeriod, now);
    for (std::size_t i = 1; i < day.size(); ++i) EXPECT_EQ(day[i].begin - day[i - 1].begin, Activity::kPeriod);
    EXPECT_TRUE(std::ranges::all_of(day, [](const auto& period) { return period.counts.none(); }));
  }
}

TEST(ActivityOfTheDay, CountsEachVerdictInItsQuarter) {
  Activity activity;
  activity.count(Verdict::delivered, Seconds(2), kNoon);
  activity.count(Verdict::deferred, Seconds(2), kNoon + std::chrono::minutes(14));
  activity.count(Verdict::failed, Seconds(2), kNoon + std::chrono::minutes(15));
  const auto day = activity.day(kNoon + std::chrono::minutes(20));
  EXPECT_EQ(day[94].counts.delivered, 1U);
  EXPECT_EQ(day[94].counts.deferred, 1U);
  EXPECT_EQ(day[94].counts.failed, 0U);
  EXPECT_EQ(day[95].counts.failed, 1U);
  EXPECT_TRUE(day[95].counts.delays.within(1) == std::nullopt) << "of those that arrived alone";
}

TEST(ActivityOfTheDay, ForgetsAfterADayAndNoSooner) {
  for (int minute = 0; minute < 15; ++minute) {
    Activity activity;
    const WallTime then = kNoon + std::chrono::minutes(minute);
    activity.count(Verdict::delivered, Seconds(1), then);
    for (int quarter = 0; quarter < 200; ++quarter) {
      EXPECT_EQ(delivered(activity.day(kNoon + quarter * Activity::kPeriod)), quarter < 96 ? 1U : 0U) << quarter;
    }
  }
}

TEST(ActivityOfTheDay, AnOldQuarterIsNoPartOfTheNewOneInItsPlace) {
  Activity activity;
  for (int day = 0; day < 3; ++day) {
    activity.count(Verdict::delivered, Seconds(1), kNoon + std::chrono::days(day));
    EXPECT_EQ(delivered(activity.day(kNoon + std::chrono::days(day))), 1U);
  }
}

TEST(ActivityOfTheDay, AClockThatIsSetBackHidesWhatIsLaterAndBreaksNothing) {
  Activity activity;
  activity.count(Verdict::delivered, Seconds(1), kNoon);
  EXPECT_EQ(delivered(activity.day(kNoon - std::chrono::hours(3))), 0U);
  activity.count(Verdict::delivered, Milliseconds(-5), kNoon - std::chrono::hours(3));
  EXPECT_EQ(delivered(activity.day(kNoon - std::chrono::hours(3))), 1U);
  EXPECT_EQ(delivered(activity.day(kNoon)), 2U);
  // Before 1970, as a machine without a battery may be for a moment.
  const WallTime before{-std::chrono::hours(30)};
  activity.count(Verdict::delivered, Seconds(1), before);
  EXPECT_EQ(delivered(activity.day(before)), 1U);
}

TEST(DelaysOfDeliveries, TellASharesTimeToWithinAFifth) {
  for (double exact = 10; exact < 1.2e9; exact *= 1.07) {
    Delays delays;
    for (int i = 0; i < 99; ++i) delays.add(Milliseconds(static_cast<std::int64_t>(exact)));
    delays.add(Milliseconds(static_cast<std::int64_t>(10 * exact)));
    for (const double share : {0.01, 0.5, 0.95, 0.99}) {
      const auto told = static_cast<double>(delays.within(share)->count());
      EXPECT_GT(told, exact / 1.21) << exact << " " << share;
      EXPECT_LT(told, exact * 1.21) << exact << " " << share;
    }
    EXPECT_EQ(delays.slowest()->count(), static_cast<std::int64_t>(10 * exact));
    EXPECT_LE(delays.within(1)->count(), delays.slowest()->count());
  }
}

TEST(DelaysOfDeliveries, OfTwoAreThoseOfBoth) {
  Delays one;
  Delays other;
  EXPECT_EQ(one.within(0.5), std::nullopt);
  EXPECT_EQ(one.slowest(), std::nullopt);
  for (int i = 0; i < 10; ++i) one.add(Seconds(1));
  for (int i = 0; i < 10; ++i) other.add(Seconds(1000));
  one.add(other);
  EXPECT_LT(*one.within(0.5), Seconds(2));
  EXPECT_GT(*one.within(0.51), Seconds(800));
  EXPECT_EQ(one.slowest(), Seconds(1000));
  Delays longest;
  longest.add(std::chrono::days(4000));
  longest.add(Milliseconds(0));
  EXPECT_EQ(longest.within(1), std::chrono::days(4000));
  EXPECT_LE(*longest.within(0.5), Milliseconds(10));
}

}  // namespace
}  // namespace postern::metrics
