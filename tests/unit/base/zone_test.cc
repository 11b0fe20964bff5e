#include "base/zone.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <optional>
#include <string>

namespace postern {
namespace {

constexpr WallTime kTime = WallTime(std::chrono::sys_days(std::chrono::year(2026) / 11 / 23)) + std::chrono::hours(23) +
                           std::chrono::minutes(4) + Milliseconds(59'999);

/// The zone of this process while it lives.
class ZoneTest : public testing::Test {
 protected:
  ZoneTest() {
    if (const char* zone = std::getenv("TZ"); zone != nullptr) before = zone;
  }
  ~ZoneTest() override {
    if (before) {
      live_in(*before);
    } else {
      ::unsetenv("TZ");
      ::tzset();
    }
  }
  static void live_in(const std::string& zone) {
    ::setenv("TZ", zone.c_str(), 1);
    ::tzset();
  }
  std::optional<std::string> before;
};

TEST_F(ZoneTest, ATimeIsShownAsTheClockOnTheWallShowsIt) {
  live_in("XST-5:30");  // POSIX: east of Greenwich is negative
  EXPECT_EQ(utc_offset(kTime), std::chrono::minutes(330));
  EXPECT_EQ(local_text(kTime, "%Y-%m-%d %H:%M:%S"), "2026-11-24 04:34:59");
  live_in("XST3");
  EXPECT_EQ(utc_offset(kTime), std::chrono::minutes(-180));
  EXPECT_EQ(local_text(kTime, "%a %b %e %H:%M"), "Mon Nov 23 20:04");
}

TEST_F(ZoneTest, ATimeForPeopleAndProgramsSaysItsDistanceFromUtc) {
  live_in("UTC0");
  EXPECT_EQ(to_local_rfc3339(kTime), "2026-11-23T23:04:59.999+00:00");
  live_in("XST-5:30");
  EXPECT_EQ(to_local_rfc3339(kTime), "2026-11-24T04:34:59.999+05:30");
  live_in("XST3:30");
  EXPECT_EQ(to_local_rfc3339(kTime), "2026-11-23T19:34:59.999-03:30");
}

TEST_F(ZoneTest, SummerHasItsOwnDistance) {
  live_in("CET-1CEST,M3.5.0,M10.5.0/3");
  EXPECT_EQ(utc_offset(kTime), std::chrono::minutes(60));
  EXPECT_EQ(utc_offset(kTime - std::chrono::days(120)), std::chrono::minutes(120));
}

TEST_F(ZoneTest, FractionsOfASecondAreDroppedBefore1970Too) {
  live_in("UTC0");
  EXPECT_EQ(local_text(WallTime(Milliseconds(-1)), "%F %T"), "1969-12-31 23:59:59");
}

TEST_F(ZoneTest, WhatIsTooLongIsNothing) {
  live_in("UTC0");
  std::string format;
  for (int i = 0; i < 16; ++i) format += "%Y";
  EXPECT_EQ(local_text(kTime, format.c_str()), "");
  format.resize(30);
  EXPECT_EQ(local_text(kTime, format.c_str()).size(), 60U);
}

}  // namespace
}  // namespace postern
