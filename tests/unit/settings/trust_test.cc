#include "settings/trust.h"
#include "support/scratch_dir.h"

#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <utility>
#include <vector>

namespace postern::settings {
namespace {

using Who = Opening::Who;
constexpr uid_t kService = 990;
constexpr uid_t kAlice = 1000;

Step directory(const std::string& path, mode_t mode = 0755, uid_t uid = 0) {
  Step step;
  step.path = path;
  step.kind = Step::Kind::directory;
  step.mode = mode;
  step.uid = uid;
  return step;
}

Step file(mode_t mode = 0644, uid_t uid = 0) {
  Step step = directory("/d/f", mode, uid);
  step.kind = Step::Kind::file;
  return step;
}

Step link(uid_t uid) {
  Step step = file(0777, uid);
  step.path = "/d/l";
  step.kind = Step::Kind::link;
  return step;
}

std::string told(const std::vector<Step>& steps) {
  std::string all;
  for (const Opening& each : openings(steps, kService)) {
    const char* who = each.who == Who::everybody ? "everybody "
                      : each.who == Who::group   ? "group "
                      : each.who == Who::owner   ? "owner "
                                                 : "next ";
    all += who + each.step.path + "; ";
  }
  return all;
}

TEST(Trust, OfAFileGoesByEveryModeAndOwner) {
  for (mode_t mode = 0; mode <= 0777; ++mode) {
    for (const uid_t uid : {uid_t{0}, kService, kAlice}) {
      for (const bool shared : {false, true}) {
        Step one = file(mode, uid);
        one.shared_group = shared;
        std::string right = uid == kAlice ? "owner /d/f; " : "";
        if ((mode & S_IWOTH) != 0) {
          right += "everybody /d/f; ";
        } else if ((mode & S_IWGRP) != 0 && shared) {
          right += "group /d/f; ";
        }
        EXPECT_EQ(told({directory("/"), directory("/d"), one}), right) << std::oct << mode << " " << uid << shared;
      }
    }
  }
}

TEST(Trust, OfAFileIsThatOfEveryDirectoryAboveIt) {
  EXPECT_EQ(told({directory("/"), directory("/d", 0777), file()}), "everybody /d; ");
  EXPECT_EQ(told({directory("/", 0755, kAlice), directory("/d"), file()}), "owner /; ");
  EXPECT_EQ(told({directory("/"), directory("/d", 0700, kAlice), file()}), "owner /d; ");
  EXPECT_EQ(told({directory("/"), directory("/d", 0700, kService), file(0600, kService)}), "");
}

TEST(Trust, InAStickyDirectoryIsForOnesOwnFilesAndForNobodyWhoComesNext) {
  EXPECT_EQ(told({directory("/tmp", 01777), directory("/tmp/own", 0700), file()}), "");
  EXPECT_EQ(told({directory("/tmp", 01777), directory("/tmp/hers", 0700, kAlice), file()}), "owner /tmp/hers; ");
  EXPECT_EQ(told({directory("/tmp", 01777), file()}), "next /d/f; ");
  EXPECT_EQ(told({directory("/tmp", 01777), file(0644, kAlice)}), "owner /d/f; ");
  EXPECT_EQ(told({directory("/tmp", 01777), link(kAlice), directory("/d"), file()}), "owner /d/l; ");
}

TEST(Trust, OfALinkIsThatOfItsDirectory) {
  EXPECT_EQ(told({directory("/"), link(kAlice), directory("/d"), file()}), "");
  EXPECT_EQ(told({directory("/x", 0777), link(0), directory("/d"), file()}), "everybody /x; ");
}

TEST(Trust, IsNotAskedWhereNobodyCanWriteOrTheOwnerIsBeyondThisNamespace) {
  Step far = directory("/", 0755, 65534);
  EXPECT_EQ(told({far, file()}), "owner /; ");
  far.outside = true;
  EXPECT_EQ(told({far, file()}), "");
  Step still = directory("/c", 0777, kAlice);
  still.read_only = true;
  EXPECT_EQ(told({still, file()}), "");
}

TEST(Trust, ThatIsMissingIsAnErrorForProgramsAndWhereEverybodyMayWrite) {
  for (const Thing thing :
       {Thing::settings, Thing::program, Thing::secret, Thing::authorities, Thing::certificate, Thing::aliases}) {
    const bool program = thing == Thing::program;
    const bool light = thing == Thing::certificate;
    EXPECT_EQ(gravity(thing, Who::everybody), light ? Gravity::warning : Gravity::error);
    EXPECT_EQ(gravity(thing, Who::group), program ? Gravity::error : Gravity::warning);
    EXPECT_EQ(gravity(thing, Who::owner), program ? Gravity::error : Gravity::warning);
    EXPECT_EQ(gravity(thing, Who::next_comer), program ? Gravity::error : Gravity::none);
  }
}

TEST(Steps, FollowEveryLinkOneByOne) {
  const test::ScratchDir dir;
  ASSERT_EQ(mkdir((dir / "real").c_str(), 0700), 0);
  (void)dir.write("real/f", "x", 0640);
  ASSERT_EQ(symlink("real", (dir / "relative").c_str()), 0);
  ASSERT_EQ(symlink((dir / "relative/../relative/f").c_str(), (dir / "absolute").c_str()), 0);
  std::string all;
  for (const Step& step : steps_to(dir / "absolute", getuid())) {
    if (!step.path.starts_with(dir.path() + "/")) continue;
    const char* kind = step.kind == Step::Kind::link ? "@" : step.kind == Step::Kind::directory ? "/" : "";
    all += step.path.substr(dir.path().size() + 1) + kind + " ";
  }
  EXPECT_EQ(all, "absolute@ relative@ real/ relative@ real/ real/f ");
  const auto steps = steps_to(dir / "real/f", getuid());
  EXPECT_EQ(steps.front().path, "/");
  EXPECT_EQ(steps.back().mode & 07777U, 0640U);
  EXPECT_EQ(steps_to(dir / "real/none", getuid()).back().path, dir / "real");
  ASSERT_EQ(symlink("loop", (dir / "loop").c_str()), 0);
  EXPECT_LE(steps_to(dir / "loop", getuid()).size(), 60U);
}

TEST(Steps, AskWhoIsInAGroupThatMayWrite) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  const test::ScratchDir dir;
  const std::string name = dir.write("f", "x", 0664);
  const gid_t staff = 50;  // on Debian: nobody's
  for (const auto& [gid, shared] : {std::pair<gid_t, bool>{0, false}, {staff, false}, {64998, true}}) {
    ASSERT_EQ(chown(name.c_str(), 0, gid), 0);
    ASSERT_EQ(chmod(name.c_str(), 0664), 0);
    EXPECT_EQ(steps_to(name, 0).back().shared_group, shared) << gid;
    ASSERT_EQ(chmod(name.c_str(), 0644), 0);
    EXPECT_FALSE(steps_to(name, 0).back().shared_group) << gid;
  }
}

}  // namespace
}  // namespace postern::settings
