#include "settings/route_values.h"

#include "settings/load.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace postern::settings {
namespace {

using queue::RouteRule;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Loaded with_routes(const std::string& routes) {
  return parse(
      "hostname: web1.example.net\naliases_file: none\naliases: { root: a@example.com }\n"
      "smarthosts:\n  - { host: smtp.one.example, name: One }\n  - { host: smtp.two.example }\nroutes:" +
          routes + "\n",
      "f.yaml");
}

std::string told_of(const std::vector<Problem>& problems) {
  std::string all;
  for (const Problem& problem : problems) all += problem.str() + "\n";
  return all;
}

TEST(RouteValues, ARowHasWhatMustFitAndTheSmarthosts) {
  const Loaded loaded = with_routes(
      "\n  - { sender: [\"*@corp.example\", \"<>\"], recipient: x@y.example, user: root, group: [mail, adm],\n"
      "      smarthosts: [one, smtp.two.example] }\n  - smarthosts: smtp.two.example");
  EXPECT_EQ(told_of(loaded.problems), "");
  ASSERT_TRUE(loaded.settings);
  const std::vector<RouteRule> expected{
      {{"*@corp.example", "<>"}, {"x@y.example"}, {"root"}, {"mail", "adm"}, {"One", "smtp.two.example"}, 8},
      {{}, {}, {}, {}, {"smtp.two.example"}, 10}};
  EXPECT_EQ(loaded.settings->queue.routes, expected);
  EXPECT_THAT(loaded.warnings, IsEmpty());
}

TEST(RouteValues, APatternIsKeptAsAddressesAreWritten) {
  const Loaded loaded = with_routes(
      " [{ sender: [\"<>\", \"*@one.example.\"], recipient: \"*@xn--maana-pta.example.\", smarthosts: one }]");
  ASSERT_TRUE(loaded.settings) << told_of(loaded.problems);
  const RouteRule& row = loaded.settings->queue.routes.at(0);
  EXPECT_THAT(row.senders, ElementsAre("<>", "*@one.example"));
  EXPECT_THAT(row.recipients, ElementsAre("*@xn--maana-pta.example"));
}

TEST(RouteValues, APatternInLettersIsKeptAsALabels) {
  const Loaded loaded = with_routes(
      " [{ sender: [\"<>\", \"*@B\u00dcCHER.example.\"], recipient: web@b\u00fccher.example, smarthosts: one }]\n"
      "senders: [{ user: \"*\", may: [\"*@b\u00fccher.example\", root] }]\n"
      "storms: [{ sender: \"*@b\u00fccher.example\" }]");
  ASSERT_TRUE(loaded.settings) << told_of(loaded.problems);
  const RouteRule& row = loaded.settings->queue.routes.at(0);
  EXPECT_THAT(row.senders, ElementsAre("<>", "*@xn--bcher-kva.example"));
  EXPECT_THAT(row.recipients, ElementsAre("web@xn--bcher-kva.example"));
  EXPECT_THAT(loaded.settings->submission.senders.at(0).may, ElementsAre("*@xn--bcher-kva.example", "root"));
  EXPECT_THAT(loaded.settings->queue.storms.at(0).senders, ElementsAre("*@xn--bcher-kva.example"));
}

TEST(RouteValues, ItIsKnownInWhichLineARowStands) {
  const Loaded loaded = with_routes(
      "\n  - smarthosts: one\n  - { sender: x@y.example, smarthosts: one }\n"
      "storms:\n  - user: root\n    window: 1h\n  - after: 3");
  ASSERT_TRUE(loaded.settings) << told_of(loaded.problems);
  const queue::QueueOptions& queue = loaded.settings->queue;
  ASSERT_EQ(queue.routes.size(), 2U);
  EXPECT_EQ(queue.routes[0].line, 8U);
  EXPECT_EQ(queue.routes[1].line, 9U);
  ASSERT_EQ(queue.storms.size(), 2U);
  EXPECT_EQ(queue.storms[0].line, 11U);
  EXPECT_EQ(queue.storms[1].line, 13U);
}

TEST(RouteValues, NamesThatNoSmarthostHasAreErrorsWhereTheyStand) {
  EXPECT_EQ(told_of(with_routes("\n  - sender: \"*\"\n    smarthosts: [one, smtp.tow.example]").problems),
            "f.yaml:9:23: 'routes[0].smarthosts' names 'smtp.tow.example', and no smarthost is called so; did you mean "
            "'smtp.two.example'?\n");
  EXPECT_THAT(told_of(with_routes(" [{ smarthosts: elsewhere }]").problems),
              HasSubstr("f.yaml:7:24: 'routes[0].smarthosts' names 'elsewhere', and no smarthost is called so; there "
                        "is: One, smtp.two.example"));
  EXPECT_THAT(told_of(parse("hostname: a.example\nroutes: [{ smarthosts: x }]\n", "f.yaml").problems),
              HasSubstr("no smarthost is called so: there is none"));
}

TEST(RouteValues, SlipsAreToldWithWhatWasMeant) {
  const std::vector<std::pair<std::string, std::string>> slips{
      {" { sender: a@b.example }", "'routes' must be a list; begin each row with '- sender: ADDRESS'"},
      {" [one]", "'routes[0]' must be a group of keys"},
      {" [{ sender: a@b.example }]", "'routes[0]' has no 'smarthosts'; name one of them"},
      {" [{ smarthosts: [] }]", "'routes[0].smarthosts' lists nothing"},
      {" [{ smarthosts: [one, one] }]", "lists 'one' twice"},
      {" [{ smarthosts: [one, ONE] }]", "'routes[0].smarthosts' lists 'One' twice"},
      {" [{ sender_domain: b.example, smarthosts: one }]", "write \"*@DOMAIN\" under 'sender' or 'recipient'"},
      {" [{ senders: a@b.example, smarthosts: one }]", "unknown key 'routes[0].senders'; did you mean 'sender'?"},
      {" [{ smarthost: one }]", "unknown key 'routes[0].smarthost'; did you mean 'smarthosts'?"},
      {" [{ sender: \"@b.example\", smarthosts: one }]", "did you mean '*@b.example'?"},
      {" [{ sender: [\"<>\", \"a b\"], smarthosts: one }]", "\"*\" or \"<>\" for no sender, not 'a b'"},
      {" [{ recipient: \"<>\", smarthosts: one }]", "must be an address"},
      {" [{ sender: { a: b }, smarthosts: one }]", "'routes[0].sender'"},
  };
  for (const auto& [routes, words] : slips) {
    EXPECT_THAT(told_of(with_routes(routes).problems), HasSubstr(words)) << routes;
  }
}

TEST(RouteValues, ARowBehindOneThatTakesAllIsToldOf) {
  const auto warnings = [](const std::string& first) {
    return told_of(
        with_routes("\n  - { " + first + " smarthosts: one }\n  - { sender: a@b.example, smarthosts: one }").warnings);
  };
  for (const std::string all : {"", "sender: \"*\",", "recipient: [x@y.example, \"*\"], user: \"*\","}) {
    EXPECT_THAT(warnings(all),
                HasSubstr("f.yaml:9:5: 'routes[1]' is never asked: 'routes[0]' before it takes all mail"))
        << all;
  }
  EXPECT_EQ(warnings("sender: \"*@b.example\","), "");
  EXPECT_EQ(warnings("group: root,"), "");
}

TEST(RouteValues, ARowOfStormsBehindOneThatTakesAllIsToldOf) {
  const auto warnings = [](const std::string& first) {
    return told_of(
        with_routes(" []\nstorms:\n  - { " + first + " after: 3 }\n  - { user: root, window: 1h }").warnings);
  };
  for (const std::string all : {"", "user: \"*\",", "sender: [\"<>\", \"*\"],"}) {
    EXPECT_THAT(warnings(all),
                HasSubstr("f.yaml:10:5: 'storms[1]' is never asked: 'storms[0]' before it takes all mail"))
        << all;
  }
  EXPECT_EQ(warnings("user: mail,"), "");
  EXPECT_EQ(warnings("group: root,"), "");
}

// Advice that follows from what could not be read leads away from the slip.
TEST(RouteValues, ASlipElsewhereIsToldAlone) {
  EXPECT_EQ(told_of(parse("hostname: a.example\naliases_file: none\naliases: { root: a@example.com }\n"
                          "smarthosts: [{ host: smtp.example.com:587 }, { host: other.example.com }]\n"
                          "routes: [{ sender: a@b.example, smarthosts: smtp.example.com }]\n",
                          "f.yaml")
                        .problems),
            "f.yaml:4:22: 'smarthosts[0].host' must be the host alone: 'smtp.example.com', not "
            "'smtp.example.com:587'; write 'port: 587'\n");
  for (const std::string smarthosts :
       {"{ host: smtp.example.com, name: office }", "[{ host: one.example, name: \"\" }, { host: two.example }]",
        "[{ host: one.example, name: {} }]"}) {
    const auto problems =
        parse("hostname: a.example\naliases_file: none\naliases: { root: a@example.com }\nsmarthosts: " + smarthosts +
                  "\nroutes: [{ sender: a@b.example, smarthosts: office }]\n",
              "f.yaml")
            .problems;
    EXPECT_EQ(problems.size(), 1U) << told_of(problems);
  }
  const Loaded loaded = with_routes(
      " [{ sender: \"@b.example\", smarthosts: one }, { user: root, smarthosts: one }]\n"
      "storms: [{ user: \"a, b\" }, { user: root }]");
  EXPECT_EQ(loaded.problems.size(), 2U) << told_of(loaded.problems);
  EXPECT_EQ(told_of(loaded.warnings), "");
}

TEST(RouteValues, UsersThatAreNotThereAreWarnedOf) {
  EXPECT_THAT(told_of(with_routes(" [{ user: [root, nobody-has-this-name], smarthosts: one }]").warnings),
              HasSubstr("'routes[0].user' names 'nobody-has-this-name', and there is no such user"));
}

}  // namespace
}  // namespace postern::settings
