#include "control/arguments.h"

#include <gtest/gtest.h>

#include <string>

namespace postern::control {
namespace {

TEST(ParseAge, KnowsItsUnits) {
  EXPECT_EQ(parse_age("0"), 0U);
  EXPECT_EQ(parse_age("90"), 90U);
  EXPECT_EQ(parse_age("90s"), 90U);
  EXPECT_EQ(parse_age("30m"), 1800U);
  EXPECT_EQ(parse_age("4h"), 14400U);
  EXPECT_EQ(parse_age("2d"), 172800U);
}

TEST(ParseAge, RefusesEverythingElse) {
  for (const char* text :
       {"", "s", "1w", "-1", "1.5h", "1h30m", " 1", "1 h", "hh", "99999999999999999999", "999999999999d"}) {
    EXPECT_FALSE(parse_age(text)) << text;
  }
}

}  // namespace
}  // namespace postern::control
