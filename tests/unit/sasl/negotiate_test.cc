#include "sasl/negotiate.h"

#include "base/text.h"
#include "exchange.h"
#include "sasl/mechanism_options.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace postern::sasl {
namespace {

using Names = std::vector<std::string>;

Credentials everything() {
  Credentials credentials = test::with_password("tim", "secret");
  credentials.token = Secret("token");
  credentials.client_certificate = true;
  return credentials;
}

Credentials tim() { return test::with_password("tim", "secret"); }

Channel clear() { return Channel(); }

Channel unverified() {
  Channel channel;
  channel.encrypted = true;
  channel.bindings = {test::binding("tls-exporter", "x")};
  return channel;
}

Channel tls() {
  Channel channel = unverified();
  channel.verified = true;
  return channel;
}

Policy allowing_cleartext() {
  Policy policy;
  policy.allow_cleartext_auth = true;
  return policy;
}

Policy remembering(std::string name) {
  Policy policy;
  policy.remembered = std::move(name);
  return policy;
}

Policy listing(Names names) {
  Policy policy;
  policy.mechanisms = std::move(names);
  return policy;
}

Names usable(const Names& offered, const Channel& channel, const Credentials& credentials = tim(),
             const Policy& policy = Policy()) {
  return negotiate(offered, channel, credentials, policy).usable;
}

std::string reason(const Choice& choice, std::string_view name) {
  for (const Skipped& skipped : choice.skipped) {
    if (skipped.mechanism == name) return skipped.reason;
  }
  return {};
}

Names shuffled() {
  Names all = known_mechanisms();
  std::ranges::reverse(all);
  return all;
}

TEST(Negotiate, HasTheOrderOfTheDesign) {
  const Names scram_plus{"SCRAM-SHA-512-PLUS", "SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS"};
  const Names scram{"SCRAM-SHA-512", "SCRAM-SHA-256", "SCRAM-SHA-1"};
  const auto joined = [](std::initializer_list<Names> parts) {
    Names all;
    for (const Names& part : parts) all.insert(all.end(), part.begin(), part.end());
    return all;
  };
  const Names oauth{"OAUTHBEARER", "XOAUTH2"};
  EXPECT_EQ(usable(shuffled(), tls(), everything()),
            joined({oauth, {"EXTERNAL"}, scram_plus, scram, {"PLAIN", "LOGIN", "CRAM-MD5"}}));
  EXPECT_EQ(usable(shuffled(), clear(), everything()), joined({scram, {"CRAM-MD5"}}));
  EXPECT_EQ(usable(shuffled(), clear(), everything(), allowing_cleartext()),
            joined({scram, {"CRAM-MD5"}, oauth, {"PLAIN", "LOGIN"}}));
  EXPECT_EQ(usable(shuffled(), unverified(), everything()), joined({{"EXTERNAL"}, scram_plus, scram, {"CRAM-MD5"}}));
  Channel unbound = tls();
  unbound.bindings.clear();
  EXPECT_EQ(usable(shuffled(), unbound), joined({scram, {"PLAIN", "LOGIN", "CRAM-MD5"}}));
}

TEST(Negotiate, TakesEachMechanismWithWhatItNeedsAlone) {
  for (const KnownMechanism& mechanism : kKnownMechanisms) {
    Credentials credentials;
    credentials.user = "tim";
    if (mechanism.needs == Needs::password) credentials.password = Secret("p");
    if (mechanism.needs == Needs::token) credentials.token = Secret("t");
    credentials.client_certificate = mechanism.needs == Needs::certificate;
    const Names offered = {std::string(mechanism.name)};
    EXPECT_EQ(usable(offered, tls(), credentials), offered);
  }
}

TEST(Negotiate, TriesWhatWorkedLastTimeFirst) {
  EXPECT_EQ(usable({"PLAIN", "LOGIN"}, tls(), tim(), remembering("login")), (Names{"LOGIN", "PLAIN"}));
  EXPECT_EQ(usable({"PLAIN"}, tls(), tim(), remembering("LOGIN")), (Names{"PLAIN"}));
  EXPECT_EQ(usable({"PLAIN", "CRAM-MD5"}, clear(), tim(), remembering("PLAIN")), (Names{"CRAM-MD5"}));
}

TEST(Negotiate, KeepsTheOperatorsListAndOrder) {
  EXPECT_EQ(usable(shuffled(), tls(), tim(), listing({"login", "SCRAM-SHA-1", "NTLM", "PLAIN", "EXTERNAL"})),
            (Names{"LOGIN", "SCRAM-SHA-1", "PLAIN"}));
  Policy policy = listing({"LOGIN", "PLAIN"});
  policy.remembered = "PLAIN";
  EXPECT_EQ(usable(shuffled(), tls(), tim(), policy), (Names{"LOGIN", "PLAIN"}));
  policy.remembered = "SCRAM-SHA-256";
  EXPECT_EQ(usable(shuffled(), tls(), tim(), policy), (Names{"LOGIN", "PLAIN"}));
  EXPECT_EQ(usable(shuffled(), clear(), tim(), policy), Names());
}

TEST(Negotiate, DoesNotPutASeparatorIntoAMessage) {
  Credentials credentials = everything();
  credentials.password = Secret(std::string("a\0b", 3));
  const Choice choice = negotiate(shuffled(), tls(), credentials, Policy());
  EXPECT_EQ(std::ranges::count(choice.usable, "PLAIN"), 0);
  EXPECT_NE(reason(choice, "PLAIN").find("NUL"), std::string::npos);
  EXPECT_EQ(std::ranges::count(choice.usable, "LOGIN"), 1);
  EXPECT_EQ(std::ranges::count(choice.usable, "SCRAM-SHA-256"), 1);
  credentials.user = "t\1m";
  EXPECT_NE(reason(negotiate(shuffled(), tls(), credentials, Policy()), "XOAUTH2").find("Ctrl-A"), std::string::npos);
  credentials.user = std::string("t\0m", 3);
  EXPECT_NE(reason(negotiate(shuffled(), tls(), credentials, Policy()), "SCRAM-SHA-1").find("NUL"), std::string::npos);
  credentials = test::with_token("tim", "t\1");
  EXPECT_NE(reason(negotiate(shuffled(), tls(), credentials, Policy()), "OAUTHBEARER").find("Ctrl-A"),
            std::string::npos);
}

TEST(Negotiate, SaysWhyTheRestIsNotTried) {
  const Choice bare = negotiate({"plain", "NTLM", "ntlm", "XOAUTH2", "EXTERNAL"}, clear(), tim(), Policy());
  EXPECT_EQ(reason(bare, "PLAIN"),
            "it would reveal the password: the connection is not encrypted, and allow_cleartext_auth is off");
  EXPECT_EQ(reason(bare, "NTLM"), "Postern does not know this mechanism");
  EXPECT_EQ(reason(bare, "XOAUTH2"), "no access token is configured");
  EXPECT_EQ(reason(bare, "EXTERNAL"), "no client certificate is configured");
  EXPECT_EQ(reason(bare, "SCRAM-SHA-256"), "the server does not offer it");
  EXPECT_EQ(reason(bare, "OAUTHBEARER"), "") << "not offered, and no token: nobody wants to know";
  EXPECT_EQ(std::ranges::count(bare.skipped, "ntlm", &Skipped::mechanism), 0);

  const Choice listed = negotiate({"PLAIN", "LOGIN"}, tls(), tim(), listing({"PLAIN", "CRAM-MD5"}));
  EXPECT_EQ(reason(listed, "LOGIN"), "it is not in the configured list `mechanisms`");
  EXPECT_EQ(reason(listed, "CRAM-MD5"), "the server does not offer it");
  EXPECT_EQ(listed.skipped.size(), 2U) << "what is neither offered nor listed is not spoken of";

  const Choice unbound = negotiate(shuffled(), clear(), everything(), Policy());
  EXPECT_EQ(reason(unbound, "SCRAM-SHA-1-PLUS"), "the connection gives no channel binding");
  EXPECT_EQ(reason(unbound, "EXTERNAL"), "the connection is not encrypted, so no client certificate was shown");
  EXPECT_NE(reason(unbound, "XOAUTH2").find("reveal the access token"), std::string::npos);
  EXPECT_NE(reason(negotiate(shuffled(), unverified(), tim(), Policy()), "LOGIN").find("certificate is not verified"),
            std::string::npos);
  EXPECT_EQ(reason(negotiate(shuffled(), tls(), test::with_token("", "t"), Policy()), "PLAIN"),
            "no password is configured");
  EXPECT_EQ(reason(negotiate(shuffled(), tls(), test::with_token("", "t"), Policy()), "XOAUTH2"),
            "no user name is configured");
  EXPECT_EQ(reason(negotiate(shuffled(), tls(), test::with_password("", "p"), Policy()), "PLAIN"),
            "no user name is configured");
}

TEST(Negotiate, KnowsTheSituationOfScram) {
  const Situation all = situation(shuffled(), tls(), Policy());
  EXPECT_EQ(all.bindings.size(), 1U);
  EXPECT_TRUE(all.binding_offered);
  EXPECT_TRUE(all.binding_allowed);
  EXPECT_TRUE(situation({"scram-sha3-512-plus"}, tls(), Policy()).binding_offered);
  EXPECT_FALSE(situation({"SCRAM-SHA-256", "X-PLUS", "-PLUS"}, tls(), Policy()).binding_offered);
  EXPECT_FALSE(situation({}, tls(), listing({"SCRAM-SHA-256", "PLAIN"})).binding_allowed);
  EXPECT_TRUE(situation({}, tls(), listing({"scram-sha-1-plus"})).binding_allowed);
  Channel impossible = tls();
  impossible.encrypted = false;
  EXPECT_TRUE(situation({}, impossible, Policy()).bindings.empty());
}

bool contains(const Names& names, std::string_view name) {
  return std::ranges::any_of(names, [name](const std::string& n) { return iequals(n, name); });
}

/// How strong a mechanism is, worked out from its name.
int strength(const std::string& name) {
  if (name == "OAUTHBEARER") return 100;
  if (name == "XOAUTH2") return 90;
  if (name == "EXTERNAL") return 80;
  if (name.starts_with("SCRAM-SHA-")) {
    const int hash = name[10] == '5' ? 3 : name[10] == '2' ? 2 : 1;
    return (name.ends_with("PLUS") ? 60 : 50) + hash;
  }
  return name == "PLAIN" ? 30 : name == "LOGIN" ? 20 : 10;
}

bool hides(const std::string& name) { return name.starts_with("SCRAM") || name == "CRAM-MD5" || name == "EXTERNAL"; }

/// What may be tried, worked out from its name.
bool may(const std::string& name, const Names& offered, const Channel& channel, const Credentials& credentials,
         const Policy& policy) {
  if (!contains(offered, name)) return false;
  if (!policy.mechanisms.empty() && !contains(policy.mechanisms, name)) return false;
  const bool oauth = name.find("OAUTH") != std::string::npos;
  if (oauth && !credentials.token) return false;
  if (name == "EXTERNAL" && !(credentials.client_certificate && channel.encrypted)) return false;
  if (!oauth && name != "EXTERNAL" && !credentials.password) return false;
  if (name.ends_with("PLUS") && !(channel.encrypted && !channel.bindings.empty())) return false;
  return hides(name) || (channel.encrypted && channel.verified) || policy.allow_cleartext_auth;
}

class Dice {
 public:
  bool toss() { return random_() % 2 == 0; }
  std::size_t below(std::size_t limit) { return random_() % limit; }

