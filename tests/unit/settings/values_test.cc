#include "settings/values.h"

#include "one_smarthost.h"

#include <gmock/gmock.h>
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

TEST(Values, AnAddressIsShownWholeWhereAHostBelongs) {
  for (const std::string host : {"::1", "[::1]:25", "2001:db8::25", "192.0.2.1:25", "smtp.example.com:587"}) {
    EXPECT_EQ(shown_host(host), host);
  }
}

TEST(Values, WhatStandsInPlaceOfAPathIsShownAsFarAsNoKeyIsInIt) {
  for (const std::string key : {"tls_ca_file", "client_certificate", "client_key"}) {
    for (const std::string text : {"|\n      -----BEGIN PRIVATE KEY-----\n      hunter2\n", "|\n      /etc/x hunter2\n",
                                   "-----BEGIN PRIVATE KEY----- hunter2\n"}) {
      const std::string told = problems("    " + key + ": " + text);
      EXPECT_THAT(told, testing::HasSubstr("'smarthosts[0]." + key + "' must be an absolute path")) << text;
      EXPECT_THAT(told, testing::Not(testing::HasSubstr("hunter2"))) << key;
    }
  }
  EXPECT_THAT(problems("    client_key: hunter2\n"), testing::HasSubstr("; the secret itself goes into that file\n"));
  EXPECT_THAT(problems("    tls_ca_file: ca.pem\n"), testing::HasSubstr("(it begins with /), not 'ca.pem'\n"));
}

// The end of a value that a comma cuts off looks like a key without one.
TEST(Values, InBracesAnUnknownKeyWithoutAValueIsNotShown) {
  for (const std::string key : {"apikey", "kennwort", "user", "pw"}) {
    for (const std::string end : {"hunter2", "hunter2,hunter2"}) {
      const Loaded loaded = parse("smarthosts: [{host: a.example.com, " + key + ": foo," + end + "}]\n", "f.yaml");
      std::string told;
      for (const Problem& problem : loaded.problems) told += problem.str() + "\n";
      const std::string place = "f.yaml:1:" + std::to_string(42 + key.size()) + ": ";
      EXPECT_THAT(told, testing::HasSubstr(place + "unknown key without a value; in braces a value ends at a comma"));
      EXPECT_THAT(told, testing::Not(testing::HasSubstr("hunter2"))) << key;
    }
  }
  EXPECT_THAT(parse("smarthosts: [{host: a.example.com, hots}]\n", "f.yaml").problems.at(0).text,
              testing::HasSubstr("unknown key 'smarthosts[0].hots'; did you mean 'host'?"));
}

}  // namespace
}  // namespace postern::settings
