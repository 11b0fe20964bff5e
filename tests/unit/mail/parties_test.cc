// Who counts as one: whoever may act as many uids is still one.
#include "mail/parties.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <string>

namespace postern::mail {
namespace {

SubordinateIds parse(std::string_view text) {
  return parse_subordinate_ids(text, [](const std::string& name) -> std::optional<std::uint32_t> {
    const std::map<std::string, std::uint32_t> users{{"root", 0}, {"alice", 1000}, {"bob", 1001}};
    const auto known = users.find(name);
    return known == users.end() ? std::nullopt : std::optional(known->second);
  });
}

Parties parties(std::string_view text, std::uint32_t overflow = Parties::kUsualOverflow) {
  return Parties(parse(text).ranges, overflow);
}

TEST(Parties, WithoutRangesEachUidIsOneAndTheOverflowUidIsNobody) {
  for (const Parties& plain : {Parties(), parties(""), parties("# nobody has any\n\n")}) {
    for (const std::uint32_t uid : {0U, 1U, 1000U, 65533U, 65535U, 4294967294U, kNoUid}) EXPECT_EQ(plain.of(uid), uid);
    EXPECT_EQ(plain.of(65534), kNoUid);
  }
  EXPECT_EQ(parties("", 99).of(99), kNoUid);
  EXPECT_EQ(parties("", 99).of(65534), 65534U);
}

TEST(Parties, ANameIsAskedForOnceHoweverManyLinesHaveIt) {
  std::map<std::string, int> asked;
  std::string text;
  for (int line = 0; line < 50; ++line) {
    for (const std::string user : {"alice", "gone", "1002"})
      text += user + ":" + std::to_string(100000 + line) + ":1\n";
  }
  const SubordinateIds found = parse_subordinate_ids(text, [&](const std::string& name) {
    ++asked[name];
    return name == "alice" ? std::optional<std::uint32_t>(1000) : std::nullopt;
  });
  EXPECT_EQ(found.ranges.size(), 150U);
  EXPECT_EQ(asked, (std::map<std::string, int>{{"alice", 1}, {"gone", 1}}));
}

TEST(Parties, AUidInARangeIsItsOwners) {
  const Parties known = parties("alice:100000:65536\nbob:165536:65536\n1002:231072:10\n");
  for (const std::uint32_t uid : {100000U, 100001U, 165535U}) EXPECT_EQ(known.of(uid), 1000U);
  for (const std::uint32_t uid : {165536U, 231071U}) EXPECT_EQ(known.of(uid), 1001U);
  for (const std::uint32_t uid : {231072U, 231081U}) EXPECT_EQ(known.of(uid), 1002U);
  for (const std::uint32_t uid : {0U, 1000U, 1001U, 99999U, 231082U}) EXPECT_EQ(known.of(uid), uid);
}

TEST(Parties, WhatRunsInAContainerOfRootsIsNotRootAndIsOne) {
  for (const std::string user : {"root", "0", "gone"}) {
    const Parties known = parties(user + ":100000:65536\nalice:165536:65536\n");
    for (const std::uint32_t uid : {100000U, 100001U, 165535U}) EXPECT_EQ(known.of(uid), 100000U) << user;
    EXPECT_EQ(known.of(165536), 1000U);
  }
}

/// Images of containers have such lines.
TEST(Parties, ARangeOverTheAccountsOfTheMachineMakesNobodyAnother) {
  for (const std::string user : {"root", "gone", "alice", "podman", "0", "1000"}) {
    for (const std::string range : {"0:65536", "0:4294967295", "1:999", "1001:64535", "999:2", "65535:10"}) {
      const SubordinateIds found = parse(user + ":" + range + "\nbob:100000:65536\n");
      EXPECT_EQ(found.over_accounts, 1U) << user << " " << range;
      EXPECT_EQ(found.broken, 0U);
      const Parties known(found.ranges);
      for (const std::uint32_t uid : {0U, 1U, 1000U, 1001U, 65533U, 65535U, 65536U}) EXPECT_EQ(known.of(uid), uid);
      EXPECT_EQ(known.of(65534), kNoUid);
      EXPECT_EQ(known.of(100000), 1001U);
    }
  }
  EXPECT_EQ(parties("alice:65536:1\n").of(65536), 1000U);
}

TEST(Parties, WhereRangesOverlapTheOneThatBeginsFirstHasWhatBothHave) {
  for (const std::string text : {"alice:100100:100\nbob:100150:100\n", "bob:100150:100\nalice:100100:100\n"}) {
    const Parties known = parties(text);
    EXPECT_EQ(known.of(100099), 100099U);
    for (const std::uint32_t uid : {100100U, 100150U, 100199U}) EXPECT_EQ(known.of(uid), 1000U);
    for (const std::uint32_t uid : {100200U, 100249U}) EXPECT_EQ(known.of(uid), 1001U);
    EXPECT_EQ(known.of(100250), 100250U);
  }
  EXPECT_EQ(parties("alice:100100:100\nbob:100120:10\n").of(100125), 1000U);
  EXPECT_EQ(parties("alice:100100:0\nbob:100100:10\n").of(100100), 1001U);
}

TEST(Parties, BrokenLinesAreCountedAndTheOthersCount) {
  for (const std::string line :
       {"alice", "alice:100000", ":100000:5", "alice:x:5", "alice:5:x", "alice:5:", "alice::5", "alice:-5:5",
        "alice:4294967290:10", "alice:4294967296:1", "alice:1:2:3", "alice:1 2:3", "alice:0x10:3"}) {
    const SubordinateIds found = parse("# first\n" + line + "\nbob:100000:10\n" + line);
    EXPECT_EQ(found.broken, 2U) << line;
    EXPECT_EQ(found.first_broken_at, 2U) << line;
    ASSERT_EQ(found.ranges.size(), 1U) << line;
    EXPECT_EQ(found.ranges[0].owner, 1001U) << line;
  }
  EXPECT_EQ(parse("alice:4294967285:10").broken, 0U) << "up to the last uid";
}

TEST(Parties, HaveWords) {
  EXPECT_EQ(party_text(7), "user 7");
  EXPECT_EQ(party_text(kNoUid), "whoever has no known uid");
}

TEST(Parties, AReportCountsForWhomItIsAboutAnAlarmForNobodyAndNeitherIsAnybodysOwn) {
  const Parties known = parties("alice:100000:65536\n");
  Source source{Source::Kind::local, 100007, 4711, std::nullopt, "", ""};
  EXPECT_EQ(known.of(source), 1000U);
  EXPECT_EQ(known.author(source), 1000U);
  EXPECT_EQ(owner_of(source), 100007U) << "who may see it is the uid itself";
  source.kind = Source::Kind::daemon;
  EXPECT_EQ(known.of(source), 1000U);
  EXPECT_FALSE(known.author(source));
  EXPECT_EQ(owner_of(source), kNoUid);
  EXPECT_FALSE(is_alarm(source));
  source.uid.reset();
  EXPECT_EQ(known.of(source), kNoUid);
  EXPECT_TRUE(is_alarm(source));
  source.kind = Source::Kind::smtp;
  EXPECT_EQ(known.author(source), kNoUid) << "those who are not known are one";
  EXPECT_FALSE(is_alarm(source));
}

}  // namespace
}  // namespace postern::mail
