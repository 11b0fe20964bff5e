#include "setup/written_files.h"

#include "support/scratch_dir.h"

#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

namespace postern::setup {
namespace {

mode_t mode_of(const std::string& path) {
  struct stat status{};
  EXPECT_EQ(stat(path.c_str(), &status), 0) << path;
  return status.st_mode & 07777U;
}

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
  const test::ScratchDir dir;
  const auto done = write_credential(CredentialFile{dir / "password", Secret("x")}, "no-such-group");
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().failure, Failure::not_found);
  EXPECT_NE(done.error().text.find("systemd-sysusers"), std::string::npos);
  EXPECT_NE(access((dir / "password").c_str(), F_OK), 0);
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
  EXPECT_EQ(mode_of(path + ".old"), 0640U);
  EXPECT_EQ(written->kept, std::vector<std::string>{path + ".old"});
  EXPECT_EQ(written->files, std::vector<std::string>{path});
}

TEST(WriteFiles, AnOlderOldOneGoes) {
  const test::ScratchDir dir;
  const std::string path = dir.write("postern.yaml", "second\n");
  dir.write("postern.yaml.old", "first\n");
  ASSERT_TRUE(write_files(path, "third\n", {}));
  EXPECT_EQ(dir.read("postern.yaml.old"), "second\n");
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

TEST(WriteFiles, WithoutADirectoryNothingIsWritten) {
  const test::ScratchDir dir;
  EXPECT_FALSE(write_files(dir / "no/postern.yaml", "text\n", {}));
}

}  // namespace
}  // namespace postern::setup
