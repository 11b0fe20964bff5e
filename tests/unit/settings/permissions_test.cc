#include "settings/permissions.h"
#include "settings/load.h"
#include "settings/user.h"
#include "support/scratch_dir.h"

#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <vector>

namespace postern::settings {
namespace {

using test::ScratchDir;

/// A user who owns nothing here and has no name.
User stranger() {
  User user;
  user.uid = 64999;
  user.groups = {64999};
  user.other = true;
  return user;
}

std::string told(const std::vector<Problem>& problems) {
  std::string all;
  for (const Problem& each : problems) all += each.str() + "\n";
  return all;
}

/// What follows "run: " on each line.
std::vector<std::string> commands(const std::string& text) {
  std::vector<std::string> found;
  for (std::size_t at = text.find("run: "); at != std::string::npos; at = text.find("run: ", at + 1)) {
    found.push_back(text.substr(at + 5, text.find('\n', at) - at - 5));
  }
  return found;
}

class AsTheService : public testing::Test {
 protected:
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "only root can judge as another user";
    chmod(dir.path().c_str(), 0755);
  }

  [[nodiscard]] Loaded judged(const std::string& keys) const {
    const std::string text = "hostname: web1.example.net\nsmarthosts:\n  - host: h.example\n" + keys;
    return load(dir.write("postern.yaml", text, 0644), stranger());
  }

  /// What is wrong is told with commands that mend it.
  void expect_mended(const std::string& keys, const std::string& words) const {
    const Loaded before = judged(keys);
    EXPECT_FALSE(before.settings) << keys;
    const std::string text = told(before.problems);
    EXPECT_NE(text.find(words), std::string::npos) << text << words;
    for (const std::string& command : commands(text)) EXPECT_EQ(std::system(command.c_str()), 0) << command;
    const Loaded after = judged(keys);
    EXPECT_TRUE(after.settings) << told(after.problems) << "after\n" << text;
    EXPECT_EQ(told(after.warnings).find("run: "), std::string::npos) << told(after.warnings);
  }

