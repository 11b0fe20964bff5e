#include "base/clock.h"

#include <gtest/gtest.h>

namespace postern {
namespace {

TEST(Clock, WritesAndReadsRfc3339) {
  const WallTime time = WallTime(std::chrono::sys_days(std::chrono::year(2026) / 2 / 28)) + std::chrono::hours(23) +
                        std::chrono::minutes(59) + Seconds(58) + Milliseconds(7);
  EXPECT_EQ(to_rfc3339(time), "2026-02-28T23:59:58.007Z");
  EXPECT_EQ(parse_rfc3339("2026-02-28T23:59:58.007Z"), time);
  EXPECT_EQ(parse_rfc3339("2026-02-28T23:59:58Z"), time - Milliseconds(7));
}

TEST(Clock, ReadsBackEveryDayOfAHundredYears) {
  const WallTime start{std::chrono::sys_days(std::chrono::year(1970) / 1 / 1)};
  for (int day = 0; day < 36525; ++day) {
    const WallTime time = start + std::chrono::days(day) + Milliseconds(day);
    ASSERT_EQ(parse_rfc3339(to_rfc3339(time)), time) << day;
  }
}

TEST(Clock, RefusesEveryTruncationAndImpossibleDates) {
  const std::string good = "2026-02-28T23:59:58.007Z";
  for (std::size_t length = 0; length < good.size(); ++length) EXPECT_FALSE(parse_rfc3339(good.substr(0, length)));
  for (const char* bad :
       {"2026-02-30T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z",
        "2026-01-01 00:00:00Z", "2026-01-01T00:00:00+0", "2026-01-01T00:00:00.1Z"}) {
    EXPECT_FALSE(parse_rfc3339(bad)) << bad;
  }
}

TEST(Clock, SaysDurationsInTheirTwoLargestUnits) {
  EXPECT_EQ(to_words(Seconds(0)), "0s");
  EXPECT_EQ(to_words(Seconds(59)), "59s");
  EXPECT_EQ(to_words(Seconds(60)), "1m");
  EXPECT_EQ(to_words(Seconds(90)), "1m30s");
  EXPECT_EQ(to_words(Seconds(3600 + 59)), "1h");
  EXPECT_EQ(to_words(Seconds(3 * 86400 + 2 * 3600 + 60)), "3d2h");
  EXPECT_EQ(to_words(Seconds(-5)), "0s");
}

}  // namespace
}  // namespace postern
