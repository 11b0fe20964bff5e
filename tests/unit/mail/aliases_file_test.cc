// Files of aliases: what Debian, Postfix, sendmail and Exim have in them, and odd lines that cost themselves alone.
#include "mail/aliases_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace postern::mail {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

std::vector<std::string> targets(const std::string& list) {
  const AliasesFile file = parse_aliases_file("name:" + list + "\n");
  const auto found = file.aliases.find("name");
  return found == file.aliases.end() ? std::vector<std::string>() : found->second;
}

TEST(AliasesFile, ReadsWhatDebianShips) {
  const AliasesFile file = parse_aliases_file(
      "# /etc/aliases\n"
      "mailer-daemon: postmaster\n"
      "postmaster: root\n"
      "nobody: root\n"
      "\n"
      "www: root\n"
      "abuse:\troot\n"
      "root: alice, admin@example.com\n");
  EXPECT_TRUE(file.faults.empty());
  EXPECT_EQ(file.passed_over, 0U);
  const Aliases expected = {{"mailer-daemon", {"postmaster"}},
                            {"postmaster", {"root"}},
                            {"nobody", {"root"}},
                            {"www", {"root"}},
                            {"abuse", {"root"}},
                            {"root", {"alice", "admin@example.com"}}};
  EXPECT_EQ(file.aliases, expected);
  EXPECT_EQ(file.lines.at("root"), 8U);
}

TEST(AliasesFile, ALineGoesOnBehindABlankOrABackslash) {
  for (const std::string list :
       {"root: a@x.org,\n b@x.org,\n\tc\n", "root: a@x.org, \\\nb@x.org, \\\nc\n", "root:\n  a@x.org\n  , b@x.org , c",
        "root: a@x.org,\n# a comment between\n\n b@x.org, c\n", "root: a@x.org,\r\n b@x.org,\r\n c\r\n",
        "\xEF\xBB\xBFroot: a@x.org, b@x.org # who\n  ,c # last\n"}) {
    const AliasesFile file = parse_aliases_file(list + "\nnext: d@x.org\n");
    ASSERT_TRUE(file.aliases.contains("root")) << list;
    EXPECT_THAT(file.aliases.at("root"), ElementsAre("a@x.org", "b@x.org", "c")) << list;
    EXPECT_THAT(file.aliases.at("next"), ElementsAre("d@x.org")) << list;
    EXPECT_TRUE(file.faults.empty()) << list;
    EXPECT_EQ(file.lines.at("root"), 1U);
  }
  EXPECT_THAT(parse_aliases_file("# a comment \\\nroot: a\n").aliases, SizeIs(1));
  EXPECT_THAT(parse_aliases_file("  root: a\n").aliases, SizeIs(1)) << "the first line may be indented";
}

TEST(AliasesFile, NamesAreInAnyCaseAndMayStandInQuotes) {
  for (const std::string name : {"root", "ROOT", "\"root\"", "Root ", "\"Root\" ", "'root'"}) {
    EXPECT_THAT(parse_aliases_file(name + ": a@x.org").aliases, ElementsAre(testing::Key("root"))) << name;
  }
  EXPECT_THAT(parse_aliases_file("\"Joe Smith\": a@x.org").aliases, ElementsAre(testing::Key("joe smith")));
  EXPECT_THAT(parse_aliases_file("\"a:b\": a@x.org").aliases, ElementsAre(testing::Key("a:b")));
  EXPECT_THAT(parse_aliases_file("*: a@x.org").aliases, ElementsAre(testing::Key("*")));
}

TEST(AliasesFile, TargetsAreAddressesAndNames) {
  EXPECT_THAT(targets("joe"), ElementsAre("joe"));
  EXPECT_THAT(targets(" joe@example.com ,, ann@example.com,"), ElementsAre("joe@example.com", "ann@example.com"));
  EXPECT_THAT(targets("\\joe, joe@example.com"), ElementsAre("\\joe", "joe@example.com"));
  EXPECT_THAT(targets("\"joe smith\"@example.com"), ElementsAre("\"joe smith\"@example.com"));
  EXPECT_THAT(targets("\"joe smith\", \"joe\", \"joe@example.com\""),
              ElementsAre("\"joe smith\"", "joe", "joe@example.com"));
  EXPECT_THAT(targets("Joe Public <joe@example.com>, \"Public, Joe\" <joe@example.org>, <ann>"),
              ElementsAre("joe@example.com", "joe@example.org", "ann"));
  EXPECT_THAT(targets("joe ann\tbob@example.com"), ElementsAre("joe", "ann", "bob@example.com"));
  EXPECT_THAT(targets("joe,joe, joe"), ElementsAre("joe"));
  EXPECT_THAT(targets("joe#tag@example.com # his"), ElementsAre("joe#tag@example.com"));
  EXPECT_THAT(targets("'joe', 'ann@x.org', <'bob'>, \xE2\x80\x9C"
                      "c@x.org\xE2\x80\x9D"),
              ElementsAre("joe", "ann@x.org", "bob", "c@x.org"));
}

