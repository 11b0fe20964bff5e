// A real directory and the kernel's inotify; what lies there is tested with spool::DropDirectory.
#include "queue/watched_drop_box.h"

#include "support/run.h"
#include "support/scratch_dir.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace postern::queue {
namespace {

using testing::ElementsAre;

constexpr Seconds kForEver{100'000};

class WatchedDropBoxTest : public testing::Test {
 protected:
  WatchedDropBoxTest() {
    std::filesystem::create_directory(spool + "/drop");
    box = std::make_unique<WatchedDropBox>(loop.get_executor(), pool, spool);
  }

  void put(const std::string& name, const std::string& bytes) const { std::ofstream(spool + "/drop/" + name) << bytes; }
  /// A wait that is under way.
  std::shared_ptr<bool> begin_wait() {
    auto ended = std::make_shared<bool>(false);
    spawn(loop.get_executor(), box->wait(kForEver), "wait", [ended] { *ended = true; });
    loop.restart();
    while (loop.poll() > 0) {
    }
    return ended;
  }
  /// One for which nothing that came before is left to tell.
  std::shared_ptr<bool> begin_quiet_wait() {
    std::shared_ptr<bool> ended = begin_wait();
    while (*ended) ended = begin_wait();
    return ended;
  }
  void let_end(const bool& ended) {
    loop.restart();
    while (!ended) loop.run_one();
  }

  test::ScratchDir dir;
  std::string spool = dir.path();
  boost::asio::io_context loop;
  spool::DiskPool pool{2};
  std::unique_ptr<WatchedDropBox> box;
};

TEST_F(WatchedDropBoxTest, ListsReadsAndRemovesByTheThreadsOfTheDisk) {
  put("a", "0123456789");
  EXPECT_THAT(test::run(loop, box->list()).value(), ElementsAre("a"));
  const auto file = test::run(loop, box->open("a", 10));
  ASSERT_TRUE(file);
  EXPECT_EQ((*file)->uid(), ::getuid());
  EXPECT_EQ((*file)->size(), 10U);
  EXPECT_EQ(test::run(loop, (*file)->read()).value(), "0123456789");
  EXPECT_EQ(test::run(loop, (*file)->read()).value(), "");
  EXPECT_TRUE(test::run(loop, box->remove("a")));
  EXPECT_EQ(test::run(loop, box->open("a", 10)).error().failure, Failure::not_found);
  EXPECT_EQ(test::run(loop, box->remove("a")).error().failure, Failure::not_found);
}

TEST_F(WatchedDropBoxTest, SetsAsideWhatIsRefused) {
  put("a", "rubbish");
  ASSERT_TRUE(test::run(loop, box->list()));
  const auto aside = test::run(loop, box->set_aside("a"));
  ASSERT_TRUE(aside);
  EXPECT_EQ(aside->uid, ::getuid());
  EXPECT_TRUE(std::filesystem::exists(aside->kept));
  EXPECT_FALSE(std::filesystem::exists(spool + "/drop/a"));
  EXPECT_EQ(test::run(loop, box->set_aside("a")).error().failure, Failure::not_found);
}

TEST_F(WatchedDropBoxTest, WhatCameBeforeTheFirstWaitWaitsForNobody) {
  const auto first = begin_wait();
  EXPECT_TRUE(*first);  // watched from now on; before, something may have come
  EXPECT_FALSE(*begin_wait());
  box->stop();
}

TEST_F(WatchedDropBoxTest, TellsOfAFileThatComes) {
  const auto ended = begin_quiet_wait();
  put("a", "x");
  let_end(*ended);
  // What comes between two waits is not lost.
  std::filesystem::rename(spool + "/drop/a", spool + "/drop/b");
  const auto next = begin_wait();
  let_end(*next);
  box->stop();
}

TEST_F(WatchedDropBoxTest, ADirectoryThatIsMadeAnewIsWatchedAnew) {
  begin_wait();
  std::filesystem::remove(spool + "/drop");
  std::filesystem::create_directory(spool + "/drop");
  const auto anew = begin_wait();
  let_end(*anew);
  const auto ended = begin_quiet_wait();
  put("a", "x");
  let_end(*ended);
  box->stop();
}

TEST_F(WatchedDropBoxTest, StopEndsAWait) {
  const auto ended = begin_quiet_wait();
  box->stop();
  let_end(*ended);
  EXPECT_TRUE(*begin_wait());
}

}  // namespace
}  // namespace postern::queue
