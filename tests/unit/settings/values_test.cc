#include "settings/values.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace postern::settings {
namespace {

TEST(Values, SendersAreTheFarthestThatReachTheAddressAndAreAdmitted) {
  const auto who = [](const std::string& address, const std::vector<std::string>& admitted, Families families) {
    std::vector<Network> networks;
    for (const std::string& network : admitted) networks.push_back(Network::parse(network).value());
    return senders(networks, NumericEndpoint::parse(address).value(), families);
  };
  for (const Families families : {Families::own, Families::both}) {
    EXPECT_EQ(who("127.0.0.1:25", {"0.0.0.0/0"}, families), Senders::this_machine);
    EXPECT_EQ(who("127.0.0.1:25", {"10.0.0.0/8", "::/0"}, families), Senders::nobody);
    EXPECT_EQ(who("192.0.2.1:25", {"127.0.0.0/8", "::/0"}, families), Senders::nobody);
    EXPECT_EQ(who("192.0.2.1:25", {"0.0.0.0/0"}, families), Senders::others);
    EXPECT_EQ(who("0.0.0.0:25", {"127.0.0.0/8", "::/0"}, families), Senders::this_machine);
    EXPECT_EQ(who("[::]:25", {"::1"}, families), Senders::this_machine);
    EXPECT_EQ(who("[::]:25", {"::1", "2001:db8::/32"}, families), Senders::others);
    EXPECT_EQ(who("[::]:25", {}, families), Senders::nobody);
  }
  EXPECT_EQ(who("[::]:25", {"10.0.0.0/8"}, Families::own), Senders::nobody);
  EXPECT_EQ(who("[::]:25", {"10.0.0.0/8"}, Families::both), Senders::others);
  EXPECT_EQ(who("[::]:25", {"127.0.0.1"}, Families::both), Senders::this_machine);
}

}  // namespace
}  // namespace postern::settings