TEST(AliasesFile, WhatIsNoAddressIsPassedOverAndTheOthersCount) {
  struct Case {
    std::string list;
    std::string words;
  };
  for (const Case& one : std::vector<Case>{{"|/usr/bin/vacation joe secret, x", "a program"},
                                           {"\"|/usr/bin/vacation secret, joe\"", "a program"},
                                           {"\"| procmail secret\"", "a program"},
                                           {"/dev/null", "a file"},
                                           {"/var/mail/secret", "a file"},
                                           {"\"/var/mail/sec ret\"", "a file"},
                                           {":include:/etc/mail/secret", "a list in another file"},
                                           {"\":include:/etc/mail/secret\"", "a list in another file"},
                                           {":INCLUDE:/etc/mail/secret", "a list in another file"},
                                           {":fail: secret, gone", "another mail system"},
                                           {":blackhole:", "another mail system"},
                                           {"secret@@example.com", "no address"},
                                           {"<>", "no address"},
                                           {"joe@", "no address"},
                                           {"secret@exa @mple", "no address"},
                                           {"secret: word", "no address"},
                                           {"two words secret@@x", "no address"},
                                           {"'|/bin/secret'", "a program"}}) {
    const AliasesFile alone = parse_aliases_file("\nlist: " + one.list + "\nroot: a@x.org\n");
    EXPECT_THAT(alone.aliases, ElementsAre(testing::Key("root"))) << one.list;
    ASSERT_THAT(alone.faults, SizeIs(1)) << one.list;
    EXPECT_EQ(alone.faults[0].line, 2U);
    EXPECT_THAT(alone.faults[0].text, testing::StartsWith("'list' leads to ")) << one.list;
    EXPECT_THAT(alone.faults[0].text, HasSubstr(one.words)) << one.list;
    EXPECT_THAT(alone.faults[0].text, Not(HasSubstr("secret"))) << "the words may be a password";
    const AliasesFile beside = parse_aliases_file("list: joe, " + one.list + "\n");
    EXPECT_THAT(beside.aliases.at("list"), ElementsAre("joe")) << one.list;
    EXPECT_THAT(beside.faults, SizeIs(1)) << one.list;
  }
}

