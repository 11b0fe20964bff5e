#include "spool/drop_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace postern::spool {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

/// A spool with a drop directory on the disk; the kernel is part of what is tested.
class DropDirectoryTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = std::filesystem::temp_directory_path() / "postern-drop-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    spool_ = pattern;
    std::filesystem::create_directory(path(""));
  }
  void TearDown() override { std::filesystem::remove_all(spool_); }

  [[nodiscard]] std::string path(const std::string& name) const { return spool_ + "/drop/" + name; }
  void put(const std::string& name, const std::string& bytes) const { std::ofstream(path(name)) << bytes; }
  [[nodiscard]] std::size_t kept() const {
    const std::filesystem::path refused = spool_ + "/refused";
    if (!std::filesystem::exists(refused)) return 0;
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(refused), {}));
  }

  std::string spool_;
};

TEST_F(DropDirectoryTest, ReadsWhatLiesThere) {
  put("a", "0123456789");
  put("tmp.b", "unfinished");
  DropDirectory directory(spool_);
  EXPECT_THAT(directory.list(10).value(), ElementsAre("a"));
  const auto file = directory.open("a", 10);
  ASSERT_TRUE(file);
  EXPECT_EQ((*file)->uid(), ::getuid());
  EXPECT_EQ((*file)->size(), 10U);
  EXPECT_EQ((*file)->read(4).value(), "0123");
  EXPECT_EQ((*file)->read(100).value(), "456789");
  EXPECT_EQ((*file)->read(100).value(), "");
  EXPECT_TRUE(directory.remove("a"));
  EXPECT_EQ(directory.remove("a").error().failure, Failure::not_found);
  EXPECT_THAT(directory.list(10).value(), IsEmpty());
  EXPECT_TRUE(std::filesystem::exists(path("tmp.b")));
}

TEST_F(DropDirectoryTest, WithoutItTheAnswerIsNotFound) {
  std::filesystem::remove(path(""));
  EXPECT_EQ(DropDirectory(spool_).list(10).error().failure, Failure::not_found);
}

TEST_F(DropDirectoryTest, OpensOnlyRegularFilesWithOneName) {
  put("large", "01234567890");
  put("linked", "x");
  std::filesystem::create_hard_link(path("linked"), path("again"));
  std::filesystem::create_symlink("/etc/passwd", path("symlink"));
  std::filesystem::create_directory(path("directory"));
  ASSERT_EQ(::mkfifo(path("fifo").c_str(), 0600), 0);
  DropDirectory directory(spool_);
  const auto names = directory.list(10);
  ASSERT_TRUE(names);
  EXPECT_THAT(*names, UnorderedElementsAre("large", "linked", "again", "symlink", "directory", "fifo"));
  for (const std::string& name : *names) {
    const auto file = directory.open(name, 10);
    ASSERT_FALSE(file) << name;
    EXPECT_EQ(file.error().failure, Failure::invalid) << name;
  }
  EXPECT_EQ(directory.open("gone", 10).error().failure, Failure::not_found);
  for (const std::string& name : *names) {
    const auto aside = directory.set_aside(name);
    ASSERT_TRUE(aside) << name;
    EXPECT_EQ(aside->uid, ::getuid());
    EXPECT_EQ(aside->kept.empty(), name == "symlink" || name == "directory" || name == "fifo") << name;
  }
  EXPECT_THAT(directory.list(10).value(), IsEmpty());
  EXPECT_EQ(kept(), 3U);
  EXPECT_EQ(directory.set_aside("gone").error().failure, Failure::not_found);
}

TEST_F(DropDirectoryTest, KeepsAsManyRefusedFilesAsItMayAndLeavesTheRestWhereTheyAre) {
  const std::size_t count = DropDirectory::kAside + 5;
  for (std::size_t i = 0; i < count; ++i) put(std::to_string(i), "x");
  DropDirectory directory(spool_);
  const auto names = directory.list(count);
  ASSERT_THAT(names.value(), SizeIs(count));
  std::size_t left = 0;
  for (const std::string& name : *names) {
    const auto aside = directory.set_aside(name);
    if (aside) continue;
    EXPECT_EQ(aside.error().failure, Failure::no_space);
    EXPECT_NE(aside.error().text.find("refused is full"), std::string::npos) << aside.error().text;
    ++left;
  }
  EXPECT_EQ(kept(), DropDirectory::kAside);
  EXPECT_EQ(left, 5U);
  EXPECT_THAT(directory.list(10).value(), SizeIs(5));
}

}  // namespace
}  // namespace postern::spool
