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

}  // namespace
}  // namespace postern::settings
