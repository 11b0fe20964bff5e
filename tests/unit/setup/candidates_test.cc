#include "setup/candidates.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace postern::setup {
namespace {

using relay::Tls;

std::string all(const std::vector<settings::Smarthost>& ways) {
  std::string text;
  for (const settings::Smarthost& each : ways) text += shown(each) + "\n";
  return text;
}

TEST(Candidates, AServerIsANameOrAnAddressWithOrWithoutAPort) {
  struct Good {
    const char* text;
    const char* host;
    std::uint16_t port;
  };
  for (const Good& each :
       {Good{"smtp.example.com", "smtp.example.com", 0}, Good{"smtp.example.com:2525", "smtp.example.com", 2525},
        Good{"192.0.2.1:465", "192.0.2.1", 465}, Good{"2001:db8::1", "2001:db8::1", 0},
        Good{"[2001:db8::1]", "2001:db8::1", 0}, Good{"[::1]:587", "::1", 587}}) {
    const auto server = parse_server(each.text);
    ASSERT_TRUE(server) << each.text;
    EXPECT_EQ(server->host, each.host);
    EXPECT_EQ(server->port, each.port);
  }
  for (const std::string text : {"", ":25", "a:", "a:0", "a:65536", "a:025", "a:x", "[::1", "[::1]x", "[::1]:", "a b",
                                 "-a", "smtp://a", "a/b", "a:1:2", "a\n"}) {
    EXPECT_FALSE(parse_server(text)) << text;
  }
}

TEST(Candidates, APortSaysHowToSpeakAndNoPortTriesBoth) {
  for (unsigned port = 1; port <= 65535; ++port) {
    const auto ways = ways_to(Server{"a.example", static_cast<std::uint16_t>(port)}, std::nullopt);
    const bool known = port == 25 || port == 465 || port == 587 || port == 2525 || port == 2587 || port == 2465;
    ASSERT_EQ(ways.size(), known ? 1U : 2U) << port;
    for (const auto& way : ways) ASSERT_TRUE(way.port == port && way.tls != Tls::none) << port;
  }
  EXPECT_EQ(all(ways_to(Server{"a.example", 0}, std::nullopt)),
            "a.example port 465 (implicit TLS)\na.example port 587 (STARTTLS)\n");
  EXPECT_EQ(all(ways_to(Server{"a.example", 0}, Tls::none)), "a.example port 25 (no TLS)\n");
  EXPECT_EQ(all(ways_to(Server{"a.example", 25}, Tls::implicit)), "a.example port 25 (implicit TLS)\n");
}

TEST(Candidates, TheUsualNamesOfADomain) {
  EXPECT_EQ(all(usual_servers("Example.COM")),
            "smtp.example.com port 465 (implicit TLS)\nsmtp.example.com port 587 (STARTTLS)\n"
            "mail.example.com port 465 (implicit TLS)\nmail.example.com port 587 (STARTTLS)\n");
}

TEST(Candidates, AnnouncedServersWithImplicitTlsComeFirst) {
  const std::vector<DnsRecord> submissions = {{0, 1, 465, "a.example"}, {1, 0, 0, "b.example"}, {2, 0, 465, ""}};
  EXPECT_EQ(all(announced_servers(submissions, {{0, 0, 587, "c.example"}})),
            "a.example port 465 (implicit TLS)\nc.example port 587 (STARTTLS)\n");
}

}  // namespace
}  // namespace postern::setup
