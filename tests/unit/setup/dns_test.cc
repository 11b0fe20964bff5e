#include "setup/dns.h"

#include <gtest/gtest.h>

#include <vector>

namespace postern::setup {
namespace {

TEST(Dns, RecordsComeInTheOrderInWhichTheyAreTried) {
  const std::vector<DnsRecord> expected = {
      {10, 9, 2465, "a.example"}, {10, 1, 465, "b.example"}, {20, 0, 465, "c.example"}, {30, 0, 0, ""}};
  EXPECT_EQ(in_fixed_order({expected[2], expected[1], expected[0], expected[3]}), expected);
  EXPECT_EQ(in_fixed_order({{20, 0, 0, "b.example"}, {10, 0, 0, "a.example"}}).front().target, "a.example");
}

}  // namespace
}  // namespace postern::setup
