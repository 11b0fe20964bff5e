// What this machine says of its users, and what becomes of files that say it badly.
#include "app/parties.h"

#include "support/expected_log.h"
#include "support/scratch_dir.h"

#include <gtest/gtest.h>

#include <string>

namespace postern::app {
namespace {

TEST(MachinesParties, AreReadFromItsFiles) {
  const test::ScratchDir dir;
  const std::string ids = dir.write("subuid", "1000:100000:65536\nroot:200000:10\nnobody-has-this-name:300000:10\n");
  const mail::Parties parties = read_parties(ids, dir.write("overflowuid", "777\n"));
  EXPECT_EQ(parties.of(100001), 1000U);
  EXPECT_EQ(parties.of(200001), 200000U);
  EXPECT_EQ(parties.of(300001), 300000U);
  EXPECT_EQ(parties.of(777), mail::kNoUid);
  EXPECT_EQ(parties.of(65534), 65534U);
}

TEST(MachinesParties, WithoutTheFilesEachUidIsOneAndNothingIsTold) {
  const test::ScratchDir dir;
  const mail::Parties parties = read_parties(dir / "none", dir / "none");
  EXPECT_EQ(parties.of(100001), 100001U);
  EXPECT_EQ(parties.of(65534), mail::kNoUid);
}

TEST(MachinesParties, WhatIsBrokenIsToldAndLeftOut) {
  const test::ScratchDir dir;
  {
    const test::ExpectLog expected("lines=2");
    const std::string ids = dir.write("subuid", "1000:100000:65536\nno sense\n1001:x:5\n1002:200000:5\n");
    const mail::Parties parties = read_parties(ids, dir.write("overflowuid", "many\n"));
    EXPECT_EQ(parties.of(100001), 1000U);
    EXPECT_EQ(parties.of(200001), 1002U);
    EXPECT_EQ(parties.of(65534), mail::kNoUid);
  }
  const test::ExpectLog expected("the users of containers count each for itself");
  EXPECT_EQ(read_parties(dir.path(), dir.path()).of(100001), 100001U) << "a directory";
}

}  // namespace
}  // namespace postern::app
