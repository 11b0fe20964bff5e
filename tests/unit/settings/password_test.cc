#include "scratch_dir.h"
#include "settings/load.h"

#include <gtest/gtest.h>

#include <sys/stat.h>

namespace postern::settings {
namespace {

TEST(PasswordFile, StripsExactlyOneNewline) {
  const ScratchDir dir;
  for (const std::string ending : {"", "\n", "\r\n"}) {
    const auto password = read_password(dir.write("password", " se cret " + ending));
    ASSERT_TRUE(password) << password.error().text;
    EXPECT_EQ(password->reveal(), " se cret ");
  }
}

TEST(PasswordFile, MustHoldOneLine) {
  const ScratchDir dir;
  for (const std::string& bytes : {std::string("a\n\n"), std::string("a\nb\n"), std::string("a\r"), std::string("\na"),
                                   std::string("a\0b", 3), std::string("a\rb\n"), std::string("a\r\r\n")}) {
    const auto password = read_password(dir.write("password", bytes));
    ASSERT_FALSE(password) << testing::PrintToString(bytes);
    EXPECT_EQ(password.error().failure, Failure::invalid);
    EXPECT_NE(password.error().text.find("one line"), std::string::npos);
  }
}

TEST(PasswordFile, MustNotBeEmpty) {
  const ScratchDir dir;
  for (const std::string bytes : {"", "\n", "\r\n"}) {
    const auto password = read_password(dir.write("password", bytes));
    ASSERT_FALSE(password);
    EXPECT_NE(password.error().text.find("empty"), std::string::npos);
  }
}

TEST(PasswordFile, MayBe64KiBLongAndNoLonger) {
  const ScratchDir dir;
  const std::string longest(64UL << 10U, 'x');
  const auto password = read_password(dir.write("password", longest));
  ASSERT_TRUE(password);
  EXPECT_EQ(password->reveal(), longest);
  for (const std::string& more : {longest + "x", longest + longest}) {
    const auto refused = read_password(dir.write("password", more));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().failure, Failure::invalid);
  }
}

TEST(PasswordFile, IsRefusedForEveryModeThatLetsOthersReadOrWrite) {
  const ScratchDir dir;
  for (mode_t mode = 0; mode <= 0777; ++mode) {
    if ((mode & S_IRUSR) == 0) continue;  // unreadable for its owner, which is another failure
    const auto password = read_password(dir.write("password", "x", mode));
    EXPECT_EQ(password.has_value(), (mode & (S_IROTH | S_IWOTH)) == 0) << std::oct << mode;
    if (password) continue;
    EXPECT_EQ(password.error().failure, Failure::denied);
    EXPECT_NE(password.error().text.find("chmod o-rwx " + (dir / "password")), std::string::npos);
  }
}

TEST(PasswordFile, ThatIsMissingADirectoryOrAFifoIsRefusedAtOnce) {
  const ScratchDir dir;
  const auto missing = read_password(dir / "missing");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().failure, Failure::not_found);
  const auto directory = read_password(dir / "");
  ASSERT_FALSE(directory);
  EXPECT_EQ(directory.error().failure, Failure::invalid);
  ASSERT_EQ(mkfifo((dir / "fifo").c_str(), 0600), 0);
  EXPECT_FALSE(read_password(dir / "fifo"));
}

TEST(PasswordFile, ErrorsDoNotShowWhatIsInIt) {
  const ScratchDir dir;
  const auto password = read_password(dir.write("password", "hunter2\nhunter2\n"));
  ASSERT_FALSE(password);
  EXPECT_EQ(password.error().text.find("hunter2"), std::string::npos);
}

}  // namespace
}  // namespace postern::settings