  Names names(std::size_t most) {
    static const Names extra{"plain", "Login", "cram-md5", "scram-sha-256",
                             "NTLM",  "",      "PLAIN2",   "SCRAM-SHA3-512-PLUS"};
    Names pool = known_mechanisms();
    pool.insert(pool.end(), extra.begin(), extra.end());
    Names some(below(most + 1));
    for (std::string& name : some) name = pool[below(pool.size())];
    return some;
  }

  Channel channel() {
    Channel result;
    result.encrypted = toss();
    result.verified = toss();
    if (toss()) result.bindings = {test::binding("tls-exporter", "x")};
    return result;
  }

  Credentials credentials() {
    Credentials result;
    result.user = "tim";
    if (toss()) result.password = Secret("secret");
    if (toss()) result.token = Secret("token");
    result.client_certificate = toss();
    return result;
  }

  Policy policy() {
    Policy result;
    result.allow_cleartext_auth = toss();
    const Names remembered = names(1);
    if (!remembered.empty()) result.remembered = remembered.front();
    if (below(3) == 0) result.mechanisms = names(5);
    return result;
  }

 private:
  std::mt19937 random_{1};
};

void check_order(const Names& chosen, const Channel& channel, const Policy& policy) {
  const bool safe = channel.encrypted && channel.verified;
  const auto before = [&](const std::string& a, const std::string& b) {
    if (!policy.mechanisms.empty()) {
      const auto place = [&](const std::string& name) {
        return std::ranges::find_if(policy.mechanisms, [&](const std::string& n) { return iequals(n, name); });
      };
      return place(a) < place(b);
    }
    if (iequals(a, policy.remembered) != iequals(b, policy.remembered)) return iequals(a, policy.remembered);
    if (!safe && hides(a) != hides(b)) return hides(a);
    return strength(a) > strength(b);
  };
  for (std::size_t i = 1; i < chosen.size(); ++i) EXPECT_TRUE(before(chosen[i - 1], chosen[i])) << chosen[i];
}

TEST(Negotiate, KeepsItsPromisesForRandomOffers) {
  Dice dice;
  std::size_t chosen_at_all = 0;
  for (int round = 0; round < 20000; ++round) {
    const Names offered = dice.names(8);
    const Channel channel = dice.channel();
    const Credentials credentials = dice.credentials();
    const Policy policy = dice.policy();
    const Choice choice = negotiate(offered, channel, credentials, policy);
    chosen_at_all += choice.usable.size();
    for (const std::string& name : known_mechanisms()) {
      EXPECT_EQ(std::ranges::count(choice.usable, name), may(name, offered, channel, credentials, policy) ? 1 : 0)
          << name;
    }
    Situation facts = situation(offered, channel, policy);
    facts.nonce = "nonce";
    for (const std::string& name : choice.usable) EXPECT_NE(make_mechanism(name, credentials, facts), nullptr) << name;
    check_order(choice.usable, channel, policy);
    for (const std::string& name : offered) {  // nothing offered is passed over in silence
      const bool told =
          std::ranges::any_of(choice.skipped, [&](const Skipped& s) { return iequals(s.mechanism, name); });
      EXPECT_NE(contains(choice.usable, name), told) << name;
    }
    for (const Skipped& skipped : choice.skipped) EXPECT_FALSE(skipped.reason.empty());
    if (testing::Test::HasFailure()) return;
  }
  EXPECT_GT(chosen_at_all, 10000U);
}

TEST(Negotiate, KnowsNoMechanismBeyondItsTable) {
  EXPECT_EQ(make_mechanism("NTLM", everything(), Situation()), nullptr);
  EXPECT_EQ(make_server_mechanism("NTLM", ServerSide()), nullptr);
  EXPECT_EQ(make_mechanism("cram-md5", tim(), Situation())->name(), "CRAM-MD5");
  EXPECT_EQ(make_mechanism("scram-sha-256", tim(), Situation())->name(), "SCRAM-SHA-256");
  EXPECT_EQ(known_mechanisms().size(), 12U);
  EXPECT_TRUE(uses_token("xoauth2"));
  EXPECT_FALSE(uses_token("PLAIN"));
  EXPECT_FALSE(uses_token("NTLM"));
}

}  // namespace
}  // namespace postern::sasl
