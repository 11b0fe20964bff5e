#include "base/host_name.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace postern {
namespace {

TEST(HostName, IsMadeOfLabels) {
  const std::string label(63, 'a');
  for (const std::string& name : std::vector<std::string>{"a", "a.b", "A-1.example", "1.2", "my_host", label + ".x"}) {
    EXPECT_TRUE(is_host_name(name)) << name;
  }
  for (const std::string& name :
       std::vector<std::string>{"", ".", "a.", ".a", "a..b", "-a", "a-", "a-.b", "a.-b", "a b", "a@b", "[1.2.3.4]",
                                label + "a", std::string(254, 'a')}) {
    EXPECT_FALSE(is_host_name(name)) << name;
  }
}

TEST(HostName, LiesWithinADomainByWholeLabels) {
  for (const char* host : {"example.com", "EXAMPLE.com", "mail.example.com", "a.b.example.com"}) {
    EXPECT_TRUE(is_within_domain(host, "example.com")) << host;
  }
  for (const char* host : {"", "com", "badexample.com", "example.com.evil.net", "example.net", "xample.com"}) {
    EXPECT_FALSE(is_within_domain(host, "example.com")) << host;
  }
  EXPECT_FALSE(is_within_domain("example.com", ""));
}

}  // namespace
}  // namespace postern
