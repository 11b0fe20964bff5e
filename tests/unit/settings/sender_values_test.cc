#include "settings/sender_values.h"

#include "settings/load.h"

#include "one_smarthost.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

namespace postern::settings {
namespace {

using Options = relay::SenderPolicyOptions;
using Policy = Options::Policy;
using Patterns = std::map<std::string, std::string>;

Options good_from(const std::string& keys) {
  const Loaded loaded = with(keys);
  for (const Problem& problem : loaded.problems) ADD_FAILURE() << keys << problem.str();
  return loaded.settings ? loaded.settings->smarthosts.at(0).from : Options{};
}

/// A user without a secret is an error of its own.
std::string user(const std::string& name) { return "    user: " + name + "\n    password_command: [/bin/true]\n"; }

TEST(SenderValues, WithoutTheKeySendersAreKept) {
  EXPECT_EQ(good_from(""), Options{});
  EXPECT_EQ(good_from(user("a@b.example")), Options{});
  EXPECT_EQ(good_from("    from: {}\n"), Options{});
  EXPECT_EQ(good_from("    from: { policy: keep }\n"), Options{});
  EXPECT_EQ(good_from("    from: keep\n"), Options{});
}

TEST(SenderValues, OneAddressMeansTheAccounts) {
  const Options expected{Policy::account, "alerts@example.com", {}, ""};
  for (const std::string keys :
       {"from: alerts@example.com", "from: \"alerts@example.com\"", "from: { address: alerts@example.com }",
        "from: { policy: account, address: alerts@example.com }"}) {
    EXPECT_EQ(good_from("    " + keys + "\n"), expected) << keys;
    EXPECT_EQ(good_from(user("apikey") + "    " + keys + "\n"), expected) << keys;
    EXPECT_EQ(good_from(user("other@example.com") + "    " + keys + "\n"), expected) << keys;
  }
}

TEST(SenderValues, TheUserIsTheAddressWhereItIsOne) {
  const Options expected{Policy::account, "alerts@example.com", {}, ""};
  EXPECT_EQ(good_from(user("alerts@example.com") + "    from: account\n"), expected);
  EXPECT_EQ(good_from(user("alerts@example.com") + "    from: { policy: account }\n"), expected);
  const Options named{Policy::account, "alerts@example.com", {}, "web1"};
  EXPECT_EQ(good_from(user("alerts@example.com") + "    from: { name: web1 }\n"), named);
  for (const std::string name : {"apikey", "'a b@example.com'", "alerts@"}) {
    const std::string text = problems(user(name) + "    from: account\n");
    EXPECT_NE(text.find("'smarthosts[0].from' needs the account's address in 'smarthosts[0].from.address': the user"),
              std::string::npos)
        << name << text;
  }
  EXPECT_NE(problems("    from: account\n").find("there is no 'user'"), std::string::npos);
}

TEST(SenderValues, PatternsMeanRewrite) {
  const Patterns patterns{{"root", "ops@example.com"}, {"*@web1.example.net", "w@example.com"}, {"*", "x@example.com"}};
  const std::string map =
      "rewrite: { Root: ops@example.com, \"*@WEB1.example.net\": w@example.com, \"*\": x@example.com }";
  EXPECT_EQ(good_from("    from: { " + map + " }\n"), (Options{Policy::rewrite, "", patterns, ""}));
  EXPECT_EQ(good_from("    from: { policy: rewrite, " + map + ", address: a@example.com, name: N }\n"),
            (Options{Policy::rewrite, "a@example.com", patterns, "N"}));
  // The user catches nothing that the settings do not say.
  EXPECT_EQ(good_from(user("alerts@example.com") + "    from: { " + map + " }\n").address, "");
}

TEST(SenderValues, APatternWithAFinalDotIsThatWithoutIt) {
  const Patterns patterns{{"*@web1.example.net", "w@example.com"}, {"a@b.example", "x@example.com"}};
  EXPECT_EQ(
      good_from("    from: { rewrite: { \"*@web1.example.net.\": w@example.com, a@b.example.: x@example.com } }\n")
          .rewrite,
      patterns);
  EXPECT_NE(problems("    from: { rewrite: { \"*@b.example.\": w@example.com, \"*@b.example\": x@example.com } }\n")
                .find("stands here twice"),
            std::string::npos);
}

struct Slip {
  std::string keys;
  std::string text;
};

TEST(SenderValues, SlipsAreToldWithWhatWasMeant) {
  const std::vector<Slip> slips{
      {"from: acount",
       "'smarthosts[0].from.policy' must be keep, account or rewrite, not 'acount'; did you mean "
       "'account'?"},
      {"from: { policy: rewrites }", "did you mean 'rewrite'?"},
      {"from: { policy: always }", "must be keep, account or rewrite, not 'always'\n"},
      {"from: { polcy: account }", "unknown key 'smarthosts[0].from.polcy'; did you mean 'policy'?"},
      {"from: { adress: a@b.example }", "did you mean 'address'?"},
      {"from: alerts@", "'smarthosts[0].from.address' is not a whole address: 'alerts@'"},
      {"from: { address: root }", "it has no domain"},
      {"from: [a@b.example]", "'smarthosts[0].from' must be a group of keys"},
      {"from: { policy: keep, address: a@b.example }", "so 'address' is of no use"},
      {"from: { policy: keep, name: N }", "so 'name' is of no use"},
      {"from: { policy: account, address: a@b.example, rewrite: { root: a@b.example } }", "has a 'rewrite'"},
      {"from: { policy: rewrite }", "has no 'rewrite'"},
      {"from: { rewrite: {} }", "must be patterns with addresses"},
      {"from: { rewrite: { root: ops } }", "'smarthosts[0].from.rewrite.root' is not a whole address"},
      {"from: { rewrite: { \"*@\": a@b.example } }", "must be an address, a local name"},
      {"from: { rewrite: { \"a*\": a@b.example } }", "must be an address, a local name"},
      {"from: { rewrite: { \"@b.example\": a@b.example } }", "must be an address, a local name"},
      {"from: { rewrite: { \"a b\": a@b.example } }", "must be an address, a local name"},
      {"from: { rewrite: { root: a@b.example, ROOT: a@b.example } }", "stands here twice"},
  };
  for (const Slip& slip : slips) {
    const std::string text = problems("    " + slip.keys + "\n");
    EXPECT_NE(text.find(slip.text), std::string::npos) << slip.keys << "\n" << text;
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1) << text;
  }
}

TEST(SenderValues, AnAccountWithAnAddressNeedsNoOtherForMailOfOurOwn) {
  const Loaded loaded = with(user("apikey") + "    from: alerts@example.com\n");
  for (const Problem& warning : loaded.warnings) ADD_FAILURE() << warning.str();
}

}  // namespace
}  // namespace postern::settings
