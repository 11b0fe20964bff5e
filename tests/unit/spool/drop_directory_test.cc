#include "spool/drop_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

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

  [[nodiscard]] static std::vector<std::string> names(DropDirectory& directory) {
    std::vector<std::string> found;
    EXPECT_TRUE(directory.visit([&found](const DropDirectory::Entry& entry) { found.push_back(entry.name); }));
    return found;
  }

  std::string spool_;
};

TEST_F(DropDirectoryTest, ReadsWhatLiesThere) {
  put("a", "0123456789");
  put("tmp.b", "unfinished");
  DropDirectory directory(spool_);
  EXPECT_THAT(names(directory), ElementsAre("a"));
  const auto file = directory.open("a", 10);
  ASSERT_TRUE(file);
  EXPECT_EQ((*file)->uid(), ::getuid());
  EXPECT_EQ((*file)->size(), 10U);
  EXPECT_EQ((*file)->read(4).value(), "0123");
  EXPECT_EQ((*file)->read(100).value(), "456789");
  EXPECT_EQ((*file)->read(100).value(), "");
  EXPECT_TRUE(directory.remove("a"));
  EXPECT_EQ(directory.remove("a").error().failure, Failure::not_found);
  EXPECT_THAT(names(directory), IsEmpty());
  EXPECT_TRUE(std::filesystem::exists(path("tmp.b")));
}

TEST_F(DropDirectoryTest, AnUnfinishedFileGoesWhenItIsOldAndNobodyWritesItAnyMore) {
  put("tmp.ended", "x");
  put("tmp.stopped", "x");
  put("tmp.closed", "x");
  std::filesystem::permissions(path("tmp.closed"), std::filesystem::perms::none);
  std::filesystem::create_directory(path("tmp.directory"));
  std::filesystem::create_symlink("/etc/passwd", path("tmp.symlink"));
  ASSERT_EQ(::mkfifo(path("tmp.fifo").c_str(), 0600), 0);
  const auto left = [this] {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(path(""))) found.push_back(entry.path().filename());
    return found;
  };
  UniqueFd helper(::open(path("tmp.stopped").c_str(), O_WRONLY | O_CLOEXEC));
  ASSERT_EQ(::flock(helper.get(), LOCK_EX | LOCK_NB), 0);
  DropDirectory young(spool_);
  EXPECT_THAT(names(young), IsEmpty());
  EXPECT_THAT(left(), SizeIs(6));
  DropDirectory old(spool_, Seconds(0));
  EXPECT_THAT(names(old), IsEmpty());
  EXPECT_THAT(left(), ElementsAre("tmp.stopped"));
  helper.reset();
  EXPECT_THAT(names(old), IsEmpty());
  EXPECT_THAT(left(), IsEmpty());
}

TEST_F(DropDirectoryTest, WithoutItTheAnswerIsNotFound) {
  std::filesystem::remove(path(""));
  DropDirectory directory(spool_);
  EXPECT_EQ(directory.visit([](const auto&) {}).error().failure, Failure::not_found);
  EXPECT_EQ(directory.lying().value().files, 0U);
}

TEST_F(DropDirectoryTest, OpensOnlyRegularFilesWithOneName) {
  put("large", "01234567890");
  put("linked", "x");
  std::filesystem::create_hard_link(path("linked"), path("again"));
  std::filesystem::create_symlink("/etc/passwd", path("symlink"));
  std::filesystem::create_directory(path("directory"));
  ASSERT_EQ(::mkfifo(path("fifo").c_str(), 0600), 0);
  DropDirectory directory(spool_);
  const RefusedDirectory refused(spool_);
  const std::vector<std::string> found = names(directory);
  EXPECT_THAT(found, UnorderedElementsAre("large", "linked", "again", "symlink", "directory", "fifo"));
  for (const std::string& name : found) {
    const auto file = directory.open(name, 10);
    ASSERT_FALSE(file) << name;
    EXPECT_EQ(file.error().failure, Failure::invalid) << name;
  }
  EXPECT_EQ(directory.open("gone", 10).error().failure, Failure::not_found);
  for (const std::string& name : found) {
    const auto aside = directory.set_aside(name, refused);
    ASSERT_TRUE(aside) << name;
    EXPECT_EQ(aside->uid, ::getuid());
    EXPECT_EQ(aside->kept.has_value(), name != "symlink" && name != "directory" && name != "fifo") << name;
  }
  EXPECT_THAT(names(directory), IsEmpty());
  EXPECT_EQ(kept(), 3U);
  EXPECT_EQ(directory.set_aside("gone", refused).error().failure, Failure::not_found);
}

