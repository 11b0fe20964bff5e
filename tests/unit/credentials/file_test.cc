#include "credentials/file.h"

#include "world.h"

namespace postern::credentials {
namespace {

using testing::HasSubstr;
using testing::Not;

Result<Secret> read(const std::string& path) {
  boost::asio::io_context loop;
  SecretFile file;
  file.what = "password file";
  file.path = path;
  return wait(loop, read_secret(at_once, file));
}

/// $CREDENTIALS_DIRECTORY for one test.
class CredentialsDirectory {
 public:
  explicit CredentialsDirectory(const std::string& path) { setenv("CREDENTIALS_DIRECTORY", path.c_str(), 1); }
  ~CredentialsDirectory() { unsetenv("CREDENTIALS_DIRECTORY"); }
  CredentialsDirectory(const CredentialsDirectory&) = delete;
  CredentialsDirectory& operator=(const CredentialsDirectory&) = delete;
};

Result<Secret> read_credential(const std::string& name) {
  boost::asio::io_context loop;
  const auto origin = make_credential_origin(at_once, name);
  return wait(loop, origin->get(Source::Want::current));
}

TEST(SecretFile, F07_LosesExactlyOneLineEnd) {
  const ScratchDir dir;
  for (const std::string ending : {"", "\n", "\r\n"}) {
    const auto secret = read(dir.write("password", " se cret " + ending));
    ASSERT_TRUE(secret) << secret.error().text;
    EXPECT_EQ(secret->reveal(), " se cret ");
  }
}

TEST(SecretFile, MustHoldOneLine) {
  const ScratchDir dir;
  for (const std::string& bytes : {std::string("a\n\n"), std::string("a\nb\n"), std::string("a\r"), std::string("\na"),
                                   std::string("a\0b", 3), std::string("a\rb\n"), std::string("a\r\r\n")}) {
    const auto secret = read(dir.write("password", bytes));
    ASSERT_FALSE(secret) << testing::PrintToString(bytes);
    EXPECT_EQ(secret.error().failure, Failure::invalid);
    EXPECT_THAT(secret.error().text, HasSubstr("one line"));
  }
}

TEST(SecretFile, F07_MustNotBeEmpty) {
  const ScratchDir dir;
  for (const std::string bytes : {"", "\n", "\r\n"}) {
    const auto secret = read(dir.write("password", bytes));
    ASSERT_FALSE(secret);
    EXPECT_THAT(secret.error().text, HasSubstr(dir / "password is empty"));
  }
}

TEST(SecretFile, F07_MayBe64KiBLongAndNoLonger) {
  const ScratchDir dir;
  const std::string longest(kLongestSecret, 'x');
  for (const std::string ending : {"", "\n", "\r\n"}) {
    const auto secret = read(dir.write("password", longest + ending));
    ASSERT_TRUE(secret) << secret.error().text;
    EXPECT_EQ(secret->reveal(), longest);
  }
  for (const std::string& more : {longest + "x", longest + "xx", longest + "xxx", longest + longest}) {
    const auto refused = read(dir.write("password", more));
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().text, HasSubstr("larger than 64 KiB"));
  }
}

TEST(SecretFile, IsRefusedForEveryModeThatLetsOthersReadOrWrite) {
  const ScratchDir dir;
  for (mode_t mode = 0; mode <= 0777; ++mode) {
    if ((mode & S_IRUSR) == 0) continue;  // unreadable for its owner, which is another failure
    const auto secret = read(dir.write("password", "x", mode));
    EXPECT_EQ(secret.has_value(), (mode & (S_IROTH | S_IWOTH)) == 0) << std::oct << mode;
    if (secret) continue;
    EXPECT_EQ(secret.error().failure, Failure::denied);
    EXPECT_THAT(secret.error().text, HasSubstr("chmod o-rwx " + (dir / "password")));
  }
}

TEST(SecretFile, ThatIsMissingADirectoryOrAFifoIsRefusedAtOnce) {
  const ScratchDir dir;
  const auto missing = read(dir / "missing");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().failure, Failure::not_found);
  EXPECT_THAT(missing.error().text, HasSubstr("password file " + (dir / "missing")));
  const auto directory = read(dir.path());
  ASSERT_FALSE(directory);
  EXPECT_EQ(directory.error().failure, Failure::invalid);
  ASSERT_EQ(mkfifo((dir / "fifo").c_str(), 0600), 0);
  const auto fifo = read(dir / "fifo");
  ASSERT_FALSE(fifo);
  EXPECT_EQ(fifo.error().failure, Failure::invalid);
}

