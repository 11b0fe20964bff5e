#include "settings/values.h"

#include "settings/complete.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace postern::settings {
namespace {

TEST(Values, F06_DurationsAndSizes) {
  EXPECT_EQ(parse_duration("90s"), 90U);
  EXPECT_EQ(parse_duration("1m"), 60U);
  EXPECT_EQ(parse_duration("1h"), 3600U);
  EXPECT_EQ(parse_duration("5d"), 432000U);
  EXPECT_EQ(parse_size("0"), 0U);
  EXPECT_EQ(parse_size("65536"), 65536U);
  EXPECT_EQ(parse_size("64K"), 65536U);
  EXPECT_EQ(parse_size("50M"), 52428800U);
  EXPECT_EQ(parse_size("1G"), 1073741824U);
  for (const std::string text : {"", "K", "1k", "1KB", "01K", " 1K", "1 K", "-1", "17179869184G"}) {
    EXPECT_FALSE(parse_size(text)) << text;
  }
  for (const std::string text : {"", "s", "1", "1S", "1m30s", "1.5h", "213503982334602d"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
}

TEST(Values, HostNames) {
  const std::string label(63, 'a');
  for (const std::string& name : std::vector<std::string>{"a", "a.b", "A-1.example", "1.2", "my_host", label + ".x"}) {
    EXPECT_TRUE(is_host_name(name)) << name;
  }
  for (const std::string& name :
       std::vector<std::string>{"", ".", "a.", ".a", "a..b", "-a", "a-", "a-.b", "a.-b", "a b", "a@b", "[1.2.3.4]",
                                label + "a", std::string(254, 'a')}) {
    EXPECT_FALSE(is_host_name(name)) << name;
  }
  EXPECT_TRUE(is_host_name(machine_name()));
}

}  // namespace
}  // namespace postern::settings
