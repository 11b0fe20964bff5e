#include "base/endpoint.h"

#include <gtest/gtest.h>

#include <string>

namespace postern {
namespace {

NumericEndpoint endpoint(const std::string& text) {
  const auto parsed = NumericEndpoint::parse(text);
  EXPECT_TRUE(parsed) << text;
  return parsed.value_or(NumericEndpoint{});
}

TEST(NumericEndpoint, IsWrittenAsItWasRead) {
  for (const std::string text : {"127.0.0.1:25", "0.0.0.0:0", "255.255.255.255:65535", "[::1]:25", "[::]:0",
                                 "[2001:db8::25]:587", "[fe80::1]:1", "[::ffff:192.0.2.1]:25"}) {
    EXPECT_EQ(endpoint(text).str(), text);
    EXPECT_EQ(endpoint(text).host(), text.substr(0, text.rfind(':')));
  }
  EXPECT_EQ(endpoint("[2001:DB8:0:0::1]:25").str(), "[2001:db8::1]:25");
}

TEST(NumericEndpoint, IsNeverANameNorHalfOfOne) {
  for (const std::string text : {"",
                                 ":25",
                                 "127.0.0.1",
                                 "127.0.0.1:",
                                 "127.0.0.1:65536",
                                 "127.0.0.1:025",
                                 "127.0.0.1:+1",
                                 "127.1:25",
                                 "::1:25",
                                 "[127.0.0.1]:25",
                                 "[::1]",
                                 "[::1]25",
                                 "[::1:25",
                                 "localhost:25",
                                 "*:25",
                                 "[]:25",
                                 "[:25",
                                 "]:25",
                                 "[:]:25",
                                 "[fe80::1%eth0]:25",
                                 "127.0.0.1:25 ",
                                 " 127.0.0.1:25"}) {
    EXPECT_FALSE(NumericEndpoint::parse(text)) << text;
  }
  EXPECT_FALSE(NumericEndpoint::parse(std::string("127.0.0.1\0:25", 13)));
}

TEST(NumericEndpoint, TellsWhoReachesIt) {
  for (const std::string text : {"127.0.0.1:25", "127.255.0.9:0", "[::1]:25"}) {
    EXPECT_TRUE(endpoint(text).loopback()) << text;
    EXPECT_FALSE(endpoint(text).any()) << text;
  }
  for (const std::string text : {"0.0.0.0:25", "[::]:25"}) {
    EXPECT_FALSE(endpoint(text).loopback()) << text;
    EXPECT_TRUE(endpoint(text).any()) << text;
  }
  for (const std::string text : {"128.0.0.1:25", "[2001:db8::1]:65535", "[::2]:25"}) {
    EXPECT_FALSE(endpoint(text).loopback()) << text;
    EXPECT_FALSE(endpoint(text).any()) << text;
  }
}

}  // namespace
}  // namespace postern