/// What a file system takes for a name is not what anybody expects of one.
TEST_F(DropDirectoryTest, TakesNamesOfAnyBytes) {
  const std::vector<std::string> odd = {"-rf",     "a\nb", "a b", "\xff\xfe", "tmp", "..x", std::string(255, 'n'),
                                        "\x1b[2J", "*",    "%s",  "a\\",      "'",   "~"};
  for (const std::string& name : odd) put(name, "x");
  DropDirectory directory(spool_);
  EXPECT_THAT(names(directory), testing::UnorderedElementsAreArray(odd));
  EXPECT_EQ(directory.lying().value().files, odd.size());
  const RefusedDirectory refused(spool_);
  for (std::size_t i = 0; i < odd.size(); ++i) {
    ASSERT_TRUE(directory.open(odd[i], 1)) << i;
    const bool gone =
        i % 2 == 0 ? directory.remove(odd[i]).has_value() : directory.set_aside(odd[i], refused)->kept.has_value();
    EXPECT_TRUE(gone) << i;
  }
  EXPECT_THAT(names(directory), IsEmpty());
  EXPECT_EQ(kept(), odd.size() / 2);
}

TEST_F(DropDirectoryTest, AFileThatIsLargerThanItLooksOrChangesIsReadAsFarAsItGoes) {
  DropDirectory directory(spool_);
  put("sparse", "");
  std::filesystem::resize_file(path("sparse"), std::uintmax_t{10} << 30U);
  put("grows", "0123");
  put("shrinks", std::string(100, 'x'));
  EXPECT_THAT(names(directory), SizeIs(3));
  EXPECT_EQ(directory.open("sparse", 1U << 20U).error().failure, Failure::invalid);
  const auto grows = directory.open("grows", 10).value();
  put("grows", "0123456789abcdef");
  EXPECT_EQ(grows->size(), 4U) << "the reader of the frame sees that more comes";
  EXPECT_EQ(grows->read(100).value(), "0123456789abcdef");
  const auto shrinks = directory.open("shrinks", 100).value();
  EXPECT_EQ(shrinks->read(10).value(), "xxxxxxxxxx");
  std::filesystem::resize_file(path("shrinks"), 5);
  EXPECT_EQ(shrinks->read(100).value(), "");
  // Made and gone again between two looks.
  std::filesystem::remove(path("grows"));
  EXPECT_EQ(grows->read(100).value(), "");
  EXPECT_EQ(directory.open("grows", 10).error().failure, Failure::not_found);
}

TEST_F(DropDirectoryTest, TellsTheTimesThatOwnersSetAndThoseThatTheyCannot) {
  put("past", "x");
  put("future", "x");
  const std::array<timespec, 2> past = {{{-1, 0}, {-5, 7}}};
  const std::array<timespec, 2> future = {{{0, 0}, {std::int64_t{1} << 33U, 0}}};
  ASSERT_EQ(::utimensat(AT_FDCWD, path("past").c_str(), past.data(), 0), 0);
  ASSERT_EQ(::utimensat(AT_FDCWD, path("future").c_str(), future.data(), 0), 0);
  DropDirectory directory(spool_);
  std::map<std::string, std::chrono::sys_time<std::chrono::nanoseconds>> changed;
  ASSERT_TRUE(directory.visit([&](const DropDirectory::Entry& entry) { changed[entry.name] = entry.changed; }));
  const std::chrono::sys_time<std::chrono::nanoseconds> epoch{};
  EXPECT_EQ(changed.at("past"), epoch - std::chrono::seconds(5) + std::chrono::nanoseconds(7));
  EXPECT_GT(changed.at("future"), epoch + std::chrono::years(100));
  const auto oldest = directory.lying().value().oldest;
  ASSERT_TRUE(oldest);
  EXPECT_EQ(directory.lying().value().oldest_uid, ::getuid());
  EXPECT_LT(system_clock().wall() - *oldest, std::chrono::minutes(1)) << "by the kernel's word";
}

TEST_F(DropDirectoryTest, WhatIsRefusedIsKeptUnderAnotherNameUntilItIsRemoved) {
  const RefusedDirectory refused(spool_);
  const auto all = [&refused] {
    std::vector<RefusedFile> files;
    EXPECT_TRUE(refused.visit([&files](RefusedFile file) { files.push_back(std::move(file)); }));
    return files;
  };
  EXPECT_THAT(all(), IsEmpty()) << "there is no directory yet";
  put("a", std::string(100'000, 'x'));
  DropDirectory directory(spool_);
  EXPECT_THAT(names(directory), ElementsAre("a"));
  const auto aside = directory.set_aside("a", refused);
  ASSERT_TRUE(aside && aside->kept);
  const std::vector<RefusedFile> files = all();
  ASSERT_THAT(files, SizeIs(1));
  EXPECT_EQ(files[0].name, aside->kept->name);
  EXPECT_EQ(files[0].uid, ::getuid());
  EXPECT_GE(files[0].bytes, 100'000U);
  EXPECT_THAT(refused.path_of(files[0]), HasSubstr("/refused/"));
  EXPECT_EQ(refused.beginning(files[0].name, 5), "xxxxx");
  EXPECT_EQ(refused.beginning("gone", 5), "");
  EXPECT_TRUE(refused.remove(files[0].name));
  EXPECT_EQ(refused.remove(files[0].name).error().failure, Failure::not_found);
  EXPECT_THAT(all(), IsEmpty());
}

}  // namespace
}  // namespace postern::spool
