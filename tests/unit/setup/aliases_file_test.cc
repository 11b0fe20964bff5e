#include "setup/aliases_file.h"

#include "mail/aliases_file.h"
#include "settings/load.h"
#include "setup/settings_text.h"
#include "support/peer_machine.h"

#include <gtest/gtest.h>

namespace postern::setup {
namespace {

/// What is said of the aliases by those who read the settings that the proposal becomes.
std::string faults_of_aliases(const Proposal& proposal) {
  std::string faults;
  for (const settings::Problem& problem : settings::parse(settings_text(proposal), "made.yaml").problems) {
    if (problem.text.find("aliases") != std::string::npos) faults += problem.str() + "\n";
  }
  return faults;
}

TEST(Aliases, AllLocalNamesAreNotCaughtWhereTheDomainHasMailboxesOfOthers) {
  const std::string all = "default: admin@example.com\n";
  const std::string msmtp = "host h\naliases /etc/aliases\n";
  using Map = std::map<std::string, std::vector<std::string>>;
  const Map caught = {{"*", {"admin@example.com"}}};
  const Map narrowed = {{"root", {"admin@example.com"}}};
  EXPECT_EQ(good("msmtp", {{"/etc/msmtprc", msmtp}, {"/etc/aliases", all}}).aliases, caught);
  for (const std::string says :
       {"from %U@example.com\n", "domain example.com\n", "auto_from on\nmaildomain example.com\n"}) {
    EXPECT_EQ(good("msmtp", {{"/etc/msmtprc", msmtp + says}, {"/etc/aliases", all}}).aliases, narrowed) << says;
  }
  const Files nullmailer = {{"/etc/nullmailer/remotes", "h\n"},
                            {"/etc/nullmailer/adminaddr", "admin@example.com\n"},
                            {"/etc/mailname", "web1.example.net\n"}};
  EXPECT_EQ(good("nullmailer", nullmailer).aliases, caught);
  Files other = nullmailer;
  other["/etc/nullmailer/defaulthost"] = "example.com\n";
  EXPECT_EQ(good("nullmailer", other).aliases, narrowed);
  const std::string dma = "SMARTHOST h\nMAILNAME web1.example.net\n";
  EXPECT_EQ(good("dma", {{"/etc/dma/dma.conf", dma}, {"/etc/aliases", "*: admin@example.com\n"}}).aliases, caught);
  EXPECT_EQ(
      good("dma", {{"/etc/dma/dma.conf", dma + "MASQUERADE example.com\n"}, {"/etc/aliases", "*: admin@example.com\n"}})
          .aliases,
      narrowed);
}

TEST(Aliases, ProgramsFilesAndIncludesAreTold) {
  const Files files = {{"/etc/dma/dma.conf", "SMARTHOST h\n"},
                       {"/etc/aliases",
                        "a: x@example.com, |/bin/cat, \"|/bin/tee a, b\" , /dev/null,:include:/etc/x\n"
                        "b: |/bin/cat\n"
                        "c: \"Anna B\" <anna@example.com>, (old) d@example.com\n"
                        "\"d e\": root\n"
                        "F:\troot\n  , g@example.com\n"
                        "a: again@example.com\n"
                        "h@example.com: x\n"}};
  const Machine machine(files);
  const auto proposal = machine.read("dma");
  ASSERT_TRUE(proposal);
  using Targets = std::vector<std::string>;
  const std::map<std::string, Targets> expected = {
      {"a", {"x@example.com"}}, {"c", {"anna@example.com", "d@example.com"}}, {"f", {"root", "g@example.com"}}};
  EXPECT_EQ(proposal->aliases, expected);
  const std::string notes = machine.notes(*proposal);
  for (const char* told : {"/etc/aliases:1: not carried over: a program", "/etc/aliases:1: not carried over: a file",
                           "/etc/aliases:1: not carried over: a list in a file", "/etc/aliases:2: ", "/etc/aliases:4: ",
                           "/etc/aliases:7: this alias stands above already", "/etc/aliases:8: "}) {
    EXPECT_NE(notes.find(told), std::string::npos) << told << "\n" << notes;
  }
}

// The settings refuse these, and an import that is refused helps nobody.
TEST(Aliases, WhatTheSettingsWouldRefuseIsLeftOutAndTold) {
  const std::string file =
      "joe: \\joe\n"
      "ann: ANN@localhost\n"
      "both: \\both, boss@example.com\n"
      "a: b\nb: c\nc: a\n"
      "d: e\ne: d, boss@example.com\n"
      "default: root\n"
      "web*: root\n"
      "/var/x: root\n"
      "root: boss@example.com\n";
  const std::map<std::string, Files> programs = {
      {"dma", {{"/etc/dma/dma.conf", "SMARTHOST h\n"}, {"/etc/aliases", file}}},
      {"postfix", {{"/etc/postfix/main.cf", "relayhost = h\n"}, {"/etc/aliases", file}}},
      {"exim",
       {{"/etc/exim4/update-exim4.conf.conf", "dc_eximconfig_configtype='smarthost'\ndc_smarthost='h'\n"},
        {"/etc/aliases", file}}},
  };
  for (const auto& [program, files] : programs) {
    const Machine machine(files);
    const auto proposal = machine.read(program);
    ASSERT_TRUE(proposal) << program;
    EXPECT_FALSE(proposal->aliases.contains("joe")) << program;
    EXPECT_FALSE(proposal->aliases.contains("ann")) << program;
    EXPECT_FALSE(proposal->aliases.contains("a")) << program;
    EXPECT_FALSE(proposal->aliases.contains("default")) << program;
    EXPECT_FALSE(proposal->aliases.contains("web*")) << program;
    EXPECT_TRUE(proposal->aliases.contains("both")) << "a copy for himself " << program;
    EXPECT_TRUE(proposal->aliases.contains("b")) << "without the first of its names it is no circle " << program;
    EXPECT_TRUE(proposal->aliases.contains("root")) << program;
    EXPECT_EQ(faults_of_aliases(*proposal), "") << program;
    const std::string notes = machine.notes(*proposal);
    for (const char* told : {"/etc/aliases:1: not carried over: it leads to itself alone",
                             "/etc/aliases:4: not carried over: it leads in a circle, a -> b -> c -> a",
                             "/etc/aliases:9: not carried over: there is no user of this name"}) {
      EXPECT_NE(notes.find(told), std::string::npos) << program << ": " << told << "\n" << notes;
    }
  }
}

// "*" is no catch-all there: as ours it would take everybody's mail.
TEST(Aliases, AStarIsTheCatchAllWhereTheProgramSaysSo) {
  const std::string file = "*: admin@example.com\n";
  const Proposal postfix = good("postfix", {{"/etc/postfix/main.cf", "relayhost = h\n"}, {"/etc/aliases", file}});
  EXPECT_TRUE(postfix.aliases.empty());
}

/// As the service reads the file of this text, when the proposal of such a machine is settled.
Proposal settled(const std::string& program, Files files, const std::string& aliases) {
  files["/etc/aliases"] = aliases;
  Proposal proposal = good(program, files);
  settle_aliases(proposal, mail::parse_aliases_file(aliases).aliases);
  return proposal;
}

const std::map<std::string, Files> kFollowers = {
    {"dma", {{"/etc/dma/dma.conf", "SMARTHOST h\nMAILNAME web1.example.net\n"}}},
    {"postfix", {{"/etc/postfix/main.cf", "relayhost = h\n"}}},
    {"exim", {{"/etc/exim4/update-exim4.conf.conf", "dc_eximconfig_configtype='smarthost'\ndc_smarthost='h'\n"}}},
    {"msmtp", {{"/etc/msmtprc", "host h\naliases /etc/aliases\n"}}},
};

// So that it is changed there, as before (Debian policy 11.6).
TEST(Aliases, WhatTheFileOfTheMachineSaysIsLeftToIt) {
  for (const auto& [program, files] : kFollowers) {
    for (const std::string text :
         {"", "root: admin@example.com\n", "postmaster: root\nroot: a@example.com, b@example.com\n",
          "# c\n\nROOT: \"Ann B\" <ann@example.com> # d\nlogs: /var/log/x\n",
          "ann: \\\\ann, boss@example.com\nroot: ann\n"}) {
      const Proposal proposal = settled(program, files, text);
      EXPECT_FALSE(proposal.no_aliases_file) << program << text;
      EXPECT_TRUE(proposal.aliases.empty()) << program << text << settings_text(proposal);
      EXPECT_EQ(settings_text(proposal).find("\naliases"), std::string::npos) << program << settings_text(proposal);
    }
  }
}

TEST(Aliases, WhatTheFileCannotSayIsCarriedOver) {
  using Map = std::map<std::string, std::vector<std::string>>;
  const Map caught = {{"*", {"all@example.com"}}};
  EXPECT_EQ(settled("msmtp", kFollowers.at("msmtp"), "root: a@example.com\ndefault: all@example.com\n").aliases,
            caught);
  EXPECT_TRUE(settled("dma", kFollowers.at("dma"), "*: all@example.com\n").aliases.empty()) << "it is one there, too";
  // The file that the service reads is another one, or closed to it.
  for (const mail::Aliases& of_file : {mail::Aliases(), mail::Aliases{{"root", {"other@example.com"}}}}) {
    Proposal proposal = good("exim", [] {
      Files files = kFollowers.at("exim");
      files["/etc/aliases"] = "root: a@example.com\n";
      return files;
    }());
    settle_aliases(proposal, of_file);
    EXPECT_EQ(proposal.aliases.at("root"), std::vector<std::string>{"a@example.com"});
  }
}

// Postern would catch everybody's mail by what is no catch-all there.
TEST(Aliases, AFileThatWouldCatchMoreThanBeforeIsNotRead) {
  const std::string text = "root: a@example.com\n*: all@example.com\n";
  const Proposal postfix = settled("postfix", kFollowers.at("postfix"), text);
  EXPECT_TRUE(postfix.no_aliases_file);
  EXPECT_EQ(postfix.aliases.at("root"), std::vector<std::string>{"a@example.com"});
  Files hidden = kFollowers.at("dma");
  hidden["/etc/dma/dma.conf"] += "MASQUERADE example.com\n";
  EXPECT_TRUE(settled("dma", hidden, text).no_aliases_file);
}

TEST(Aliases, OfAProgramThatDidNotFollowTheFileOfTheMachineItIsNotRead) {
  std::map<std::string, Files> strangers = {
      {"nullmailer", {{"/etc/nullmailer/remotes", "h\n"}, {"/etc/nullmailer/adminaddr", "admin@example.com\n"}}},
      {"ssmtp", {{"/etc/ssmtp/ssmtp.conf", "mailhub=h\nroot=admin@example.com\n"}}},
      {"msmtp", {{"/etc/msmtprc", "host h\naliases /etc/al\n"}, {"/etc/al", "root: admin@example.com\n"}}},
      {"dma", {{"/etc/dma/dma.conf", "SMARTHOST h\nNULLCLIENT\n"}}},
      {"postfix",
       {{"/etc/postfix/main.cf", "relayhost = h\nalias_maps = hash:/etc/al\n"},
        {"/etc/al", "root: admin@example.com\n"}}},
  };
  for (const auto& [program, files] : strangers) {
    const Proposal proposal = settled(program, files, "root: old@example.org\nwww-data: old@example.org\n");
    EXPECT_TRUE(proposal.no_aliases_file) << program;
    const settings::Loaded loaded =
        settings::parse("hostname: web1.example.net\n" + settings_text(proposal), "made.yaml");
    ASSERT_TRUE(loaded.settings) << program << settings_text(proposal);
    EXPECT_EQ(loaded.settings->names.aliases_file, "") << program;
    EXPECT_EQ(loaded.settings->names.recipients_of("root").front(),
              program == "dma" ? "root@" + loaded.settings->names.domain : "admin@example.com")
        << program;
  }
}

TEST(Senders, APatternInATableOfSingleSendersIsLeftOut) {
  const Files ssmtp = {
      {"/etc/ssmtp/ssmtp.conf", "mailhub=h\n"},
      {"/etc/ssmtp/revaliases", "*.example.com:a@example.com\nroot:ops@example.com\n*:b@example.com\n"}};
  const Files exim = {
      {"/etc/exim4/update-exim4.conf.conf", "dc_eximconfig_configtype='smarthost'\ndc_smarthost='h'\n"},
      {"/etc/email-addresses", "*.example.com: a@example.com\nroot: ops@example.com\n*: b@example.com\n"}};
  const std::map<std::string, std::string> root_alone = {{"root", "ops@example.com"}};
  EXPECT_EQ(only("ssmtp", ssmtp).from.rewrite, root_alone);
  EXPECT_EQ(only("exim", exim).from.rewrite, root_alone);
}

}  // namespace
}  // namespace postern::setup
