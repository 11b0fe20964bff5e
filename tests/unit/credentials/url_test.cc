#include "credentials/url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace postern::credentials {
namespace {

TEST(Url, HasSchemeHostPortAndTarget) {
  const auto url = parse_url("https://Login.Example.com/tenant/token?a=b");
  ASSERT_TRUE(url);
  EXPECT_TRUE(url->tls);
  EXPECT_EQ(url->host, "login.example.com");
  EXPECT_EQ(url->port, 443);
  EXPECT_EQ(url->target, "/tenant/token?a=b");
  EXPECT_EQ(url->origin(), "https://login.example.com");
  EXPECT_EQ(url->text(), "https://login.example.com/tenant/token");
}

TEST(Url, KnowsPortsAndAddresses) {
  const auto six = parse_url("HTTPS://[2001:DB8::1]:8443?x");
  ASSERT_TRUE(six);
  EXPECT_EQ(six->host, "2001:db8::1");
  EXPECT_EQ(six->port, 8443);
  EXPECT_EQ(six->target, "/?x");
  EXPECT_EQ(six->origin(), "https://[2001:db8::1]:8443");
  EXPECT_EQ(parse_url("https://h:443/")->authority(), "h");
  EXPECT_EQ(parse_url("https://h:80/")->authority(), "h:80");
  EXPECT_EQ(parse_url("http://localhost/")->port, 80);
}

TEST(Url, WithoutTlsIsForLoopbackOnly) {
  for (const std::string host : {"localhost", "127.0.0.1", "127.255.255.254", "[::1]", "LOCALHOST"}) {
    EXPECT_TRUE(parse_url("http://" + host + ":8080/token")) << host;
  }
  for (const std::string host : {"example.com", "128.0.0.1", "127.example.com", "127.0.0.1.example.com", "[::2]",
                                 "localhost.example.com", "192.0.2.1", "127.1", "[::ffff:127.0.0.1]"}) {
    const auto url = parse_url("http://" + host + "/token");
    ASSERT_FALSE(url) << host;
    EXPECT_THAT(url.error().text, testing::HasSubstr("use https://"));
  }
}

TEST(Url, ThatIsNotOneOrHidesSomethingIsRefused) {
  for (const std::string text : {"",
                                 "https://",
                                 "https:///x",
                                 "https://:443/",
                                 "ftp://h/",
                                 "h",
                                 "//h/",
                                 "https:/h",
                                 "https://u@h/",
                                 "https://u:p@h/",
                                 "https://h/#f",
                                 "https://h#f",
                                 "https://h:0/",
                                 "https://h:65536/",
                                 "https://h:x/",
                                 "https://h:/",
                                 "https://h:443x/",
                                 "https://[::1/",
                                 "https://[h]/",
                                 "https://[::1]x/",
                                 "https://h h/",
                                 "https://a..b/",
                                 "https://.h/",
                                 "https://h./",
                                 "https://-x-/",
                                 "https://a.-b/",
                                 "https://h/a b",
                                 "https://h/\r\nX: y",
                                 "https://h%2e/",
                                 "https://h\xC3\xA9/",
                                 "https://h\\x/",
                                 "https://h/\x7F",
                                 " https://h/"}) {
    const auto url = parse_url(text);
    ASSERT_FALSE(url) << text;
    EXPECT_EQ(url.error().failure, Failure::invalid);
  }
  EXPECT_FALSE(parse_url("https://h/" + std::string(3000, 'x')));
  EXPECT_FALSE(parse_url("https://" + std::string(254, 'x') + "/"));
}

TEST(Url, OfAPageMayHaveAFragmentAndIsShownAsItIs) {
  for (const std::string text : {"https://h", "https://H/Device?x=%20", "https://h/#f", "https://h#/f?x=y#z",
                                 "https://xn--lgin-0ra.example/", "http://localhost:1/d", "https://[::1]:1/"}) {
    const auto page = parse_page(text);
    ASSERT_TRUE(page) << text << page.error().text;
    EXPECT_EQ(*page, text);
  }
  for (const std::string text : {"", "#", "http://h/", "https://u@h/#f", "https://h/#a b", "https://h/#\x1B[2J",
                                 "https://h/#\xE2\x80\xAE", "https://h/a b", "javascript:alert(1)#https://h/",
                                 "https://h\\@g/", "https://h%40g/", "https://l\xD0\xBEgin/"}) {
    EXPECT_FALSE(parse_page(text)) << text;
  }
  EXPECT_FALSE(parse_page("https://h/#" + std::string(3000, 'x')));
  EXPECT_FALSE(parse_page(std::string("https://h/\0", 11)));
}

}  // namespace
}  // namespace postern::credentials
