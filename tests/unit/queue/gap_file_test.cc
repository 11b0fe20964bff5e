#include "queue/gap_file.h"

#include "support/expected_log.h"
#include "support/scratch_dir.h"

#include <gtest/gtest.h>

#include <sys/stat.h>

#include <filesystem>
#include <future>
#include <string>

namespace postern::queue {
namespace {

constexpr WallTime kTime = WallTime(std::chrono::sys_days(std::chrono::year(2026) / 11 / 23)) + Milliseconds(123);

class GapFileTest : public testing::Test {
 protected:
  /// All of it is done when this returns.
  void keep(std::initializer_list<std::pair<std::string, WallTime>> all) const {
    spool::DiskPool pool(2);
    GapFile file(pool, spool_);
    (void)file.read();
    for (const auto& [gaps, alive] : all) file.keep(gaps, alive);
  }
  [[nodiscard]] GapKeeper::Kept kept() const {
    spool::DiskPool pool(1);
    return GapFile(pool, spool_).read();
  }
  [[nodiscard]] std::string path() const { return spool_ + "/gaps"; }
  [[nodiscard]] ino_t file_number() const {
    struct stat status{};
    EXPECT_EQ(::stat(path().c_str(), &status), 0);
    return status.st_ino;
  }

  test::ScratchDir dir_;
  std::string spool_ = dir_.path();
};

TEST_F(GapFileTest, NothingIsKnownBeforeTheFirst) {
  EXPECT_EQ(kept().gaps, "");
  EXPECT_FALSE(kept().alive);
}

TEST_F(GapFileTest, KeepsTheNewestAndWhenWeWereAlive) {
  keep({{"one\n", kTime - Seconds(60)}, {"two\n", kTime - Seconds(1)}, {"two\n", kTime}});
  EXPECT_EQ(kept().gaps, "two\n");
  EXPECT_EQ(kept().alive, kTime);
  struct stat status{};
  ASSERT_EQ(::stat(path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0600U);
}

TEST_F(GapFileTest, AHeartbeatWritesNoFile) {
  keep({{"one\n", kTime}});
  const ino_t before = file_number();
  for (int i = 1; i < 5; ++i) {
    keep({{"one\n", kTime + Seconds(60 * i)}});
    EXPECT_EQ(file_number(), before);
    EXPECT_EQ(kept().alive, kTime + Seconds(60 * i));
  }
  keep({{"another\n", kTime}});
  EXPECT_EQ(kept().gaps, "another\n");
}

TEST_F(GapFileTest, AFileThatWasRemovedIsMadeAgain) {
  spool::DiskPool pool(1);
  GapFile file(pool, spool_);
  for (int i = 0; i < 3; ++i) {
    file.keep("one\n", kTime);
    std::promise<void> written;
    pool.post(spool::Priority::background, [&written] { written.set_value(); });
    written.get_future().wait();
    EXPECT_EQ(kept().gaps, "one\n");
    std::filesystem::remove(path());
  }
}

TEST_F(GapFileTest, AForeignFileInItsPlaceIsToldAndNotFatal) {
  const test::ExpectLog unread("cannot be read");
  const test::ExpectLog unwritten("cannot be noted");
  std::filesystem::create_directory(path());
  keep({{"one\n", kTime}, {"one\n", kTime + Seconds(60)}});
  EXPECT_TRUE(kept().gaps.empty());
  EXPECT_FALSE(kept().alive);
}

}  // namespace
}  // namespace postern::queue
