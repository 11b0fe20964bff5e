#include "setup/written_files.h"

#include "support/scratch_dir.h"

#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

namespace postern::setup {
namespace {

using test::mode_of;

Proposal three_accounts() {
  Proposal proposal;
  for (const char* host : {"smtp.example.com", "backup.example.net", "a/b c"}) {
    settings::Smarthost& smarthost = proposal.smarthosts.emplace_back();
    smarthost.host = host;
    smarthost.user = "alerts";
    smarthost.password = Secret("one");
  }
  return proposal;
}

TEST(TakePasswords, TheSameLoginSharesAFile) {
  Proposal proposal = three_accounts();
  const auto files = take_passwords(proposal, "/etc/postern");
  ASSERT_EQ(files.size(), 1U);
  EXPECT_EQ(files[0].path, "/etc/postern/password");
  for (const settings::Smarthost& smarthost : proposal.smarthosts) {
    EXPECT_EQ(smarthost.password_file, "/etc/postern/password");
    EXPECT_TRUE(smarthost.password.empty());
  }
}

TEST(TakePasswords, OthersAreNamedByTheirHosts) {
  Proposal proposal = three_accounts();
  proposal.smarthosts[1].password = Secret("two");
  proposal.smarthosts[2].user = "other";
  const auto files = take_passwords(proposal, "/x");
  ASSERT_EQ(files.size(), 3U);
  EXPECT_EQ(files[1].path, "/x/password-backup.example.net");
  EXPECT_EQ(files[2].path, "/x/password-a_2Fb_20c");
  EXPECT_EQ(files[2].secret.reveal(), "one");
}

TEST(TakePasswords, TwoOfOneHostDiffer) {
  Proposal proposal = three_accounts();
  for (std::size_t i = 0; i < 3; ++i) {
    proposal.smarthosts[i].host = "h";
    proposal.smarthosts[i].user = std::to_string(i);
  }
  const auto files = take_passwords(proposal, "/x");
  ASSERT_EQ(files.size(), 3U);
  EXPECT_EQ(files[1].path, "/x/password-h");
  EXPECT_EQ(files[2].path, "/x/password-h-2");
}

TEST(TakePasswords, NothingIsTakenWhereThereIsNone) {
  Proposal proposal;
  proposal.smarthosts.emplace_back().password_command = {"/bin/true"};
  EXPECT_TRUE(take_passwords(proposal, "/x").empty());
  EXPECT_TRUE(proposal.smarthosts[0].password_file.empty());
}

TEST(WriteCredential, OneLineForOwnerAndGroupAlone) {
  const test::ScratchDir dir;
  const std::string path = dir / "password";
  ASSERT_TRUE(write_credential(CredentialFile{path, Secret("correct horse")}, "root"));
  EXPECT_EQ(dir.read("password"), "correct horse\n");
  EXPECT_EQ(mode_of(path), geteuid() == 0 ? 0640U : 0600U);
}

TEST(WriteCredential, WithoutTheGroupItSaysWhatToDo) {
  if (geteuid() != 0) GTEST_SKIP() << "without being root the file is the caller's own";
  const auto done = write_credential(CredentialFile{"/etc/postern/password-of-a-test", Secret("x")}, "no-such-group");
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().failure, Failure::not_found);
  EXPECT_NE(done.error().text.find("systemd-sysusers"), std::string::npos);
  EXPECT_NE(access("/etc/postern/password-of-a-test", F_OK), 0);
}

TEST(WriteCredential, WithoutTheGroupAFileOfAnotherPlaceIsForItsOwner) {
  const test::ScratchDir dir;
  ASSERT_TRUE(write_credential(CredentialFile{dir / "password", Secret("x")}, "no-such-group"));
  EXPECT_EQ(mode_of(dir / "password"), 0600U);
}

TEST(WriteCredential, WhatIsNoLineIsRefused) {
  const test::ScratchDir dir;
  for (const std::string& secret : {std::string(), std::string("a\nb"), std::string("a\r"), std::string("a\0b", 3)}) {
    const auto done = write_credential(CredentialFile{dir / "password", Secret(secret)}, "root");
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().failure, Failure::invalid);
  }
}

