#include "settings/sender_rule_values.h"

#include "settings/load.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace postern::settings {
namespace {

using submission::SenderRule;
using testing::HasSubstr;
using testing::IsEmpty;

Loaded with_senders(const std::string& senders) {
  return parse("hostname: web1.example.net\nsmarthosts: []\nsenders:" + senders + "\n", "f.yaml");
}

std::vector<SenderRule> good_rules(const std::string& senders) {
  const Loaded loaded = with_senders(senders);
  for (const Problem& problem : loaded.problems) ADD_FAILURE() << senders << problem.str();
  return loaded.settings ? loaded.settings->submission.senders : std::vector<SenderRule>{};
}

std::string texts(const std::vector<Problem>& problems) {
  std::string all;
  for (const Problem& problem : problems) all += problem.str() + "\n";
  return all;
}

TEST(SenderRuleValues, OneTextIsAListOfOne) {
  const std::vector<SenderRule> expected{{{"root"}, {}, {"web@example.com"}}};
  EXPECT_EQ(good_rules(" [{ user: root, may: web@example.com }]"), expected);
  EXPECT_EQ(good_rules(" [{ user: [root], may: [web@example.com] }]"), expected);
  EXPECT_EQ(good_rules("\n  - user: root\n    may: web@example.com"), expected);
}

TEST(SenderRuleValues, ARowIsForUsersAndGroups) {
  EXPECT_EQ(good_rules("\n  - { user: [root, daemon], group: [mail, adm], may: [\"*@example.com\", root, \"*\"] }\n"
                       "  - { user: \"*\", may: noreply@example.com }"),
            (std::vector<SenderRule>{{{"root", "daemon"}, {"mail", "adm"}, {"*@example.com", "root", "*"}},
                                     {{"*"}, {}, {"noreply@example.com"}}}));
  EXPECT_THAT(good_rules(" []"), IsEmpty());
}

TEST(SenderRuleValues, APatternIsKeptAsAddressesAreWritten) {
  EXPECT_EQ(
      good_rules(" [{ user: root, may: [\"*@shop.example.\", web@Shop.example., root., a..b@c.example] }]"),
      (std::vector<SenderRule>{{{"root"}, {}, {"*@shop.example", "web@Shop.example", "root", "\"a..b\"@c.example"}}}));
}

TEST(SenderRuleValues, SlipsAreToldWithWhatWasMeant) {
  const std::vector<std::pair<std::string, std::string>> slips{
      {" { root: a@b.example }", "'senders' must be a list; begin each row with '- user: NAME'"},
      {" [root]", "'senders[0]' must be a group of keys"},
      {" [{ may: a@b.example }]", "'senders[0]' has neither 'user' nor 'group'; say whom it is for"},
      {" [{ user: root }]", "'senders[0]' has no 'may'"},
      {" [{ user: root, may: [] }]", "'senders[0].may' lists nothing"},
      {" [{ user: [], may: a@b.example }]", "'senders[0].user' lists nothing"},
      {" [{ users: root, may: a@b.example }]", "unknown key 'senders[0].users'; did you mean 'user'?"},
      {" [{ user: root, may: \"@b.example\" }]", "did you mean '*@b.example'?"},
      {" [{ user: root, may: \"*.b.example\" }]", "must be an address, a local name, \"*@DOMAIN\" or \"*\""},
      {" [{ user: root, may: [a@b.example, a@b.example] }]", "lists 'a@b.example' twice"},
      {" [{ user: \"a:b\", may: a@b.example }]", "must be a name as in /etc/passwd or /etc/group"},
      {" [{ user: \"root, daemon\", may: a@b.example }]", "must be a name as in /etc/passwd or /etc/group"},
  };
  for (const auto& [senders, text] : slips)
    EXPECT_THAT(texts(with_senders(senders).problems), HasSubstr(text)) << senders;
}

TEST(SenderRuleValues, ARowForNobodyIsAWarningAtItsPlace) {
  const Loaded loaded =
      with_senders("\n  - user: [root, nobody-of-that-name]\n    group: no-such-group\n    may: a@b.example\n");
  EXPECT_TRUE(loaded.settings);
  EXPECT_THAT(texts(loaded.warnings),
              HasSubstr("f.yaml:4:11: 'senders[0].user' names 'nobody-of-that-name', and there is no such user"));
  EXPECT_THAT(texts(loaded.warnings),
              HasSubstr("f.yaml:5:12: 'senders[0].group' names 'no-such-group', and there is no such group"));
}

std::string told_as_warnings(const std::string& text) {
  const Loaded loaded = parse("hostname: web1.example.net\nsmarthosts: [{host: h.example" + text, "f.yaml");
  for (const Problem& problem : loaded.problems) ADD_FAILURE() << text << problem.str();
  return texts(loaded.warnings);
}

TEST(SenderRuleValues, ADomainAloneIsAWarningWhereverAPatternMayStand) {
  const std::vector<std::pair<std::string, std::string>> slips{
      {"}]\nsenders: [{ user: root, may: shop.example }]",
       "f.yaml:3:30: 'senders[0].may' takes 'shop.example' as a local name, and there is no such user; did you mean "
       "'*@shop.example'?"},
      {"}]\nsenders: [{ user: root, may: [a@b.example, Shop.Example.COM] }]", "did you mean '*@Shop.Example.COM'?"},
      {"}]\nsenders: [{ user: root, may: all }]",
       "takes 'all' as a local name, and there is no such user; did you mean \"*\"?"},
      {"}]\nsenders: [{ user: root, may: None }]", "there is no word for nobody"},
      {"}]\nroutes: [{ sender: shop.example, smarthosts: h.example }]", "f.yaml:3:20: 'routes[0].sender' takes"},
      {"}]\nroutes: [{ sender: [\"<>\", shop.example], smarthosts: h.example }]",
       "f.yaml:3:27: 'routes[0].sender' takes"},
      {"}]\nroutes: [{ recipient: [shop.xn--p1ai], smarthosts: h.example }]", "did you mean '*@shop.xn--p1ai'?"},
      {"}]\nstorms: [{ sender: jobs.shop.example }]", "'storms[0].sender' takes"},
      {", from: { rewrite: { web1.example.com: a@b.example } }}]", "did you mean '*@web1.example.com'?"},
  };
  for (const auto& [text, words] : slips) EXPECT_THAT(told_as_warnings(text), HasSubstr(words)) << text;
  for (const std::string may :
       {"root", "a@shop.example", "\"*@shop.example\"", "backup.1", "web.x", "allan", "\"*\"", "daemon"}) {
    EXPECT_EQ(told_as_warnings("}]\nsenders: [{ user: root, may: " + may + " }]"), "") << may;
  }
}

}  // namespace
}  // namespace postern::settings
