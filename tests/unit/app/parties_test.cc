// What this machine says of its users, and what becomes of files that say it badly.
#include "app/parties.h"

#include "support/expected_log.h"
#include "support/scratch_dir.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <string>

namespace postern::app {
namespace {

TEST(MachinesParties, AreReadFromItsFiles) {
  const test::ScratchDir dir;
  const std::string ids = dir.write("subuid", "1000:100000:65536\nroot:200000:10\nnobody-has-this-name:300000:10\n");
  const mail::Parties parties = read_parties(ids, 777);
  EXPECT_EQ(parties.of(100001), 1000U);
  EXPECT_EQ(parties.of(200001), 200000U);
  EXPECT_EQ(parties.of(300001), 300000U);
  EXPECT_EQ(parties.of(777), mail::kNoUid);
  EXPECT_EQ(parties.of(65534), 65534U);
}

TEST(MachinesParties, WithoutTheFilesEachUidIsOneAndNothingIsTold) {
  const test::ScratchDir dir;
  const mail::Parties parties = read_parties(dir / "none");
  EXPECT_EQ(parties.of(100001), 100001U);
  EXPECT_EQ(parties.of(65534), mail::kNoUid);
}

TEST(MachinesParties, WhatIsBrokenIsToldAndLeftOut) {
  const test::ScratchDir dir;
  {
    const test::ExpectLog expected("lines=2");
    const std::string ids = dir.write("subuid", "1000:100000:65536\nno sense\n1001:x:5\n1002:200000:5\n");
    const mail::Parties parties = read_parties(ids);
    EXPECT_EQ(parties.of(100001), 1000U);
    EXPECT_EQ(parties.of(200001), 1002U);
    EXPECT_EQ(parties.of(65534), mail::kNoUid);
  }
  const test::ExpectLog expected("the users of containers count each for itself");
  EXPECT_EQ(read_parties(dir.path()).of(100001), 100001U) << "a directory";
}

TEST(MachinesParties, AreReadAgainWhenTheFileWasChangedReplacedMadeOrRemovedAndThenAlone) {
  const test::ScratchDir dir;
  PartiesFile file(dir / "subuid");
  EXPECT_EQ(file.read().of(100001), 100001U);
  EXPECT_FALSE(file.read_if_changed()) << "there is none still";
  for (const std::string text : {"1000:100000:65536\n", "1001:100000:65536\n", "1002:100000:6553\n"}) {
    std::filesystem::rename(dir.write("subuid+", text), dir / "subuid");
    const auto parties = file.read_if_changed();
    ASSERT_TRUE(parties) << text;
    EXPECT_EQ(parties->of(100001), static_cast<std::uint32_t>(std::stoul(text)));
    EXPECT_FALSE(file.read_if_changed()) << text;
  }
  dir.write("subuid", "1003:100000:65536\n1004:200000:5\n");
  EXPECT_EQ(file.read_if_changed()->of(100001), 1003U) << "written in its place";
  std::filesystem::remove(dir / "subuid");
  EXPECT_EQ(file.read_if_changed()->of(100001), 100001U);
  EXPECT_FALSE(file.read_if_changed());
}

}  // namespace
}  // namespace postern::app
