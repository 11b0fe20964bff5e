#include "mail/list_text.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

namespace postern::mail {
namespace {

TEST(ListText, CountsMessages) {
  EXPECT_EQ(messages(0), "0 messages");
  EXPECT_EQ(messages(1), "1 message");
  EXPECT_EQ(messages(2), "2 messages");
}

TEST(ListText, NamesTheDayOnlyIfItIsAnother) {
  ::setenv("TZ", "UTC", 1);
  const WallTime now = std::chrono::sys_days(std::chrono::year(2026) / 11 / 23) + std::chrono::hours(15);
  EXPECT_EQ(clock_time(now - std::chrono::minutes(58), now), "14:02");
  EXPECT_EQ(clock_time(now - std::chrono::hours(25), now), "Nov 22 14:00");
  EXPECT_EQ(clock_time(now - std::chrono::hours(15), now), "00:00");
}

TEST(ListText, HasSecondsWhereATimeIsNear) {
  ::setenv("TZ", "UTC", 1);
  const WallTime now = std::chrono::sys_days(std::chrono::year(2026) / 11 / 23) + std::chrono::hours(15);
  EXPECT_EQ(near_time(now + std::chrono::seconds(29), now), "15:00:29");
  EXPECT_EQ(near_time(now - std::chrono::seconds(29), now), "14:59:31");
  EXPECT_EQ(near_time(now + std::chrono::hours(1), now), "16:00");
  EXPECT_EQ(near_time(now + std::chrono::hours(24), now), "Nov 24 15:00");
  EXPECT_EQ(waits_in_storms(2, now + std::chrono::seconds(29), now),
            "2 messages wait in storms, the first until 15:00:29");
  EXPECT_EQ(waits_in_storms(1, now + std::chrono::hours(2), now), "1 message waits in a storm until 17:00");
  EXPECT_EQ(waits_in_storms(1, std::nullopt, now), "1 message waits in a storm");
}

TEST(ListText, HasSizesInThreeFiguresOrFour) {
  struct Case {
    std::int64_t bytes;
    std::string text;
  };
  for (const Case& one : std::vector<Case>{{0, "0"},
                                           {1023, "1023"},
                                           {1024, "1.0K"},
                                           {5000, "4.9K"},
                                           {50 << 20, "50M"},
                                           {std::int64_t{3} << 30, "3.0G"}}) {
    EXPECT_EQ(short_size(one.bytes), one.text);
  }
  EXPECT_EQ(bracketed(""), "<>");
  EXPECT_EQ(bracketed("a@b.example"), "a@b.example");
}

}  // namespace
}  // namespace postern::mail
