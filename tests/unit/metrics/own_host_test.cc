#include "metrics/own_host.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace postern::metrics {
namespace {

const std::vector<std::string> kOwn{"mailhost.example.com", "web1", "192.0.2.7", "2001:DB8::7", "Metrics.example.net"};

TEST(OwnHost, IsWhatLeadsToThisMachineFromThisMachine) {
  for (const std::string host : {"localhost",
                                 "LocalHost:9157",
                                 "localhost.",
                                 "localhost.localdomain:9157",
                                 "localhost4",
                                 "localhost6.localdomain6",
                                 "IP6-localhost",
                                 "ip6-loopback:9157",
                                 "127.0.0.1",
                                 "127.0.0.1:9157",
                                 "127.1.2.3:80",
                                 "[::1]",
                                 "[::1]:9157",
                                 "mailhost.example.com",
                                 "MAILHOST.example.com:9154",
                                 "mailhost.example.com.",
                                 "mailhost",
                                 "mailhost:9157",
                                 "web1",
                                 "web1:1",
                                 "192.0.2.7",
                                 "192.0.2.7:8080",
                                 "[2001:db8::7]",
                                 "[2001:db8:0:0::7]:443",
                                 "metrics.example.net",
                                 "[::ffff:127.0.0.1]:9157",
                                 "localhost:"}) {
    EXPECT_TRUE(is_own_host(host, kOwn)) << host;
  }
}

TEST(OwnHost, IsNothingElse) {
  for (const std::string host : {"",
                                 ":",
                                 ":9157",
                                 ".",
                                 "evil.example",
                                 "evil.example:9157",
                                 "localhost.evil.example",
                                 "localdomain",
                                 "localhost5",
                                 "127.0.0.1.evil.example",
                                 "evil.mailhost.example.com",
                                 "example.com",
                                 "192.0.2.8",
                                 "[2001:db8::8]",
                                 "[::1",
                                 "[]",
                                 "[::1]x",
                                 "[::1]x:1",
                                 "localhost:9157x",
                                 "localhost:x",
                                 "localhost:80:80",
                                 "localhost@evil.example",
                                 "2130706433",
                                 "0x7f000001",
                                 "127.1",
                                 "local host",
                                 "web1.example.org",
                                 "10.0.0.1",
                                 "0.0.0.0",
                                 "localhost/",
                                 "http://localhost"}) {
    EXPECT_FALSE(is_own_host(host, kOwn)) << host;
  }
  EXPECT_FALSE(is_own_host("web1", {}));
  EXPECT_FALSE(is_own_host("192", kOwn)) << "the first part of an address is no label";
}

}  // namespace
}  // namespace postern::metrics
