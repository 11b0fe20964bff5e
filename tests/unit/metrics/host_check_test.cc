#include "metrics/host_check.h"

#include "support/expected_log.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace postern::metrics {
namespace {

const SteadyTime kBegin{Seconds(100'000)};

std::vector<std::string> two_names() { return {"web1.example.net", "tunnel.example"}; }

std::ptrdiff_t notices(const std::string& host) {
  return std::ranges::count_if(test::logged(), [&](const std::string& line) {
    return line.find("metrics_hosts") != std::string::npos && line.find("host=" + host) != std::string::npos;
  });
}

TEST(HostCheck, TellsOfEachHostThatIsNotOursOnceAnHour) {
  HostCheck hosts(two_names);
  for (int i = 0; i < 100; ++i) {
    EXPECT_FALSE(hosts.is_ours("proxy.example:443", kBegin + Seconds(i)));
    EXPECT_FALSE(hosts.is_ours("other.example", kBegin + Seconds(i)));
    EXPECT_TRUE(hosts.is_ours("tunnel.example", kBegin + Seconds(i)));
  }
  EXPECT_EQ(notices("proxy.example:443"), 1);
  EXPECT_EQ(notices("other.example"), 1);
  EXPECT_EQ(notices("tunnel.example"), 0);
  EXPECT_FALSE(hosts.is_ours("proxy.example:443", kBegin + HostCheck::kWindow));
  EXPECT_EQ(notices("proxy.example:443"), 2);
}

/// Anybody may ask, and each look at the machine's addresses takes system calls.
TEST(HostCheck, AsksTheMachineForItsNamesNowAndThenAndNotForTheLoopback) {
  int asked = 0;
  std::vector<std::string> names{"web1.example.net"};
  HostCheck hosts([&] {
    ++asked;
    return names;
  });
  for (const std::string host : {"localhost:9157", "127.0.0.1", "[::1]:9157", "localhost.localdomain"}) {
    EXPECT_TRUE(hosts.is_ours(host, kBegin)) << host;
  }
  EXPECT_EQ(asked, 0);
  for (int i = 0; i < 1000; ++i) {
    EXPECT_TRUE(hosts.is_ours("web1.example.net", kBegin));
    EXPECT_FALSE(hosts.is_ours("rebound.example", kBegin + HostCheck::kKnown - Milliseconds(1)));
  }
  EXPECT_EQ(asked, 1);
  names = {"web2.example.net"};
  EXPECT_FALSE(hosts.is_ours("web1.example.net", kBegin + HostCheck::kKnown)) << "it is called otherwise now";
  EXPECT_TRUE(hosts.is_ours("web2.example.net", kBegin + HostCheck::kKnown));
  EXPECT_EQ(asked, 2);
  names = {"web3.example.net"};
  hosts.forget();
  EXPECT_TRUE(hosts.is_ours("web3.example.net", kBegin + HostCheck::kKnown)) << "the settings say so";
}

TEST(HostCheck, TellsOfSoManyHostsAndNoMore) {
  HostCheck hosts(two_names);
  for (int i = 0; i < 1000; ++i) EXPECT_FALSE(hosts.is_ours("h" + std::to_string(i) + ".example", kBegin));
  EXPECT_EQ(notices(""), static_cast<std::ptrdiff_t>(HostCheck::kHosts));
}

}  // namespace
}  // namespace postern::metrics
