// A real directory and the kernel's inotify; what lies there is tested with spool::DropDirectory.
#include "queue/watched_drop_box.h"

#include "queue/refused_shares.h"
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

using testing::IsEmpty;

constexpr Seconds kForEver{100'000};

class WatchedDropBoxTest : public testing::Test {
 protected:
  WatchedDropBoxTest() {
    std::filesystem::create_directory(spool + "/drop");
    box = std::make_unique<WatchedDropBox>(loop.get_executor(), pool, spool, [](std::uint32_t uid) { return uid + 1; });
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
  const auto look = test::run(loop, box->list({})).value();
  ASSERT_EQ(look.files.size(), 1U);
  EXPECT_EQ(look.files[0].at.name, "a");
  EXPECT_EQ(look.files[0].uid, ::getuid());
  EXPECT_EQ(look.files[0].party, ::getuid() + 1);
  EXPECT_EQ(look.left, 0U);
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
  ASSERT_TRUE(test::run(loop, box->list({})));
  const auto aside = test::run(loop, box->set_aside("a"));
  ASSERT_TRUE(aside);
  EXPECT_EQ(aside->uid, ::getuid());
  EXPECT_TRUE(std::filesystem::exists(aside->kept));
  EXPECT_FALSE(std::filesystem::exists(spool + "/drop/a"));
  EXPECT_EQ(test::run(loop, box->set_aside("a")).error().failure, Failure::not_found);
}

TEST_F(WatchedDropBoxTest, ADirectoryOfAnySizeIsBegunWithAndTheRestIsCounted) {
  for (std::size_t i = 0; i < WatchedDropBox::kFilesOfALook + 7; ++i) put(std::to_string(i), "");
  const auto look = test::run(loop, box->list({})).value();
  EXPECT_EQ(look.files.size(), WatchedDropBox::kFilesOfALook);
  EXPECT_EQ(look.left, 7U);
}

TEST_F(WatchedDropBoxTest, AFullRefusedMakesPlaceForWhatComesAndTellsWhatWentForIt) {
  const auto kept = [this] { return std::distance(std::filesystem::directory_iterator(spool + "/refused"), {}); };
  for (std::size_t i = 0; i < kRefusedFiles + 5; ++i) put(std::to_string(i), "MAIL FROM:<a@b>");
  ASSERT_TRUE(test::run(loop, box->list({})));
  std::size_t displaced = 0;
  for (std::size_t i = 0; i < kRefusedFiles + 5; ++i) {
    const auto aside = test::run(loop, box->set_aside(std::to_string(i)));
    ASSERT_TRUE(aside) << i;
    displaced += aside->displaced.size();
    EXPECT_EQ(aside->displaced.empty(), i < kRefusedFiles) << i;
    for (const DropBox::Gone& gone : aside->displaced) {
      EXPECT_EQ(gone.begins, "MAIL FROM:<a@b>");
      EXPECT_EQ(gone.uid, ::getuid());
      EXPECT_FALSE(std::filesystem::exists(gone.file));
    }
  }
  EXPECT_EQ(displaced, 5U);
  EXPECT_EQ(kept(), static_cast<std::ptrdiff_t>(kRefusedFiles));
  // What somebody removes leaves its place.
  std::filesystem::remove_all(spool + "/refused");
  put("a", "x");
  ASSERT_TRUE(test::run(loop, box->list({})));
  EXPECT_TRUE(test::run(loop, box->set_aside("a"))->displaced.empty());
  EXPECT_EQ(kept(), 1);
}

TEST_F(WatchedDropBoxTest, ForgetsWhatWasRefusedLongAgo) {
  EXPECT_THAT(test::run(loop, box->forget_refused(system_clock().wall())).value(), IsEmpty());
  put("a", "MAIL FROM:<a@b>\nRCPT TO:<c@d>\nDATA\nSubject: secret\n");
  ASSERT_TRUE(test::run(loop, box->list({})));
  ASSERT_TRUE(test::run(loop, box->set_aside("a")));
  const WallTime now = system_clock().wall();
  EXPECT_THAT(test::run(loop, box->forget_refused(now - std::chrono::hours(1))).value(), IsEmpty());
  const auto forgotten = test::run(loop, box->forget_refused(now + std::chrono::hours(1))).value();
  ASSERT_EQ(forgotten.size(), 1U);
  EXPECT_EQ(forgotten[0].uid, ::getuid());
  EXPECT_EQ(forgotten[0].begins, "MAIL FROM:<a@b>\nRCPT TO:<c@d>\nDATA\n") << "and nothing of the message";
  EXPECT_LT(now - forgotten[0].since, std::chrono::minutes(1));
  EXPECT_TRUE(std::filesystem::is_empty(spool + "/refused"));
}

TEST(EnvelopeLines, EndWhereTheMessageBegins) {
  const std::string head = "postern-drop 1 0000000053 0000000020\n";
  const std::string lines = "MAIL FROM:<a@b>\nRCPT TO:<c@d>\nRCPT TO:<e@f>\nDATA\n";
  const std::string whole = head + lines + "DATA\nSubject: RCPT TO:<secret>\nRCPT TO:<body>\n";
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    const std::string_view shown = envelope_lines(std::string_view(whole).substr(0, size));
    EXPECT_TRUE(std::string_view(head + lines).starts_with(shown)) << size;
  }
  EXPECT_EQ(envelope_lines(whole), head + lines);
  EXPECT_EQ(envelope_lines("MAIL FROM:<a@b>"), "MAIL FROM:<a@b>") << "cut, but a command";
  for (const char* none : {"", "\n", "Subject: a\n\nDATA\n", " DATA\n", "rubbish", "DATUM\n"}) {
    EXPECT_EQ(envelope_lines(none), "") << none;
  }
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
