#include "base/durable_file.h"

#include "support/scratch_dir.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <thread>
#include <vector>

namespace postern {
namespace {

class DurableFile : public testing::Test {
 protected:
  [[nodiscard]] std::string path(const std::string& name) const { return directory_ / name; }
  [[nodiscard]] std::string written_first() const { return path("token.new-" + std::to_string(gettid())); }
  test::ScratchDir directory_;
};

TEST_F(DurableFile, IsReplacedAsAWholeAndOpenToItsOwnerOnly) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{5}, std::size_t{70000}}) {
    ASSERT_TRUE(replace_file(path("token"), std::string(size, 'x')).has_value());
    EXPECT_EQ(*read_file(path("token"), 70000), std::string(size, 'x'));
    struct stat status{};
    ASSERT_EQ(stat(path("token").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U);
  }
  const auto files = std::filesystem::directory_iterator(directory_.path());
  EXPECT_EQ(std::distance(begin(files), end(files)), 1);
}

TEST_F(DurableFile, StaysAsItWasWhereTheNewOneCannotBeWritten) {
  ASSERT_TRUE(replace_file(path("token"), "old").has_value());
  std::filesystem::create_directory(written_first());
  EXPECT_FALSE(replace_file(path("token"), "new").has_value());
  EXPECT_EQ(*read_file(path("token"), 10), "old");
}

// It lies where others may put something at times: root replaces files in the directory of a user.
TEST_F(DurableFile, IsWrittenThroughNoLinkAndIntoNoFileThatIsThere) {
  ASSERT_TRUE(replace_file(path("victim"), "mine").has_value());
  const auto plant = [&](int kind) {
    if (kind == 0) std::filesystem::create_symlink(path("victim"), written_first());
    if (kind == 1) std::filesystem::create_hard_link(path("victim"), written_first());
    if (kind == 2) mkfifo(written_first().c_str(), 0600);
    if (kind == 3) directory_.write(std::filesystem::path(written_first()).filename(), "what a process left");
  };
  for (int kind = 0; kind < 4; ++kind) {
    plant(kind);
    ASSERT_TRUE(replace_file(path("token"), "new").has_value()) << kind;
    EXPECT_EQ(*read_file(path("token"), 10), "new");
    EXPECT_EQ(*read_file(path("victim"), 10), "mine");
    EXPECT_FALSE(std::filesystem::exists(std::filesystem::symlink_status(written_first())));
  }
}

TEST_F(DurableFile, IsReplacedByManyThreadsAtTheSameTime) {
  constexpr std::size_t kSize = 5000;
  constexpr int kTimes = 50;
  ASSERT_TRUE(replace_file(path("token"), std::string(kSize, '0')).has_value());
  const auto replace = [this](char letter) {
    for (int i = 0; i < kTimes; ++i) {
      const auto done = replace_file(path("token"), std::string(kSize, letter));
      ASSERT_TRUE(done) << done.error().text;
    }
  };
  std::vector<std::thread> threads;
  for (const char letter : {'a', 'b', 'c'}) threads.emplace_back(replace, letter);
  for (int i = 0; i < kTimes; ++i) {
    const auto text = read_file(path("token"), kSize);
    EXPECT_TRUE(text && text->size() == kSize && text->find_first_not_of(text->front()) == std::string::npos) << i;
  }
  for (std::thread& thread : threads) thread.join();
  const auto files = std::filesystem::directory_iterator(directory_.path());
  EXPECT_EQ(std::distance(begin(files), end(files)), 1);
}

TEST_F(DurableFile, LeavesOtherFilesWithSuchNamesAlone) {
  for (const std::string name : {"token.new", "token.old", "token~", "token.new.new"}) {
    directory_.write(name, "an administrator's");
    ASSERT_TRUE(replace_file(path("token"), "x").has_value());
    EXPECT_EQ(directory_.read(name), "an administrator's");
  }
}

TEST_F(DurableFile, SaysWhatCannotBeRead) {
  ASSERT_TRUE(replace_file(path("token"), "12345").has_value());
  EXPECT_EQ(read_file(path("token"), 4).error().failure, Failure::limit);
  EXPECT_EQ(read_file(path("none"), 4).error().failure, Failure::not_found);
  EXPECT_EQ(read_file(directory_.path(), 4).error().failure, Failure::invalid);
  ASSERT_EQ(mkfifo(path("fifo").c_str(), 0600), 0);
  EXPECT_EQ(read_file(path("fifo"), 4).error().failure, Failure::invalid);
}

TEST_F(DurableFile, IsReadUpToItsLimitWhateverSizeItTells) {
  ASSERT_TRUE(replace_file(path("token"), "12345").has_value());
  EXPECT_EQ(*read_file(path("token"), 5), "12345");
  EXPECT_EQ(read_file(path("token"), 4).error().text, path("token") + " is larger than 4 bytes");
  EXPECT_EQ(read_file(path("token"), 0).error().failure, Failure::limit);
  EXPECT_GT(read_file("/proc/self/status", std::size_t{1} << 20U)->size(), 100U);
  EXPECT_EQ(read_file("/proc/self/status", 100).error().failure, Failure::limit);
}

TEST_F(DurableFile, WhoMayReadItIsToldOfTheFileThatWasRead) {
  ASSERT_TRUE(replace_file(path("token"), "12345").has_value());
  ASSERT_EQ(chmod(path("token").c_str(), 0644), 0);
  struct stat about{};
  ASSERT_TRUE(read_file(path("token"), 5, &about));
  EXPECT_EQ(about.st_mode & 0777U, 0644U);
}

}  // namespace
}  // namespace postern
