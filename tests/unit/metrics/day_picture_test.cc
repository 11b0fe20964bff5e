#include "metrics/day_picture.h"

#include "metrics/html.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace postern::metrics {
namespace {

constexpr WallTime kSeen = std::chrono::sys_days(std::chrono::year(2026) / 11 / 23) + std::chrono::hours(12);

TEST(DayPicture, IsNotKnownBeforeCountingBegan) {
  Activity activity;
  const auto day = activity.day(kSeen);
  for (int hours = 1; hours < 60; ++hours) {
    const WallTime begun = kSeen - std::chrono::hours(hours);
    const auto since = counted_since(day, begun);
    EXPECT_EQ(since.has_value(), hours < 24) << hours;
    EXPECT_EQ(since.value_or(begun), begun);
  }
  // Not when its quarter began.
  Activity young;
  young.count(mail::Verdict::delivered, Seconds(1), kSeen);
  const WallTime within = kSeen - std::chrono::hours(2) + std::chrono::minutes(7);
  young.count(mail::Verdict::delivered, Seconds(1), within);
  EXPECT_EQ(counted_since(young.day(kSeen), within), within);
  // What was counted is known, wherever the machine slept since.
  activity.count(mail::Verdict::delivered, Seconds(1), kSeen - std::chrono::hours(10));
  EXPECT_EQ(counted_since(activity.day(kSeen), kSeen - std::chrono::hours(2)), kSeen - std::chrono::hours(10));
  EXPECT_EQ(counted_since({}, kSeen), std::nullopt);
}

/// Rows of the table, by their names.
std::vector<std::string> hours_of(std::span<const Activity::Period> day, std::optional<WallTime> since = {}) {
  Html html;
  add_day_table(html, day, since);
  const std::string text = html.take();
  std::vector<std::string> names;
  constexpr std::string_view kBegin = "<th scope=\"row\">";
  for (std::size_t at = 0; (at = text.find(kBegin, at)) != std::string::npos;) {
    at += kBegin.size();
    names.push_back(text.substr(at, text.find('<', at) - at));
  }
  return names;
}

TEST(DayPicture, IsATableByTheHoursOfTheClock) {
  const auto full_day = [](WallTime now) {
    Activity activity;
    for (int quarter = 0; quarter < 96; ++quarter) {
      activity.count(mail::Verdict::delivered, Seconds(1), now - quarter * Activity::kPeriod);
    }
    return activity.day(now);
  };
  ::setenv("TZ", "UTC", 1);
  ::tzset();
  // From 12:15 of the day before on.
  const std::vector<std::string> plain = hours_of(full_day(kSeen));
  ASSERT_EQ(plain.size(), 26U);
  EXPECT_EQ(plain.front(), "Nov 22 12:15");
  EXPECT_EQ(plain[1], "Nov 22 13:00");
  EXPECT_EQ(plain[12], "00:00");
  EXPECT_EQ(plain[24], "12:00");
  EXPECT_EQ(plain.back(), "Last day");
  EXPECT_EQ(hours_of(full_day(kSeen), kSeen - std::chrono::hours(2)).back(), "Since 10:00") << "no day is known";
  // Clocks that go by half hours, and a night in which an hour comes twice.
  ::setenv("TZ", "IST-5:30", 1);
  ::tzset();
  EXPECT_EQ(hours_of(full_day(kSeen))[1], "Nov 22 18:00");
  ::setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
  ::tzset();
  const WallTime set_back = std::chrono::sys_days(std::chrono::year(2026) / 10 / 25) + std::chrono::hours(10);
  const std::vector<std::string> night = hours_of(full_day(set_back));
  const auto twice = std::ranges::find(night, "02:00");
  ASSERT_NE(twice, night.end());
  EXPECT_EQ(*(twice + 1), "02:00 CET");
  EXPECT_EQ(*(twice + 2), "03:00");
  ::setenv("TZ", "UTC", 1);
  ::tzset();
}

}  // namespace
}  // namespace postern::metrics
