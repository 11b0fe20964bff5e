// A settings file with errors: mail is taken by what it says all the same.
#include "settings/salvage.h"

#include "settings/load.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace postern::settings {
namespace {

const std::string kGood =
    "hostname: web1.example.net\n"
    "domain: example.net\n"
    "spool: /srv/postern\n"
    "listen: { submit: /srv/submit, smtp: [\"127.0.0.1:2525\"] }\n"
    "aliases: { root: admin@example.com }\n";

void expect_all_of_it(const Settings& settings, const std::string& where) {
  EXPECT_EQ(settings.names.hostname, "web1.example.net") << where;
  EXPECT_EQ(settings.names.domain, "example.net") << where;
  EXPECT_EQ(settings.spool, "/srv/postern") << where;
  EXPECT_EQ(settings.listen.submit, "/srv/submit") << where;
  EXPECT_EQ(settings.listen.smtp, std::vector<std::string>{"127.0.0.1:2525"}) << where;
  EXPECT_EQ(settings.names.aliases, (std::map<std::string, std::vector<std::string>>{{"root", {"admin@example.com"}}}))
      << where;
  EXPECT_TRUE(settings.smarthosts.empty()) << where;
}

// One wrong thing of each kind: a key, a type, a value, and what is no YAML at all.
const std::vector<std::string> kWrong = {
    "frobnicate: true\n",
    "limits: { recipients: many }\n",
    "limits: 7\n",
    "retry: { min: 2h, max: 1h }\n",
    "smarthosts:\n  - hots: smtp.example.com\n",
    "smarthosts:\n  - host: smtp.example.com\n    password: \"never closed\n",
    "smarthosts:\n  - host: [smtp.example.com\n",
    "smarthosts:\n\t- host: smtp.example.com\n",
    "smarthosts:\n  - host: x\n   user: y\n",
    "notify: &anchor { command: *alias }\n",
    "retry: {{{{{{{{{{ }\n",
    "bounces\n",
    "bounces: 'x\n",
    "bounces: \xff\xfe\n",
    std::string("bounces: \0\n", 11),
    "- a list\n",
    "}}}\n",
    "<<<<<<< HEAD\n",
    "=======\n",
};

TEST(Salvage, WhatIsWrongCostsItsOwnKeyAloneWhereverItStands) {
  for (const std::string& wrong : kWrong) {
    for (const std::string& text : {wrong + kGood, kGood + wrong}) {
      const Loaded loaded = parse(text, "f.yaml");
      EXPECT_FALSE(loaded.settings) << text;
      EXPECT_FALSE(loaded.problems.empty()) << text;
      expect_all_of_it(loaded.salvaged, text);
    }
  }
}

TEST(Salvage, AtEveryCutOfTheFileTheWholeLinesBeforeItAreRead) {
  const std::string first = "hostname: web1.example.net\n";
  for (std::size_t cut = first.size(); cut <= kGood.size(); ++cut) {
    for (const std::string more : {"", "\n]", "\n}"}) {
      EXPECT_EQ(salvage(kGood.substr(0, cut) + more).names.hostname, "web1.example.net") << cut << more;
    }
  }
}

TEST(Salvage, AGroupMayEndAtTheMarginAndAListMayStandThere) {
  const Settings settings =
      salvage("aliases: {\n  root: admin@example.com\n}\nlisten: {\n  smtp: [\n]\n}\nsmarthosts:\n- host: [\n");
  EXPECT_TRUE(settings.names.aliases.contains("root"));
}

TEST(Salvage, WhatCannotBeReadHasItsDefault) {
  const Settings standard;
  for (const std::string text : {"", "# nothing\n", "spool: relative\n", "spool: [/a, /b]\n", "spool:\n"}) {
    const Settings settings = salvage(text);
    EXPECT_EQ(settings.spool, standard.spool) << text;
    EXPECT_EQ(settings.listen, standard.listen) << text;
    EXPECT_FALSE(settings.names.hostname.empty()) << text;
    EXPECT_FALSE(settings.names.domain.empty()) << text;
  }
}

TEST(Salvage, OfAliasesTheGoodOnesAreTakenAndNoneLeadsNowhere) {
  const auto aliases =
      salvage("aliases: { root: admin@example.com, ops: 'no address', both: [a@example.com, 'no address'] }\n")
          .names.aliases;
  EXPECT_EQ(aliases.at("root"), std::vector<std::string>{"admin@example.com"});
  EXPECT_EQ(aliases.at("both"), std::vector<std::string>{"a@example.com"});
  EXPECT_FALSE(aliases.contains("ops"));
}

TEST(Salvage, ARowOfSendersThatIsHalfReadBindsNobody) {
  const auto senders = [](const std::string& rows) { return salvage("senders: [" + rows + "]\n").submission.senders; };
  EXPECT_EQ(senders("{ user: root, may: a@b.example }").size(), 1);
  for (const std::string rows : {"{ user: root, may: '@b.example' }", "{ user: 'a:b', may: a@b.example }",
                                 "{ user: root }", "{ user: root, may: a@b.example }, { may: c@d.example }"}) {
    EXPECT_TRUE(senders(rows).empty()) << rows;
  }
}

TEST(Salvage, AnAlertThatTheFileLetsPassIsRefusedByNoHalfOfIt) {
  const std::string all = "- {user: \"*\", may: noreply@example.com}\n";
  for (const std::string& rows : std::vector<std::string>{
           "senders:\n- {user: \"daemon, mail\", group: daemon, may: \"*\"}\n" + all,
           "senders:\n- {user: daemon, group: [], may: \"*\"}\n" + all,
           "senders:\n- {user: daemon, may: \"*\", usr: mail}\n" + all,
           "senders:\n- {user: daemon, user: mail, may: \"*\"}\n" + all,
           "senders:\n-\n" + all,
           "senders:\n  " + all + "- {user: daemon, may: \"*\"}\n",
           "senders:\n  " + all + "<<<<<<< HEAD\n  - {user: daemon, may: \"*\"}\n",
           "senders:\n" + all + "senders:\n- {user: daemon}\n",
           "senders:\n" + all + "the backup jobs  # a comment that\n- {user: daemon, may: \"*\"}  # lost its '#'\n",
           "senders:\n  - user: \"*\"\n    may: noreply@example.com\nuser: daemon\n    may: \"*\"\n",
           "senders:\n  - user: \"*\"\n    may: noreply@example.com\nuser: daemon\n",
           "senders:\n" + all + "the backup\njobs: x\n- {user: daemon, may: \"*\"}\n",
           "senders:\n" + all + "hostname: a.example\n- {user: daemon, may: \"*\"}\n",
       }) {
    EXPECT_TRUE(salvage(rows + "limits: many\n").submission.senders.empty()) << rows;
  }
  for (const std::string more :
       {"limits: many\n", "# x\n", "retry:\n", "limits: { frobnicate: 1 }\nfrobnicate: true\n",
        "smarthosts:\n  - host: a.example\n    password: \"never closed\n",
        "smarthosts:\n- host: a.example\n  password: \"never closed\n", "limits: {\nretry: { min: 1m }\n"}) {
    EXPECT_EQ(salvage("frobnicate: true\nsenders:\n" + all + more).submission.senders.size(), 1U) << more;
  }
  EXPECT_EQ(
      salvage("{\"senders\": [{\"user\": \"*\", \"may\": \"a@b.example\"}], \"limits\": 7}").submission.senders.size(),
      1U);
}

TEST(Salvage, ARowOfStormsThatIsHalfReadGathersNobodysMail) {
  for (const std::string row : {"{user: \"daemon, mail\", window: 15s, after: 2}", "{group: [], after: 2}",
                                "{sender: \"@b.example\"}", "{usr: daemon}", "{user: daemon, after: 0}", ""}) {
    EXPECT_TRUE(salvage("storms:\n- {user: root}\n- " + row + "\n").queue.storms.empty()) << row;
  }
  EXPECT_TRUE(salvage("storms:\n- {user: root}\nuser: daemon\n  after: 2\n").queue.storms.empty());
  EXPECT_EQ(salvage("storms:\n- {user: root}\n- {}\nlimits: many\n").queue.storms.size(), 2U);
}

TEST(Salvage, ValuesThatCannotBeTogetherGiveWayToTheDefaults) {
  const Settings standard;
  EXPECT_EQ(salvage("listen: { submit: /srv/a, control: /srv/a }\n").listen, standard.listen);
  EXPECT_EQ(salvage("retry: { min: 2h, max: 1h }\n").queue.retry, standard.queue.retry);
}

TEST(Salvage, AFileThatCannotBeReadLeavesTheDefaults) {
  const Loaded loaded = load("/nonexistent/postern.yaml");
  EXPECT_FALSE(loaded.settings);
  EXPECT_EQ(loaded.salvaged.spool, Settings{}.spool);
  EXPECT_EQ(loaded.salvaged.listen, Settings{}.listen);
}

TEST(Salvage, ShowsNoNamesWhereItIsNotCertainThatTheyAreToBeShown) {
  struct Case {
    std::string metrics, listen;
  };
  for (const Case& one :
       std::vector<Case>{{"metrics: {listen: \"127.0.0.1:9157\", page: everyone}\n", "127.0.0.1:9157"},
                         {"metrics: {page: [all], listen: \"127.0.0.1:9157\"}\n", "127.0.0.1:9157"},
                         {"metrics: {listen: 0.0.0.0:9157, page: counts}\n", ""},
                         {"metrics: [127.0.0.1:9157, all]\n", ""},
                         {"metrics: 127.0.0.1:9157\nfrobnicate: true\n", "127.0.0.1:9157"}}) {
    const Loaded loaded = parse(kGood + one.metrics, "f.yaml");
    ASSERT_FALSE(loaded.settings) << one.metrics;
    EXPECT_EQ(loaded.salvaged.listen.metrics, one.listen) << one.metrics;
    EXPECT_EQ(loaded.salvaged.listen.metrics_page, net::PageOfMetrics::counts) << one.metrics;
  }
}

}  // namespace
}  // namespace postern::settings
