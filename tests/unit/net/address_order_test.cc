// The order of a host's addresses (RFC 8305 section 4), over every list of families up to eight long.
#include "net/address_order.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace postern::net {
namespace {

using boost::asio::ip::make_address;

constexpr std::uint16_t kPort = 465;
constexpr std::size_t kLongest = 8;

/// Bit i of `families` says that address i is of IPv6.
Endpoints list_of(std::size_t length, unsigned families) {
  Endpoints list;
  for (std::size_t i = 0; i < length; ++i) {
    const bool v6 = (families >> i & 1U) != 0;
    list.emplace_back(make_address((v6 ? "2001:db8::" : "192.0.2.") + std::to_string(i + 1)), kPort);
  }
  return list;
}

Endpoints of_family(const Endpoints& list, bool v6) {
  Endpoints out;
  for (const Endpoint& endpoint : list) {
    if (endpoint.address().is_v6() == v6) out.push_back(endpoint);
  }
  return out;
}

/// As long as both families have some left, no two of one family follow each other.
void expect_turns(const Endpoints& order) {
  const std::size_t both = 2 * std::min(of_family(order, true).size(), of_family(order, false).size());
  for (std::size_t i = 1; i < both; ++i) {
    EXPECT_NE(order[i].address().is_v6(), order[i - 1].address().is_v6()) << i;
  }
}

TEST(AddressOrder, TakesFamiliesByTurnsAndKeepsTheResolversOrderWithinThem) {
  for (std::size_t length = 0; length <= kLongest; ++length) {
    for (unsigned families = 0; families < 1U << length; ++families) {
      SCOPED_TRACE(std::to_string(length) + " " + std::to_string(families));
      const Endpoints found = list_of(length, families);
      const Endpoints order = in_order(found, "");
      ASSERT_EQ(order.size(), found.size());
      if (length > 0) {
        EXPECT_EQ(order.front(), found.front());
      }
      for (const bool v6 : {false, true}) EXPECT_EQ(of_family(order, v6), of_family(found, v6));
      expect_turns(order);
    }
  }
}

TEST(AddressOrder, BeginsWithTheOneThatWorkedIfItIsStillThere) {
  for (std::size_t length = 1; length <= kLongest; ++length) {
    for (unsigned families = 0; families < 1U << length; ++families) {
      const Endpoints found = list_of(length, families);
      for (const Endpoint& worked : found) {
        const Endpoints order = in_order(found, worked.address().to_string());
        ASSERT_EQ(order.size(), found.size());
        EXPECT_EQ(order.front(), worked);
        EXPECT_TRUE(std::ranges::is_permutation(order, found));
        expect_turns(order);
      }
      EXPECT_EQ(in_order(found, "192.0.2.200"), in_order(found, "")) << "it is no address of this host any more";
    }
  }
}

TEST(AddressOrder, HasEachAddressOnce) {
  Endpoints twice = list_of(6, 0b010101);
  const Endpoints once = in_order(twice, "");
  const Endpoints again = twice;
  twice.insert(twice.end(), again.begin(), again.end());
  EXPECT_EQ(in_order(twice, ""), once);
}

/// Fault 3 of the first landing: a list was cut at eight before IPv4 had its turn.
TEST(AddressOrder, Fault3_GivesIpv4ItsTurnBehindAnyNumberOfIpv6) {
  for (std::size_t many = 1; many < 200; ++many) {
    Endpoints found;
    for (std::size_t i = 1; i <= many; ++i) found.emplace_back(make_address("2001:db8::" + std::to_string(i)), kPort);
    found.emplace_back(make_address("192.0.2.1"), kPort);
    EXPECT_TRUE(in_order(found, "")[1].address().is_v4()) << many;
  }
}

}  // namespace
}  // namespace postern::net