  const ScratchDir dir;
};

TEST_F(AsTheService, F07_ASecretThatItCannotReadIsAnErrorThatSaysWhatMendsIt) {
  const std::string user = "    user: u\n";
  const std::string oauth2 = user + "    oauth2: {token_url: 'https://a.example/', client_id: c, ";
  const std::string file = dir.write("secret", "x", 0600);
  const std::string certificate = dir.write("certificate", "x", 0644);
  const auto expect_told = [&](const std::string& keys, mode_t mode) {
    ASSERT_EQ(chown(file.c_str(), 0, 0), 0);
    ASSERT_EQ(chmod(file.c_str(), mode), 0);
    expect_mended(keys, "run: chgrp 64999 " + file + "; chmod 640 " + file);
  };
  for (const mode_t mode : {0640U, 0604U, 0400U, 0644U, 0000U})
    expect_told(user + "    password_file: " + file + "\n", mode);
  for (const std::string& keys :
       {user + "    password_file: " + file + "\n", user + "    token_file: " + file + "\n",
        "    client_certificate: " + certificate + "\n    client_key: " + file + "\n",
        oauth2 + "client_secret_file: " + file + "}\n", oauth2 + "refresh_token_file: " + file + "}\n"}) {
    expect_told(keys, 0600);
  }
}

TEST_F(AsTheService, DirectoriesOnTheWayAreMendedTooAndEveryNameIsOneWordOfTheShell) {
  ASSERT_EQ(mkdir((dir / "a b'c").c_str(), 0700), 0);
  ASSERT_EQ(mkdir((dir / "a b'c/d").c_str(), 0700), 0);
  const std::string file = dir.write("a b'c/d/secret", "x", 0600);
  expect_mended("    user: u\n    password_file: \"" + file + "\"\n", "; chmod g+x ");
}

TEST_F(AsTheService, AFileThatAGroupReadsGetsTheUserIntoTheGroup) {
  const std::string file = dir.write("secret", "x", 0640);
  ASSERT_EQ(chown(file.c_str(), 0, 64777), 0);
  const std::string text = told(judged("    user: u\n    password_file: " + file + "\n").problems);
  EXPECT_NE(text.find("run: usermod -a -G 64777 64999\n"), std::string::npos) << text;
}

TEST_F(AsTheService, AuthoritiesAndCertificatesThatItCannotReadAreErrors) {
  const std::string file = dir.write("ca.pem", "x", 0600);
  expect_mended("    tls_ca_file: " + file + "\n", "run: chmod o+r " + file);
}

TEST_F(AsTheService, AProgramThatItCannotRunIsAnError) {
  for (const mode_t mode : {0700U, 0750U, 0500U}) {
    const std::string file = dir.write("program", "#!/bin/sh\n", mode);
    ASSERT_EQ(chown(file.c_str(), 0, 0), 0);
    expect_mended("    user: u\n    password_command: [" + file + "]\n",
                  "run: chgrp 64999 " + file + "; chmod 750 " + file);
  }
  const std::string script = dir.write("script", "#!/bin/sh\n", 0711);
  expect_mended("notify: { command: [" + script + "] }\n", "a script that its interpreter cannot read");
  EXPECT_TRUE(judged("notify: { command: [" +
                     dir.write("binary",
                               "\x7f"
                               "ELF",
                               0711) +
                     "] }\n")
                  .settings);
  const std::string file = dir.write("notify", "#!/bin/sh\n", 0700);
  expect_mended("notify: { command: [" + file + "] }\n", "cannot run " + file);
}

TEST_F(AsTheService, F01_SettingsThatItCannotReadAreAnErrorAndSoIsAPasswordInThemForAll) {
  const std::string file = dir.write("own.yaml", "hostname: web1.example.net\n", 0600);
  const std::string text = told(load(file, stranger()).problems);
  EXPECT_NE(text.find("cannot read " + file + ": Permission denied for the user 64999; run: chgrp 64999 " + file),
            std::string::npos)
      << text;
  for (const std::string& command : commands(text)) EXPECT_EQ(std::system(command.c_str()), 0);
  EXPECT_TRUE(load(file, stranger()).settings);
  const Loaded open = judged("    user: u\n    password: p\n");
  EXPECT_NE(told(open.problems).find("chgrp 64999 "), std::string::npos) << told(open.problems);
}

TEST_F(AsTheService, WhatItsUnitHidesIsTold) {
  const std::string file = dir.write("secret", "x", 0600);
  ASSERT_EQ(chown(file.c_str(), 64999, 0), 0);
  const Loaded loaded = judged("    user: u\n    password_file: " + file + "\n");
  EXPECT_NE(told(loaded.warnings).find("the service does not see " + file), std::string::npos) << told(loaded.warnings);
}

TEST_F(AsTheService, ASpoolThatItsUnitDoesNotLetItWriteIsTold) {
  const auto warned = [this](const std::string& line, const User& user) {
    const Loaded loaded = load(dir.write("spool.yaml", "hostname: web1.example.net\n" + line, 0644), user);
    return told(loaded.warnings).find("give it ReadWritePaths=/srv/postern by systemctl edit postern") !=
           std::string::npos;
  };
  EXPECT_TRUE(warned("spool: /srv/postern\n", stranger()));
  EXPECT_FALSE(warned("spool: /srv/postern\n", this_user())) << "a daemon without the unit";
  for (const std::string line : {"", "spool: /var/spool/postern/a\n", "spool: /var/lib/postern\n"}) {
    const Loaded loaded = load(dir.write("spool.yaml", "hostname: web1.example.net\n" + line, 0644), stranger());
    EXPECT_EQ(told(loaded.warnings).find("ReadWritePaths="), std::string::npos) << line;
  }
}

TEST_F(AsTheService, F07_ASecretOfAnotherUserIsWarnedOf) {
  const std::string file = dir.write("secret", "x", 0600);
  ASSERT_EQ(chown(file.c_str(), 64998, 64999), 0);
  ASSERT_EQ(chmod(file.c_str(), 0640), 0);
  const Loaded loaded = judged("    user: u\n    password_file: " + file + "\n");
  EXPECT_TRUE(loaded.settings) << told(loaded.problems);
  EXPECT_NE(told(loaded.warnings).find(file + " belongs to 64998; run: chown root " + file), std::string::npos)
      << told(loaded.warnings);
}

TEST_F(AsTheService, AProgramOfAnotherUserIsAnErrorAndSettingsOfAnotherAreWarnedOf) {
  const std::string file = dir.write("program", "#!/bin/sh\n", 0755);
  ASSERT_EQ(chown(file.c_str(), 64998, 64998), 0);
  expect_mended("notify: { command: [" + file + "] }\n", file + " belongs to 64998; run: chown root " + file);
  const std::string own = dir.write("own.yaml", "hostname: web1.example.net\n", 0664);
  ASSERT_EQ(chown(own.c_str(), 0, 64998), 0);
  EXPECT_NE(told(load(own, stranger()).warnings).find("writable for the group 64998; run: chmod g-w " + own),
            std::string::npos);
  ASSERT_EQ(chown(own.c_str(), 64998, 64999), 0);
  EXPECT_NE(told(load(own, stranger()).warnings).find("chown root " + own), std::string::npos);
}

// Judged by the daemon as itself, at each start and reload.
TEST(Openings, SettingsThatEverybodyCanChangeAreNotTakenAndProgramsNeither) {
  const ScratchDir dir;
  const std::string text = "hostname: web1.example.net\n";
  for (const mode_t mode : {0666U, 0646U, 0602U}) {
    const std::string file = dir.write("postern.yaml", text, mode | S_IRUSR);
    const Loaded loaded = load(file);
    EXPECT_FALSE(loaded.settings) << std::oct << mode;
    EXPECT_NE(told(loaded.problems).find("others can change these settings"), std::string::npos)
        << told(loaded.problems);
    EXPECT_NE(told(loaded.problems).find("run: chmod o-w " + file), std::string::npos);
  }
  EXPECT_TRUE(load(dir.write("postern.yaml", text, 0644)).settings);

  ASSERT_EQ(mkdir((dir / "open").c_str(), 0700), 0);
  const std::string program = dir.write("open/program", "#!/bin/sh\n", 0755);
  const std::string keys = text + "notify: { command: [" + program + "] }\n";
  EXPECT_TRUE(load(dir.write("postern.yaml", keys)).settings);
  ASSERT_EQ(chmod((dir / "open").c_str(), 0777), 0);
  ASSERT_EQ(chmod(program.c_str(), 0777), 0);
  const std::string found = told(load(dir / "postern.yaml").problems);
  EXPECT_NE(found.find("run: chmod o-w " + (dir / "open") + "; chmod o-w " + program + "\n"), std::string::npos)
      << found;
  for (const std::string& command : commands(found)) EXPECT_EQ(std::system(command.c_str()), 0);
  EXPECT_TRUE(load(dir / "postern.yaml").settings) << told(load(dir / "postern.yaml").problems);
}

TEST(Openings, F07_ASecretInADirectoryForEverybodyIsAnErrorHoweverOneGetsThere) {
  const ScratchDir dir;
  ASSERT_EQ(mkdir((dir / "open").c_str(), 0700), 0);
  ASSERT_EQ(chmod((dir / "open").c_str(), 0777), 0);
  const std::string kept = dir.write("kept", "x");
  (void)dir.write("open/secret", "x");
  ASSERT_EQ(symlink((dir / "open/secret").c_str(), (dir / "in").c_str()), 0);
  ASSERT_EQ(symlink(kept.c_str(), (dir / "open/out").c_str()), 0);
  for (const std::string& file : {dir / "open/secret", dir / "in", dir / "open/out"}) {
    const Loaded loaded = parse("smarthosts: [{host: h.example, user: u, password_file: " + file + "}]", "f");
    EXPECT_NE(
        told(loaded.problems).find("others can change the secret: " + (dir / "open") + " is writable for every user"),
        std::string::npos)
        << file << told(loaded.problems);
  }
}

TEST(TheReader, OfWhatLiesWhereTheServiceHasItsSettingsIsTheService) {
  for (const std::string path : {"/etc/postern/postern.yaml", "/etc/postern/other.yaml", "/etc//postern/./postern.yaml",
                                 "/etc/x/../postern/postern.yaml"}) {
    EXPECT_TRUE(is_systems(path)) << path;
  }
  for (const std::string path : {"/etc/postern.yaml", "/etc/postern/deeper/postern.yaml", "/etc/posternx/postern.yaml",
                                 "/tmp/postern.yaml", "postern.yaml", ""}) {
    EXPECT_FALSE(is_systems(path)) << path;
    EXPECT_FALSE(reader_of(path).other);
  }
}

TEST(Users, AreFoundByName) {
  const auto root = user_named("root");
  ASSERT_TRUE(root);
  EXPECT_EQ(root->uid, 0U);
  EXPECT_EQ(root->groups.front(), 0U);
  EXPECT_EQ(root->other, geteuid() != 0);
  EXPECT_EQ(user_named("no-such-user-here").error().text, "there is no user no-such-user-here");
  EXPECT_EQ(this_user().uid, geteuid());
  EXPECT_EQ(user_name(64999), "64999");
}

}  // namespace
}  // namespace postern::settings