TEST(AliasesFile, ASlipBetweenTargetsCostsNoOtherTarget) {
  struct Case {
    std::string list;
    std::vector<std::string> targets;
    std::size_t faults = 0;
  };
  for (const Case& one : std::vector<Case>{{"a@x.org; b@x.org", {"a@x.org", "b@x.org"}},
                                           {"a@x.org;b@x.org;", {"a@x.org", "b@x.org"}},
                                           {"joe; ann", {"joe", "ann"}},
                                           {"a@x.org (office)", {"a@x.org"}},
                                           {"a@x.org (office, home), b@x.org", {"a@x.org", "b@x.org"}},
                                           {"joe (it\\)s, him)", {"joe"}},
                                           {"(office) a@x.org", {"a@x.org"}},
                                           {"a@x.org (office", {"a@x.org"}, 1},
                                           {"a@x.org (office, b@x.org", {"a@x.org", "b@x.org"}, 1},
                                           {"a@x.org# office", {"a@x.org"}},
                                           {"a@x.org#office", {"a@x.org"}},
                                           {"joe# office, home", {"joe"}},
                                           {"a@x.org, joe#1@x.org#office", {"a@x.org", "joe#1@x.org"}},
                                           {"<a@x.org, b@x.org", {"a@x.org", "b@x.org"}},
                                           {"a@x.org>, b@x.org", {"a@x.org", "b@x.org"}},
                                           {"Joe <a@x.org> Ann <b@x.org>", {"a@x.org", "b@x.org"}},
                                           {"\"a@x.org, b@x.org\"", {"a@x.org", "b@x.org"}},
                                           {"'a@x.org, b@x.org'", {"a@x.org", "b@x.org"}},
                                           {"mailto:a@x.org", {"a@x.org"}},
                                           {"a@x.org\xC2\xA0, \xE2\x80\x8B"
                                            "b@x.org",
                                            {"a@x.org", "b@x.org"}},
                                           {"a@x.org; secret@@x.org", {"a@x.org"}, 1},
                                           {"a@x.org; |/bin/secret", {"a@x.org"}, 1},
                                           {"joe /var/mail/secret", {"joe"}, 1},
                                           {"a@x.org:25", {"a@x.org"}, 1},
                                           {"b: c@x.org", {"c@x.org"}}}) {
    const AliasesFile file = parse_aliases_file("list: " + one.list + "\nroot: r@x.org\n");
    ASSERT_TRUE(file.aliases.contains("list")) << one.list;
    EXPECT_EQ(file.aliases.at("list"), one.targets) << one.list;
    EXPECT_THAT(file.faults, SizeIs(one.faults)) << one.list;
    for (const AliasesFile::Fault& fault : file.faults) EXPECT_THAT(fault.text, Not(HasSubstr("secret"))) << one.list;
    EXPECT_TRUE(file.aliases.contains("root")) << one.list;
  }
  std::string open = "list: a@x.org";
  for (int i = 0; i < 20'000; ++i) open += ",(";
  EXPECT_TRUE(parse_aliases_file(open).aliases.contains("list")) << "in time";
}

TEST(AliasesFile, AnOddLineCostsItselfAlone) {
  for (const std::string& odd : std::vector<std::string>{
           "no colon here", ": a@x.org", "root@example.org: a@x.org", "\"a@b\": x", "two words: a@x.org", "empty:",
           "empty: ,", "+nis", "\"open: a@x.org", "list: \"open@x.org", "nul: a\x01@x.org", "esc\x1b: a@x.org",
           "b\xFF: a@x.org", "a..b@@c: x", "root: again@x.org", std::string("zero: a\0b@x.org", 15), "\\", "\"\": x"}) {
    const AliasesFile file = parse_aliases_file("root: a@x.org\n" + odd + "\nlast: b@x.org\n");
    EXPECT_THAT(file.aliases.at("root"), ElementsAre("a@x.org")) << odd;
    if (odd == "\\") continue;  // it joins the line behind it
    EXPECT_THAT(file.aliases, SizeIs(2)) << odd;
    EXPECT_THAT(file.aliases.at("last"), ElementsAre("b@x.org")) << odd;
    if (odd == "empty: ,") continue;
    ASSERT_THAT(file.faults, SizeIs(1)) << odd;
    EXPECT_EQ(file.faults[0].line, 2U) << odd;
  }
}

TEST(AliasesFile, EveryCutOfAFileIsReadAsFarAsItGoes) {
  const std::string whole =
      "# odd\nroot: a@x.org, \"|prog \\\"x\\\"\", \\joe\n  , b@x.org\n\"q r\": \"s t\"@x.org \\\n,z\n*: u\n";
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    const AliasesFile file = parse_aliases_file(whole.substr(0, size));
    for (const auto& [name, list] : file.aliases) {
      EXPECT_FALSE(list.empty()) << size;
      EXPECT_TRUE(file.lines.contains(name)) << size;
    }
    EXPECT_EQ(file.aliases.size(), file.lines.size());
  }
}

TEST(AliasesFile, SizesAreBounded) {
  std::string many;
  for (std::size_t i = 0; i < kMostAliases + 10; ++i) many += "n" + std::to_string(i) + ": a\n";
  const AliasesFile full = parse_aliases_file(many);
  EXPECT_THAT(full.aliases, SizeIs(kMostAliases));
  ASSERT_THAT(full.faults, SizeIs(1));
  EXPECT_EQ(full.faults[0].line, kMostAliases + 1);

  const AliasesFile long_file = parse_aliases_file("root: a@x.org\n" + std::string(kLargestAliasesFile, 'x') + ": b\n");
  EXPECT_THAT(long_file.aliases, ElementsAre(testing::Key("root")));
  EXPECT_THAT(long_file.faults.back().text, HasSubstr("larger than 1 MiB"));

  const AliasesFile faulty = parse_aliases_file([] {
    std::string lines;
    for (int i = 0; i < 1000; ++i) lines += "nothing\n";
    return lines;
  }());
  EXPECT_THAT(faulty.faults, SizeIs(kMostFaults));
  EXPECT_EQ(faulty.passed_over, 1000U);

  std::string wide = "root: ";
  for (int i = 0; i < 20'000; ++i) wide += "n" + std::to_string(i) + ",";
  EXPECT_THAT(parse_aliases_file(wide).aliases.at("root"), SizeIs(20'000));

  const AliasesFile odd_name = parse_aliases_file(std::string(60, 'a') + "\xC3\xA4\xC3\xA4: /x\n");
  ASSERT_THAT(odd_name.faults, SizeIs(1));
  EXPECT_LT(odd_name.faults[0].text.size(), 200U);
}

}  // namespace
}  // namespace postern::mail