TEST(SecretFile, ErrorsDoNotShowWhatIsInIt) {
  const ScratchDir dir;
  const auto secret = read(dir.write("password", "hunter2\nhunter2\n"));
  ASSERT_FALSE(secret);
  EXPECT_THAT(secret.error().text, Not(HasSubstr("hunter2")));
}

TEST(SecretFile, IsReadAnewEachTime) {
  const ScratchDir dir;
  boost::asio::io_context loop;
  SecretFile file;
  file.what = "password file";
  file.path = dir.write("password", "old\n");
  const auto origin = make_file_origin(at_once, file);
  EXPECT_EQ(wait(loop, origin->get(Source::Want::current))->reveal(), "old");
  static_cast<void>(dir.write("password", "new\n"));
  EXPECT_EQ(wait(loop, origin->get(Source::Want::current))->reveal(), "new");
  EXPECT_FALSE(origin->renewable());
}

TEST(SecretFile, IsStoredOnOneLineForItsOwnerOnly) {
  const ScratchDir dir;
  boost::asio::io_context loop;
  const std::string path = dir.write("token", "old", 0640);
  ASSERT_TRUE(wait(loop, store_secret(at_once, path, Secret("new"))));
  EXPECT_EQ(dir.read("token"), "new\n");
  EXPECT_EQ(read(path)->reveal(), "new");
  struct stat status{};
  ASSERT_EQ(stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST(Credential, ComesFromTheDirectoryOfSystemdWhateverItsMode) {
  const ScratchDir dir;
  const CredentialsDirectory credentials(dir.path());
  for (const mode_t mode : {0400U, 0440U, 0444U}) {
    const auto secret = read_credential(std::filesystem::path(dir.write("smarthost", "s3cret\n", mode)).filename());
    ASSERT_TRUE(secret) << secret.error().text;
    EXPECT_EQ(secret->reveal(), "s3cret");
    ASSERT_EQ(chmod((dir / "smarthost").c_str(), 0600), 0);
  }
  // The same file under its full name is protected by the same directory.
  EXPECT_TRUE(read(dir.write("smarthost", "s3cret\n", 0444)));
}

TEST(Credential, OutsideTheDirectoryOfSystemdIsAFileLikeAnyOther) {
  const ScratchDir dir;
  std::filesystem::create_directory(dir / "in");
  const CredentialsDirectory credentials(dir / "in");
  EXPECT_FALSE(read(dir.write("out", "x", 0644)));
  EXPECT_FALSE(read(dir / "in/../out"));
  EXPECT_FALSE(read(dir.write("in2", "x", 0644)));
}

TEST(Credential, MustBeAPlainNameAndHandedOver) {
  const auto unset = read_credential("smarthost");
  ASSERT_FALSE(unset);
  EXPECT_EQ(unset.error().failure, Failure::not_found);
  EXPECT_THAT(unset.error().text, HasSubstr("LoadCredential=smarthost:"));
  const ScratchDir dir;
  std::filesystem::create_directory(dir / "in");
  static_cast<void>(dir.write("out", "x"));
  const CredentialsDirectory credentials(dir / "in");
  for (const std::string name : {"", ".", "..", "../out", "/etc/hostname", "a/b"}) {
    const auto refused = read_credential(name);
    ASSERT_FALSE(refused) << name;
    EXPECT_EQ(refused.error().failure, Failure::invalid) << name;
  }
  const auto missing = read_credential("missing");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().failure, Failure::not_found);
}

}  // namespace
}  // namespace postern::credentials