TEST(WriteFiles, TheOldSettingsStayBesideTheNew) {
  const test::ScratchDir dir;
  const std::string path = dir.write("postern.yaml", "old\n", 0640);
  const auto written = write_files(path, "new\n", {});
  ASSERT_TRUE(written);
  EXPECT_EQ(dir.read("postern.yaml"), "new\n");
  EXPECT_EQ(mode_of(path), 0644U);
  EXPECT_EQ(dir.read("postern.yaml.old"), "old\n");
  EXPECT_EQ(mode_of(path + ".old"), 0600U);
  EXPECT_EQ(written->kept, std::vector<std::string>{path + ".old"});
  EXPECT_EQ(written->files, std::vector<std::string>{path});
}

TEST(WriteFiles, WhatAnEarlierRunKeptStays) {
  const test::ScratchDir dir;
  const std::string path = dir.write("postern.yaml", "first\n");
  for (const char* text : {"second\n", "third\n", "fourth\n"}) ASSERT_TRUE(write_files(path, text, {}));
  EXPECT_EQ(dir.read("postern.yaml.old"), "first\n");
  EXPECT_EQ(dir.read("postern.yaml.old.2"), "second\n");
  EXPECT_EQ(dir.read("postern.yaml.old.3"), "third\n");
  EXPECT_EQ(dir.read("postern.yaml"), "fourth\n");
}

TEST(WriteFiles, WhatIsKeptIsForItsOwnerAlone) {
  const test::ScratchDir dir;
  for (const mode_t mode : {0644U, 0640U, 0666U, 0600U, 0400U}) {
    const std::string path = dir.write("postern.yaml", "password: hunter2\n", mode);
    const auto written = write_files(path, "new\n", {});
    ASSERT_TRUE(written);
    ASSERT_EQ(written->kept.size(), 1U);
    EXPECT_EQ(mode_of(written->kept[0]), 0600U) << mode;
    EXPECT_EQ(mode_of(path), 0644U);
  }
}

TEST(WriteFiles, WhatAKeptLinkLeadsToIsLeftAsItIs) {
  const test::ScratchDir dir;
  const std::string real = dir.write("real", "old\n", 0644);
  const std::string path = dir / "postern.yaml";
  ASSERT_EQ(symlink(real.c_str(), path.c_str()), 0);
  ASSERT_TRUE(write_files(path, "new\n", {}));
  EXPECT_EQ(mode_of(real), 0644U);
}

TEST(WriteFiles, TheSameAgainKeepsNothing) {
  const test::ScratchDir dir;
  const std::string path = dir / "postern.yaml";
  for (int i = 0; i < 2; ++i) {
    const auto written = write_files(path, "text\n", {});
    ASSERT_TRUE(written);
    EXPECT_TRUE(written->kept.empty());
  }
}

TEST(WriteFiles, TheKeysThatAreLostAreNamedAndTheSpoolFirst) {
  const test::ScratchDir dir;
  const std::string path = dir.write(
      "postern.yaml", "hostname: a.example\nlimits: { message_size: 1 MiB }\nlisten:\n  smtp: []\nspool: /srv/x\n");
  const auto written = write_files(path, "hostname: b.example\nsmarthosts: []\n# limits:\n", {});
  ASSERT_TRUE(written);
  EXPECT_EQ(written->lost, (std::vector<std::string>{"spool", "limits", "listen"}));
  EXPECT_TRUE(write_files(dir / "new.yaml", "hostname: b.example\n", {})->lost.empty());
  EXPECT_TRUE(lost_keys("spool: [\n", "").empty());
  EXPECT_TRUE(lost_keys("", "spool: /x\n").empty());
}

TEST(WriteFiles, WhereTheSettingsCannotBeWrittenThePasswordsAreTheOldOnes) {
  for (const bool there : {false, true}) {
    const test::ScratchDir dir;
    if (there) dir.write("password", "old\n");
    dir.write("second", "new\n");
    const std::vector<CredentialFile> files = {{dir / "password", Secret("new")}, {dir / "second", Secret("new")}};
    std::filesystem::create_directory(dir / "postern.yaml");
    EXPECT_FALSE(write_files(dir / "postern.yaml", "text\n", files));
    EXPECT_EQ(std::filesystem::exists(dir / "password"), there);
    EXPECT_EQ(dir.read("password"), there ? "old\n" : "");
    EXPECT_FALSE(std::filesystem::exists(dir / "password.old"));
    EXPECT_EQ(dir.read("second"), "new\n");
  }
}

TEST(WriteFiles, WithoutADirectoryNothingIsWritten) {
  const test::ScratchDir dir;
  EXPECT_FALSE(write_files(dir / "no/postern.yaml", "text\n", {}));
}

}  // namespace
}  // namespace postern::setup
