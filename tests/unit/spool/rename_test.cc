// A new name where the file system knows no rename that refuses to replace.
#include "spool/rename.h"

#include "spool/disk.h"
#include "spool/draft.h"
#include "spool/spool.h"
#include "support/expected_log.h"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <optional>
#include <vector>

namespace postern::spool {
namespace {

constexpr std::array kNameErrors = {EINVAL, ENOSYS, EPERM,  EOPNOTSUPP, EXDEV, EIO,    ENOSPC, EDQUOT,
                                    EROFS,  EACCES, ENOENT, EEXIST,     EBUSY, ESTALE, EINTR,  EMLINK};

/// The kernel's, but for calls that fail with these errors; without effect.
class OddNames final : public NameCalls {
 public:
  int rename_no_replace(int from, const char* name, int to, const char* new_name) override {
    return failing(renaming) ? -1 : system_names().rename_no_replace(from, name, to, new_name);
  }
  int link(int from, const char* name, int to, const char* new_name) override {
    ++links;
    return failing(linking) ? -1 : system_names().link(from, name, to, new_name);
  }
  int unlink(int directory, const char* name) override {
    std::optional<int>& error = ++unlinks == 1 ? first_unlinking : second_unlinking;
    if (unlinks == 1 && vanishing) system_names().unlink(directory, name);
    return failing(error) ? -1 : system_names().unlink(directory, name);
  }

  std::optional<int> renaming = EINVAL;
  std::optional<int> linking;
  std::optional<int> first_unlinking;
  std::optional<int> second_unlinking;
  bool vanishing = false;  ///< the first unlink does its work whatever it says
  int links = 0;
  int unlinks = 0;

 private:
  static bool failing(const std::optional<int>& error) {
    if (error) errno = *error;
    return error.has_value();
  }
};

class Rename : public testing::Test {
 protected:
  Rename() {
    std::string name = std::filesystem::temp_directory_path() / "postern-rename-XXXXXX";
    directory = ::mkdtemp(name.data());
    for (const char* area : {"from", "to"}) std::filesystem::create_directory(directory / area);
    from = *File::open(posix_disk(), kNoDirectory, directory / "from", O_RDONLY | O_DIRECTORY);
    to = *File::open(posix_disk(), kNoDirectory, directory / "to", O_RDONLY | O_DIRECTORY);
    fresh();
  }
  ~Rename() override { std::filesystem::remove_all(directory); }

  void fresh() {
    std::filesystem::remove(new_name());
    std::ofstream(old_name()) << "a message";
  }
  Result<void> rename(NameCalls& calls) { return rename_no_replace(calls, from.get(), "old", to.get(), "new"); }
  [[nodiscard]] std::filesystem::path old_name() const { return directory / "from" / "old"; }
  [[nodiscard]] std::filesystem::path new_name() const { return directory / "to" / "new"; }
  [[nodiscard]] bool old_there() const { return std::filesystem::exists(old_name()); }
  [[nodiscard]] bool new_there() const { return std::filesystem::exists(new_name()); }

  std::filesystem::path directory;
  File from;
  File to;
};

TEST_F(Rename, IsOneCallWhereTheFileSystemKnowsIt) {
  OddNames calls;
  calls.renaming.reset();
  ASSERT_TRUE(rename(calls));
  EXPECT_EQ(calls.links + calls.unlinks, 0);
  EXPECT_TRUE(new_there() && !old_there());
}

TEST_F(Rename, IsALinkAndAnUnlinkWhereTheFlagIsUnknown) {
  for (const int error : {EINVAL, ENOSYS}) {
    fresh();
    OddNames calls;
    calls.renaming = error;
    ASSERT_TRUE(rename(calls)) << error;
    EXPECT_TRUE(new_there() && !old_there());
    EXPECT_EQ(std::filesystem::hard_link_count(new_name()), 1U);
  }
}

TEST_F(Rename, NeverReplacesByEitherWay) {
  for (const bool known : {true, false}) {
    fresh();
    std::ofstream(new_name()) << "somebody else's";
    OddNames calls;
    if (known) calls.renaming.reset();
    EXPECT_EQ(rename(calls).error().failure, Failure::exists);
    EXPECT_TRUE(old_there());
    EXPECT_EQ(std::filesystem::file_size(new_name()), 15U);
  }
}

TEST_F(Rename, AnyOtherErrorOfTheRenameIsTheAnswer) {
  for (const int error : kNameErrors) {
    if (error == EINVAL || error == ENOSYS) continue;
    OddNames calls;
    calls.renaming = error;
    EXPECT_EQ(rename(calls).error().code, error);
    EXPECT_EQ(calls.links, 0);
    EXPECT_TRUE(old_there() && !new_there());
  }
}

TEST_F(Rename, ALinkThatFailsChangesNothing) {
  for (const int error : kNameErrors) {
    OddNames calls;
    calls.linking = error;
    EXPECT_EQ(rename(calls).error().code, error);
    EXPECT_EQ(calls.unlinks, 0);
    EXPECT_TRUE(old_there() && !new_there());
  }
}

TEST_F(Rename, AFileSystemWithoutEitherIsNamedAsTheReason) {
  for (const int error : {EPERM, EOPNOTSUPP, ENOSYS}) {
    OddNames calls;
    calls.linking = error;
    EXPECT_NE(rename(calls).error().text.find("neither rename without replacing nor link"), std::string::npos);
  }
}

TEST_F(Rename, AnOldNameThatCannotBeRemovedTakesTheNewOneBack) {
  for (const int error : {EACCES, EPERM, EROFS, EBUSY, ENOSPC, EDQUOT}) {
    fresh();
    OddNames calls;
    calls.first_unlinking = error;
    EXPECT_EQ(rename(calls).error().code, error);
    EXPECT_TRUE(old_there() && !new_there()) << error;
  }
}

/// Whatever the server of a network file system did before it said so.
TEST_F(Rename, NoErrorEverTakesTheLastName) {
  const test::ExpectLog expected("may have two names");
  for (const bool vanishing : {false, true}) {
    for (const int error : kNameErrors) {
      const bool certain =
          error == EACCES || error == EPERM || error == EROFS || error == EBUSY || error == ENOSPC || error == EDQUOT;
      if (vanishing && certain) continue;
      fresh();
      OddNames calls;
      calls.first_unlinking = error;
      calls.vanishing = vanishing;
      const auto done = rename(calls);
      EXPECT_EQ(done.has_value(), error == ENOENT);
      EXPECT_TRUE(old_there() || new_there()) << error;
    }
  }
}

TEST_F(Rename, TwoNamesThatCannotBeRemovedAreTold) {
  const test::ExpectLog expected("may have two names");
  OddNames calls;
  calls.first_unlinking = EROFS;
  calls.second_unlinking = EROFS;
  EXPECT_FALSE(rename(calls));
  EXPECT_TRUE(old_there() && new_there());
}

}  // namespace
}  // namespace postern::spool
