#include "console/arguments.h"

#include <gtest/gtest.h>

#include <string>

namespace postern::console {
namespace {

TEST(ParseAge, IsADurationAsTheSettingsHaveIt) {
  EXPECT_EQ(parse_age("90s"), 90U);
  EXPECT_EQ(parse_age("30m"), 1800U);
  EXPECT_EQ(parse_age("5min"), 300U);
  EXPECT_EQ(parse_age("1h30m"), 5400U);
  EXPECT_EQ(parse_age("2 days"), 172800U);
  EXPECT_EQ(parse_age("1w"), 604800U);
}

TEST(ParseAge, RefusesEverythingElse) {
  for (const char* text :
       {"", "0", "5", "90", "s", "-1", "1.5h", "hh", "1000000001s", "99999999999999999999", "999999999999d"}) {
    EXPECT_FALSE(parse_age(text)) << text;
  }
}

}  // namespace
}  // namespace postern::console
