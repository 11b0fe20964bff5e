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
  EXPECT_EQ(parties("alice:0:65536\n").of(0), 0U) << "nobody makes root another";
  EXPECT_EQ(parties("alice:0:65536\n").of(65534), kNoUid);
}

TEST(Parties, WhereRangesOverlapTheOneThatBeginsFirstHasWhatBothHave) {
  for (const std::string text : {"alice:100:100\nbob:150:100\n", "bob:150:100\nalice:100:100\n"}) {
    const Parties known = parties(text);
    EXPECT_EQ(known.of(99), 99U);
    for (const std::uint32_t uid : {100U, 150U, 199U}) EXPECT_EQ(known.of(uid), 1000U);
    for (const std::uint32_t uid : {200U, 249U}) EXPECT_EQ(known.of(uid), 1001U);
    EXPECT_EQ(known.of(250), 250U);
  }
  EXPECT_EQ(parties("alice:100:100\nbob:120:10\n").of(125), 1000U);
  EXPECT_EQ(parties("alice:100:0\nbob:100:10\n").of(100), 1001U);
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

TEST(Parties, AReportCountsForWhomItIsAboutAnAlarmForNobodyAndNeitherIsAnybodysOwn) {
  const Parties known = parties("alice:100000:65536\n");
  Source source{Source::Kind::local, 100007, 4711, "", ""};
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
