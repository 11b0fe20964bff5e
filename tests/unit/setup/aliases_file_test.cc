#include "support/peer_machine.h"

#include <gtest/gtest.h>

namespace postern::setup {
namespace {

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

}  // namespace
}  // namespace postern::setup
