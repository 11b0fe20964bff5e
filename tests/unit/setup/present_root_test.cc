// Where root's mail goes before set-up changes anything: as the daemon will read the settings and the file of aliases.
#include "setup/present_root.h"

#include "settings/machine_name.h"
#include "setup/settings_edit.h"
#include "support/scratch_dir.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <utility>
#include <vector>

namespace postern::setup {
namespace {

/// So that a name alone is nobody's mailbox, whatever the machine of these tests is called.
const std::string kLocalNames = "hostname: web1.example.net\ndomain: web1.example.net\n";

PresentRoot present_in(const std::string& text) { return present_root(*written_settings(text), settings::this_user()); }

TEST(PresentRoot, IsThatOfTheSettingsBeforeThatOfTheFile) {
  const test::ScratchDir dir;
  const std::string file = "aliases_file: " + dir.write("aliases", "root: me@example.org\n", 0644) + "\n";
  const auto target = [](const std::string& text) { return present_in(text).target; };
  EXPECT_EQ(target(file), "me@example.org");
  EXPECT_EQ(target(file + "aliases: {root: own@example.org}\n"), "own@example.org");
  EXPECT_EQ(target("aliases_file: /nonexistent\n"), "");
  EXPECT_EQ(target(kLocalNames + "aliases_file: none\naliases: {root: joe}\n"), "") << "nobody reads what joe gets";
  EXPECT_EQ(target(kLocalNames + "aliases_file: none\naliases: {root: joe, joe: joe@example.org}\n"),
            "joe@example.org");
  EXPECT_EQ(target("aliases_file: none\naliases: {\"*\": all@example.org}\n"), "all@example.org");
}

// The file is root's alone, and it is the service that reads it.
TEST(PresentRoot, AFileOfAliasesThatTheServiceCannotReadSaysNothing) {
  const test::ScratchDir dir;
  const auto nobody = settings::user_named("nobody");
  if (geteuid() != 0 || !nobody) GTEST_SKIP() << "only root can ask for another user";
  ASSERT_EQ(chmod(dir.path().c_str(), 0755), 0);
  for (const mode_t mode : {0644U, 0600U, 0000U}) {
    const std::string file = dir.write("aliases", "root: me@example.org\n", mode);
    const PresentRoot present = present_root(*written_settings("aliases_file: " + file + "\n"), *nobody);
    EXPECT_EQ(present.target, mode == 0644 ? "me@example.org" : "") << mode;
    EXPECT_EQ(present.file, mode == 0644 ? file : "") << mode;
  }
}

TEST(PresentRoot, IsNoLocalUser) {
  const test::ScratchDir dir;
  const std::string kernels = settings::machine_name();
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"root: joe\n", ""},
      {"root: joe, ann@localhost\n", ""},
      {"root: joe@web1.example.net\n", ""},
      {"root: joe@web1\n", ""},
      {"root: joe@" + kernels + "\n", ""},
      {"root: joe@" + kernels.substr(0, kernels.find('.')) + "\n", ""},
      {"root: \\root\n", ""},
      {"root: root\n", ""},
      {"root: a\na: b\nb: a\n", ""},
      {"root: \"|prog\"\n", ""},
      {"root: joe\njoe: joe@example.org\n", "joe@example.org"},
      {"root: joe\n*: all@example.org\n", "all@example.org"},
      {"root: root, me@example.org\n", "me@example.org"},
      {"*: all@example.org\n", "all@example.org"},
  };
  for (const auto& [text, target] : rows) {
    const std::string file = dir.write("aliases", text, 0644);
    const PresentRoot present = present_in(kLocalNames + "aliases_file: " + file + "\n");
    EXPECT_EQ(present.target, target) << text;
    EXPECT_EQ(present.of_file, !target.empty()) << text;
  }
}

}  // namespace
}  // namespace postern::setup
