#include "base/network.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace postern {
namespace {

IpAddress ip(const std::string& text) {
  const auto address = parse_ip(text);
  EXPECT_TRUE(address) << text;
  return address.value_or(IpAddress{});
}

Network network(const std::string& text) {
  const auto parsed = Network::parse(text);
  EXPECT_TRUE(parsed) << text;
  return parsed ? *parsed : loopback_v6();
}

/// An address that differs from `from` in one bit.
IpAddress flipped(IpAddress from, unsigned bit) {
  from[bit / 8] ^= static_cast<std::uint8_t>(0x80U >> bit % 8);
  return from;
}

TEST(Network, OfEveryLengthHoldsWhatAgreesInItsPrefixAndNothingElse) {
  for (unsigned length = 0; length <= 128; ++length) {
    IpAddress first{};
    for (unsigned bit = 0; bit < length; bit += 3) first = flipped(first, bit);
    std::string text;
    for (std::size_t i = 0; i < 16; i += 2) {
      constexpr auto kHex = "0123456789abcdef";
      for (const std::size_t at : {i, i + 1}) {
        text += kHex[first[at] >> 4U];
        text += kHex[first[at] & 0xFU];
      }
      if (i < 14) text += ':';
    }
    const Network tried = network(text + "/" + std::to_string(length));
    for (unsigned bit = 0; bit < 128; ++bit) {
      EXPECT_EQ(tried.contains(flipped(first, bit)), bit >= length) << length << ' ' << bit;
    }
  }
}

TEST(Network, OfIPv4OfEveryLength) {
  for (unsigned length = 0; length <= 32; ++length) {
    const IpAddress first = ip("0.0.0.0");
    const Network tried = network("0.0.0.0/" + std::to_string(length));
    EXPECT_TRUE(tried.is_v4());
    EXPECT_EQ(tried.everybody(), length == 0);
    EXPECT_EQ(tried.str(), "0.0.0.0/" + std::to_string(length));
    for (unsigned bit = 0; bit < 128; ++bit) {
      const bool other_family = bit < 96;
      EXPECT_EQ(tried.contains(flipped(first, bit)), !other_family && bit - 96 >= length) << length << ' ' << bit;
    }
  }
}

TEST(Network, HoldsAnIPv4ClientThroughASocketOfEitherFamily) {
  const Network tens = network("10.0.0.0/8");
  EXPECT_TRUE(tens.contains(ip("10.1.2.3")));
  EXPECT_TRUE(tens.contains(ip("::ffff:10.1.2.3")));
  EXPECT_FALSE(tens.contains(ip("11.0.0.1")));
  EXPECT_FALSE(tens.contains(ip("::10.1.2.3"))) << "IPv4-compatible addresses are IPv6";
  EXPECT_EQ(network("::ffff:10.0.0.0/104"), tens) << "written as mapped it is the same";
  EXPECT_EQ(network("::ffff:10.0.0.1"), network("10.0.0.1"));
  EXPECT_FALSE(network("::/0").contains(ip("10.1.2.3"))) << "all of IPv6 is not all of IPv4";
  EXPECT_FALSE(network("::/0").contains(ip("::ffff:10.1.2.3")));
  EXPECT_FALSE(network("0.0.0.0/0").contains(ip("2001:db8::1")));
}

TEST(Network, ABareAddressIsANetworkOfOne) {
  EXPECT_EQ(network("192.0.2.7"), network("192.0.2.7/32"));
  EXPECT_EQ(network("::1"), loopback_v6());
  EXPECT_TRUE(network("192.0.2.7").contains(ip("192.0.2.7")));
  EXPECT_FALSE(network("192.0.2.7").contains(ip("192.0.2.6")));
  EXPECT_EQ(network("2001:db8::7").str(), "2001:db8::7/128");
}

TEST(Network, SaysWhatIsWrong) {
  struct Row {
    std::string text;
    std::string words;
  };
  const std::vector<Row> rows{
      {"", "is not a numeric address"},
      {"/8", "is not a numeric address"},
      {"localhost", "is not a numeric address"},
      {"10", "is not a numeric address"},
      {"10.0.0/8", "is not a numeric address"},
      {"10.0.0.0.0/8", "is not a numeric address"},
      {"010.0.0.0/8", "is not a numeric address"},
      {"fe80::1%eth0", "is not a numeric address"},
      {"[::1]", "is not a numeric address"},
      {" 10.0.0.0/8", "is not a numeric address"},
      {std::string("10.0.0.0\0", 9), "is not a numeric address"},
      {"10.0.0.0/", "from 0 to 32"},
      {"10.0.0.0/33", "from 0 to 32"},
      {"10.0.0.0/08", "from 0 to 32"},
      {"10.0.0.0/-1", "from 0 to 32"},
      {"10.0.0.0/8 ", "from 0 to 32"},
      {"10.0.0.0/8/8", "from 0 to 32"},
      {"10.0.0.0/255.0.0.0", "from 0 to 32"},
      {"10.0.0.0/99999999999999999999", "from 0 to 32"},
      {"2001:db8::/129", "from 0 to 128"},
      {"10.0.0.5/8", "did you mean '10.0.0.0/8'?"},
      {"2001:db8::1/32", "did you mean '2001:db8::/32'?"},
      {"::ffff:10.0.0.0/8", "did you mean '::/8'?"},
  };
  for (const Row& row : rows) {
    const auto parsed = Network::parse(row.text);
    ASSERT_FALSE(parsed) << row.text;
    EXPECT_EQ(parsed.error().failure, Failure::invalid);
    EXPECT_NE(parsed.error().text.find(row.words), std::string::npos) << parsed.error().text;
  }
}

TEST(Network, KnowsWhatLiesWithinWhat) {
  EXPECT_TRUE(network("127.0.0.1").within(loopback_v4()));
  EXPECT_FALSE(network("0.0.0.0/0").within(loopback_v4()));
  EXPECT_TRUE(network("0.0.0.0/0").overlaps(loopback_v4()));
  EXPECT_TRUE(loopback_v4().overlaps(network("127.0.0.1")));
  EXPECT_FALSE(network("10.0.0.0/8").overlaps(loopback_v4()));
  EXPECT_FALSE(network("::/0").overlaps(loopback_v4()));
  EXPECT_TRUE(network("::/0").overlaps(loopback_v6()));
}

TEST(Network, TellsWhatStaysOnThisMachine) {
  for (const std::string host : {"localhost", "LocalHost", "127.0.0.1", "127.9.9.9", "::1", "0:0:0:0:0:0:0:1"}) {
    EXPECT_TRUE(stays_on_this_machine(host)) << host;
  }
  for (const std::string host : {"", "localhost.", "localhost.example.com", "127.0.0.1.example.com", "127.1", "[::1]",
                                 "10.0.0.1", "::ffff:127.0.0.1", "::2", "0.0.0.0", "127.0.0.1 "}) {
    EXPECT_FALSE(stays_on_this_machine(host)) << host;
  }
}

}  // namespace
}  // namespace postern
