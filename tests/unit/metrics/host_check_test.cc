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

TEST(HostCheck, TellsOfSoManyHostsAndNoMore) {
  HostCheck hosts(two_names);
  for (int i = 0; i < 1000; ++i) EXPECT_FALSE(hosts.is_ours("h" + std::to_string(i) + ".example", kBegin));
  EXPECT_EQ(notices(""), static_cast<std::ptrdiff_t>(HostCheck::kHosts));
}

}  // namespace
}  // namespace postern::metrics
