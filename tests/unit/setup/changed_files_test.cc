#include "setup/changed_files.h"

#include "support/scratch_dir.h"

#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <set>
#include <string>

namespace postern::setup {
namespace {

using test::mode_of;
using test::ScratchDir;

std::set<std::string> names_in(const ScratchDir& dir) {
  std::set<std::string> names;
  for (const auto& each : std::filesystem::directory_iterator(dir.path())) names.insert(each.path().filename());
  return names;
}

TEST(ChangedFiles, WhatWasThereComesBackAsItWas) {
  const ScratchDir dir;
  const std::string path = dir.write("postern.yaml", "old\n", 0640);
  ASSERT_TRUE(write_changed(NewSettings{path, "new\n", FileAccess{0640, {}}}, std::nullopt));
  EXPECT_EQ(dir.read("postern.yaml"), "new\n");
  EXPECT_EQ(mode_of(path), 0640U);
  const auto back = undo_changed(path);
  ASSERT_TRUE(back);
  EXPECT_EQ(*back, std::vector<std::string>{path});
  EXPECT_EQ(dir.read("postern.yaml"), "old\n");
  EXPECT_EQ(names_in(dir), (std::set<std::string>{"postern.yaml", "postern.yaml.setup-record"}));
  EXPECT_EQ(undo_changed(path).error().failure, Failure::not_found);
}

TEST(ChangedFiles, WhatIsJudgedBadIsTakenBackAndTheOlderWayBackStays) {
  const ScratchDir dir;
  const std::string path = dir.write("postern.yaml", "old\n", 0640);
  const std::string secret = dir.write("password", "old\n", 0600);
  ASSERT_TRUE(write_changed(NewSettings{path, "one\n", {}}, CredentialFile{secret, Secret("one")}));
  const std::set<std::string> before = names_in(dir);
  std::string seen;
  const auto bad = [&]() -> Result<void> {
    seen = dir.read("postern.yaml") + dir.read("password");
    return Error{Failure::invalid, "bad"};
  };
  const auto done = write_changed(NewSettings{path, "two\n", {}}, CredentialFile{secret, Secret("two")}, bad);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().text, "bad");
  EXPECT_EQ(seen, "two\ntwo\n");
  EXPECT_EQ(dir.read("postern.yaml") + dir.read("password"), "one\none\n");
  EXPECT_EQ(names_in(dir), before);
  ASSERT_TRUE(undo_changed(path));
  EXPECT_EQ(dir.read("postern.yaml") + dir.read("password"), "old\nold\n");
}

TEST(ChangedFiles, WhatWasNotThereGoes) {
  const ScratchDir dir;
  const std::string path = dir / "postern.yaml";
  ASSERT_TRUE(write_changed(NewSettings{path, "new\n", {}}, std::nullopt));
  ASSERT_TRUE(undo_changed(path));
  EXPECT_EQ(names_in(dir), std::set<std::string>{"postern.yaml.setup-record"});
}

TEST(ChangedFiles, TheSecondTimeUndoGoesBackToTheFirst) {
  const ScratchDir dir;
  const std::string path = dir / "postern.yaml";
  ASSERT_TRUE(write_changed(NewSettings{path, "one\n", {}}, std::nullopt));
  ASSERT_TRUE(write_changed(NewSettings{path, "two\n", {}}, std::nullopt));
  ASSERT_TRUE(undo_changed(path));
  EXPECT_EQ(dir.read("postern.yaml"), "one\n");
}

TEST(ChangedFiles, AFileThatWasChangedSinceIsLeftAlone) {
  const ScratchDir dir;
  const std::string path = dir.write("postern.yaml", "old\n");
  ASSERT_TRUE(write_changed(NewSettings{path, "new\n", {}}, std::nullopt));
  std::filesystem::remove(path);
  dir.write("postern.yaml", "mine\n");
  EXPECT_EQ(undo_changed(path).error().failure, Failure::exists);
  EXPECT_EQ(dir.read("postern.yaml"), "mine\n");
  EXPECT_EQ(dir.read("postern.yaml.before-setup"), "old\n");
}

TEST(ChangedFiles, ALinkThatLeadsNowhereComesBackToo) {
  const ScratchDir dir;
  const std::string path = dir / "postern.yaml";
  std::filesystem::create_symlink(dir / "none", path);
  ASSERT_TRUE(write_changed(NewSettings{path, "new\n", {}}, std::nullopt));
  ASSERT_TRUE(undo_changed(path));
  EXPECT_EQ(std::filesystem::read_symlink(path), dir / "none");
}

TEST(ChangedFiles, OldSettingsWithAPasswordAreKeptFromOthers) {
  for (const std::string text : {"hostname: a.example\n", "smarthosts:\n- host: a\n  user: u\n  password: hunter2\n"}) {
    const ScratchDir dir;
    const std::string path = dir.write("postern.yaml", text, 0644);
    ASSERT_TRUE(write_changed(NewSettings{path, "new\n", FileAccess{0644, {}}}, std::nullopt));
    EXPECT_EQ(mode_of(path + ".before-setup"), text.find("hunter2") == std::string::npos ? 0644U : 0640U);
    EXPECT_EQ(mode_of(path), 0644U);
  }
}

// A file that was replaced by a link meanwhile: what it leads to is somebody else's.
TEST(ChangedFiles, WhatALinkLeadsToKeepsItsMode) {
  const ScratchDir dir;
  const std::string victim = dir.write("victim", "x\n", 0644);
  const std::string path = dir.write("postern.yaml", "old\n");
  std::filesystem::create_symlink(victim, dir / "password");
  ASSERT_TRUE(write_changed(NewSettings{path, "new\n", {}}, CredentialFile{dir / "password", Secret("x")}));
  EXPECT_EQ(mode_of(victim), 0644U);
  EXPECT_EQ(dir.read("victim"), "x\n");
  ASSERT_TRUE(undo_changed(path));
  EXPECT_TRUE(std::filesystem::is_symlink(dir / "password"));
}

TEST(ChangedFiles, WhatCouldNotBePutBackIsTheNextTime) {
  const ScratchDir dir;
  const std::string path = dir.write("postern.yaml", "old\n");
  dir.write("password", "old\n");
  ASSERT_TRUE(write_changed(NewSettings{path, "new\n", {}}, CredentialFile{dir / "password", Secret("new")}));
  // A name that nothing can be renamed to: a directory in the place of what a record without a mark may name.
  const std::string record = dir.read("postern.yaml.setup-record");
  const std::size_t at = record.rfind('\n', record.size() - 2) + 1;
  dir.write("postern.yaml.setup-record", record.substr(0, at) + "-" + record.substr(record.find(' ', at)));
  std::filesystem::rename(dir / "password", dir / "aside");
  std::filesystem::create_directory(dir / "password");
  EXPECT_FALSE(undo_changed(path));
  EXPECT_EQ(dir.read("postern.yaml"), "old\n");
  std::filesystem::remove(dir / "password");
  const auto back = undo_changed(path);
  ASSERT_TRUE(back) << back.error().text;
  EXPECT_EQ(dir.read("password"), "old\n");
  EXPECT_EQ(dir.read("postern.yaml"), "old\n");
}

TEST(ChangedFiles, AFailureLeavesEverythingAsItWas) {
  const ScratchDir dir;
  const std::string path = dir.write("postern.yaml", "old\n");
  const std::string obstacle = dir / ("postern.yaml.new-" + std::to_string(gettid()));
  std::filesystem::create_directory(obstacle);  // where the new file would be written first
  EXPECT_FALSE(write_changed(NewSettings{path, "new\n", {}}, std::nullopt));
  EXPECT_EQ(dir.read("postern.yaml"), "old\n");
  EXPECT_FALSE(std::filesystem::exists(dir / "postern.yaml.before-setup"));
  // A credential that cannot be written keeps the settings back, too.
  std::filesystem::remove(obstacle);
  EXPECT_FALSE(write_changed(NewSettings{path, "new\n", {}}, CredentialFile{dir / "no/password", Secret("x")}));
  EXPECT_EQ(dir.read("postern.yaml"), "old\n");
  EXPECT_FALSE(std::filesystem::exists(dir / "postern.yaml.before-setup"));
  EXPECT_EQ(names_in(dir), std::set<std::string>{"postern.yaml"});
}

TEST(ChangedFiles, AFailureOfTheSecondTimeLeavesTheWayBackOfTheFirst) {
  for (const std::string name : {"postern.yaml.new-", "postern.yaml.setup-record.new-"}) {
    const ScratchDir dir;
    const std::string path = dir.write("postern.yaml", "by hand\n");
    ASSERT_TRUE(write_changed(NewSettings{path, "one\n", {}}, std::nullopt));
    const std::string obstacle = dir / (name + std::to_string(gettid()));
    std::filesystem::create_directory(obstacle);
    EXPECT_FALSE(write_changed(NewSettings{path, "two\n", {}}, CredentialFile{dir / "password", Secret("x")})) << name;
    std::filesystem::remove(obstacle);
    EXPECT_EQ(dir.read("postern.yaml"), "one\n");
    EXPECT_FALSE(std::filesystem::exists(dir / "password"));
    const auto back = undo_changed(path);
    ASSERT_TRUE(back) << back.error().text;
    EXPECT_EQ(dir.read("postern.yaml"), "by hand\n");
    EXPECT_EQ(names_in(dir), (std::set<std::string>{"postern.yaml", "postern.yaml.setup-record"}));
  }
}

// Ended after its record: the name that it gave to the old file first is still there.
TEST(ChangedFiles, ARunThatWasEndedAtItsLastStepIsUndone) {
  const ScratchDir dir;
  const std::string path = dir.write("postern.yaml", "old\n");
  ASSERT_TRUE(write_changed(NewSettings{path, "new\n", {}}, std::nullopt));
  std::filesystem::rename(dir / "postern.yaml.before-setup", dir / "postern.yaml.before-setup.new");
  dir.write("postern.yaml.before-setup", "older\n");
  ASSERT_TRUE(undo_changed(path));
  EXPECT_EQ(dir.read("postern.yaml"), "old\n");
}

// Ended before it wrote anything: what counts is the run before it.
TEST(ChangedFiles, ARunThatWasEndedAtItsFirstStepIsAsIfItHadNotBeen) {
  const ScratchDir dir;
  const std::string path = dir.write("postern.yaml", "old\n");
  ASSERT_TRUE(write_changed(NewSettings{path, "new\n", {}}, std::nullopt));
  std::filesystem::create_hard_link(path, dir / "postern.yaml.before-setup.new");
  ASSERT_TRUE(undo_changed(path));
  EXPECT_EQ(dir.read("postern.yaml"), "old\n");
}

TEST(ChangedFiles, ARecordThatNamesAnotherFileIsNotObeyed) {
  const ScratchDir dir;
  const std::string path = dir.write("postern.yaml", "mine\n");
  const std::string victim = dir.write("shadow", "x\n");
  for (const std::string& line :
       {"- new " + victim, "- new " + (dir / "password/../shadow"), std::string("- new shadow")}) {
    dir.write("postern.yaml.setup-record", line + "\n", 0600);
    const auto back = undo_changed(path);
    ASSERT_FALSE(back) << line;
    EXPECT_EQ(back.error().failure, Failure::denied);
    EXPECT_EQ(dir.read("shadow"), "x\n");
  }
}

TEST(ChangedFiles, AFileThatTheSettingsNameIsPutBack) {
  const ScratchDir dir;
  const std::string path = dir / "postern.yaml";
  const std::string secret = dir / "smtp-secret";
  const std::string text = "smarthosts:\n- host: a.example\n  user: u\n  password_file: " + secret + "\n";
  ASSERT_TRUE(write_changed(NewSettings{path, text, {}}, CredentialFile{secret, Secret("x")}));
  ASSERT_TRUE(undo_changed(path));
  EXPECT_FALSE(std::filesystem::exists(secret));
}

TEST(ChangedFiles, ARecordThatOthersCanWriteIsNotObeyed) {
  const ScratchDir dir;
  const std::string path = dir / "postern.yaml";
  const std::string record = path + ".setup-record";
  ASSERT_TRUE(write_changed(NewSettings{path, "new\n", {}}, std::nullopt));
  const auto failure = [&path] {
    const auto back = undo_changed(path);
    return back ? Failure::cancelled : back.error().failure;
  };
  ASSERT_EQ(chmod(record.c_str(), 0666), 0);
  EXPECT_EQ(failure(), Failure::denied);
  ASSERT_EQ(chmod(record.c_str(), 0600), 0);
  ASSERT_EQ(chmod(dir.path().c_str(), 0777), 0);
  EXPECT_EQ(failure(), Failure::denied);
  ASSERT_EQ(chmod(dir.path().c_str(), 0700), 0);
  std::filesystem::rename(record, dir / "aside");
  std::filesystem::create_symlink(dir / "aside", record);
  EXPECT_EQ(failure(), Failure::denied);
  EXPECT_EQ(dir.read("postern.yaml"), "new\n");
  std::filesystem::remove(record);
  std::filesystem::rename(dir / "aside", record);
  EXPECT_TRUE(undo_changed(path));
}

}  // namespace
}  // namespace postern::setup
