#include "sasl/negotiate.h"

#include "base/text.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace postern::sasl {
namespace {

using Names = std::vector<std::string>;

Credentials tim() {
  Credentials credentials;
  credentials.user = "tim";
  credentials.password = Secret("secret");
  return credentials;
}

constexpr Channel kTls{true, true};

Names usable(const Names& offered, const Channel& channel, const Policy& policy = Policy()) {
  return negotiate(offered, channel, tim(), policy).usable;
}

TEST(Negotiate, PrefersPlainInsideTlsAndCramMd5Outside) {
  const Names all{"CRAM-MD5", "LOGIN", "PLAIN"};
  EXPECT_EQ(usable(all, kTls), (Names{"PLAIN", "LOGIN", "CRAM-MD5"}));
  EXPECT_EQ(usable(all, Channel()), (Names{"CRAM-MD5"}));
  EXPECT_EQ(usable(all, Channel(), Policy{true, ""}), (Names{"CRAM-MD5", "PLAIN", "LOGIN"}));
  EXPECT_EQ(usable(all, Channel{true, false}), (Names{"CRAM-MD5"}));
}

TEST(Negotiate, TriesWhatWorkedLastTimeFirst) {
  EXPECT_EQ(usable({"PLAIN", "LOGIN"}, kTls, Policy{false, "LOGIN"}), (Names{"LOGIN", "PLAIN"}));
  EXPECT_EQ(usable({"PLAIN"}, kTls, Policy{false, "LOGIN"}), (Names{"PLAIN"}));
  EXPECT_EQ(usable({"PLAIN", "CRAM-MD5"}, Channel(), Policy{false, "PLAIN"}), (Names{"CRAM-MD5"}));
}

TEST(Negotiate, DoesNotPutANulIntoPlain) {
  Credentials credentials = tim();
  credentials.password = Secret(std::string("a\0b", 3));
  const Choice choice = negotiate({"PLAIN", "LOGIN"}, kTls, credentials, Policy());
  EXPECT_EQ(choice.usable, (Names{"LOGIN"}));
  EXPECT_NE(choice.skipped.front().reason.find("NUL"), std::string::npos);
}

TEST(Negotiate, SaysWhyTheRestIsNotTried) {
  const Choice choice = negotiate({"plain", "NTLM", "ntlm"}, Channel(), tim(), Policy());
  ASSERT_EQ(choice.skipped.size(), 4U);
  EXPECT_EQ(choice.skipped[0].mechanism, "PLAIN");
  EXPECT_NE(choice.skipped[0].reason.find("reveal the password"), std::string::npos);
  EXPECT_EQ(choice.skipped[1].reason, "the server does not offer it");
  EXPECT_EQ(choice.skipped[3].mechanism, "NTLM");
  EXPECT_EQ(choice.skipped[3].reason, "Postern does not know this mechanism");
}

bool contains(const Names& names, std::string_view name) {
  return std::ranges::any_of(names, [name](const std::string& n) { return iequals(n, name); });
}

TEST(Negotiate, KeepsItsPromisesForRandomOffers) {
  const Names pool{"PLAIN", "plain", "LOGIN", "Login", "CRAM-MD5", "cram-md5", "NTLM", "", "SCRAM-SHA-256", "PLAIN2"};
  std::mt19937 random(1);
  for (int round = 0; round < 20000; ++round) {
    Names offered(random() % 6);
    for (std::string& name : offered) name = pool[random() % pool.size()];
    const Channel channel{random() % 2 == 0, random() % 2 == 0};
    const Policy policy{random() % 2 == 0, pool[random() % pool.size()]};
    const Choice choice = negotiate(offered, channel, tim(), policy);
    const bool safe = channel.encrypted && channel.verified;
    for (const std::string& name : choice.usable) {
      EXPECT_TRUE(contains(offered, name));
      EXPECT_NE(make_mechanism(name, tim()), nullptr);
      EXPECT_EQ(std::ranges::count(choice.usable, name), 1);
      EXPECT_TRUE(safe || policy.allow_cleartext || name == "CRAM-MD5");
    }
    const bool front_is_remembered = !choice.usable.empty() && iequals(choice.usable.front(), policy.remembered);
    EXPECT_EQ(front_is_remembered, contains(choice.usable, policy.remembered));
    for (const std::string& name : offered) {  // nothing offered is passed over in silence
      const bool told =
          std::ranges::any_of(choice.skipped, [&](const Skipped& s) { return iequals(s.mechanism, name); });
      EXPECT_NE(contains(choice.usable, name), told) << name;
    }
    for (const Skipped& skipped : choice.skipped) EXPECT_FALSE(skipped.reason.empty());
  }
}

TEST(Negotiate, KnowsNoMechanismBeyondItsTable) {
  EXPECT_EQ(make_mechanism("NTLM", tim()), nullptr);
  EXPECT_EQ(make_server_mechanism("NTLM", {}, ""), nullptr);
  EXPECT_NE(make_mechanism("cram-md5", tim()), nullptr);
}

}  // namespace
}  // namespace postern::sasl
