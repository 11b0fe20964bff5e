#include "base/measures.h"

#include <gtest/gtest.h>

#include <string>

namespace postern {
namespace {

TEST(Measures, F06_DurationsAreWrittenWithAnyUnitThatPeopleKnow) {
  EXPECT_EQ(parse_duration("90s"), 90U);
  EXPECT_EQ(parse_duration("1m"), 60U);
  EXPECT_EQ(parse_duration("1h"), 3600U);
  EXPECT_EQ(parse_duration("5d"), 432000U);
  EXPECT_EQ(parse_duration("2w"), 1209600U);
  for (const std::string hour : {"1h", "1 h", "1hr", "1 hour", "1 Hour", "1hours", "60m", "60 min", "60 minutes",
                                 "3600s", "3600 sec", "3600 seconds", "59m60s", "59 min 60 sec", "0d1h", "1H"}) {
    EXPECT_EQ(parse_duration(hour), 3600U) << hour;
  }
  EXPECT_EQ(parse_duration("1h30m"), 5400U);
  EXPECT_EQ(parse_duration("1w 2d 3h 4m 5s"), 788645U);
  EXPECT_EQ(parse_duration("0s"), 0U);
}

TEST(Measures, F06_WhatIsNoDuration) {
  for (const std::string text : {"",
                                 " ",
                                 "s",
                                 "1",
                                 "60",
                                 "1.5h",
                                 "-1m",
                                 "+1m",
                                 "01m",
                                 "1M",
                                 "1y",
                                 "1h1h",
                                 "30m1h",
                                 "1h 30",
                                 "h1",
                                 "1h,30m",
                                 "1 h m",
                                 "213503982334602d",
                                 "18446744073709551615s 1s",
                                 "99999999999999999999d",
                                 "30500568904944w 9d"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
}

TEST(Measures, F06_SizesAreOf1024HoweverTheirUnitIsWritten) {
  EXPECT_EQ(parse_size("0"), 0U);
  EXPECT_EQ(parse_size("65536"), 65536U);
  for (const std::string size : {"64K", "64k", "64KB", "64 kb", "64KiB", "65536B", "65536 bytes", "64Ki", "65536"}) {
    EXPECT_EQ(parse_size(size), 65536U) << size;
  }
  for (const std::string size : {"50M", "50m", "50 MB", "50MiB", "50Mi", "50 megabytes"})
    EXPECT_EQ(parse_size(size), 52428800U) << size;
  for (const std::string size : {"1G", "1 GB", "1gib"}) EXPECT_EQ(parse_size(size), 1073741824U) << size;
}

TEST(Measures, F06_WhatIsNoSize) {
  for (const std::string text : {"", "K", "01K", " 1K", "-1", "+1", "1.5M", "1,5M", "1T", "1K1", "1K 1M", "ten", "M1",
                                 "17179869184G", "18446744073709551616"}) {
    EXPECT_FALSE(parse_size(text)) << text;
  }
}

}  // namespace
}  // namespace postern
