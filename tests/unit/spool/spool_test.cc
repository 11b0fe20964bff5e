// The directory around the messages: lock, log, recovery, foreign files; and the shared sync.
#include "spool/spool.h"

#include "base/fd.h"
#include "one_message.h"
#include "spool/directory_sync.h"
#include "spool/draft.h"
#include "spool/recovery.h"
#include "support/expected_log.h"
#include "support/memory_disk.h"

#include <gtest/gtest.h>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <thread>

namespace postern::spool {
namespace {

std::vector<LogLine> lines() {
  return {LogLine{kId.accepted(), "bob@example.net", mail::Status{mail::Verdict::delivered, 250, "2.0.0", "Ok"}}};
}

TEST(SpoolLog, IsAppendedAfterATornTail) {
  test::MemoryDisk disk;
  auto spool = *Spool::open(disk, "spool");
  store(*spool);
  const std::string path = "spool/queue/" + kId.str();
  disk.put(path, disk.content(path) + "log: 2026-11-23T00:00");
  auto stored = *spool->read(kId);
  ASSERT_TRUE(spool->append_log(kId, stored, lines(), Durability::lazy));
  ASSERT_TRUE(spool->append_log(kId, stored, lines(), Durability::synced));
  EXPECT_EQ(spool->read(kId)->log.size(), 2U);
}

TEST(SpoolLog, P10_EveryFailingCallLeavesAReadableFile) {
  for (std::size_t nth = 1;; ++nth) {
    test::MemoryDisk disk;
    auto spool = *Spool::open(disk, "spool");
    store(*spool);
    auto stored = *spool->read(kId);
    const std::size_t before = disk.open_files();
    disk.fail_at(nth, EIO);
    const bool done = spool->append_log(kId, stored, lines(), Durability::synced).has_value();
    const bool reached = disk.calls() >= nth;
    EXPECT_TRUE(done || reached) << nth;
    EXPECT_EQ(disk.open_files(), before);
    disk.heal();
    auto again = spool->read(kId);
    ASSERT_TRUE(again) << nth;
    EXPECT_EQ(again->log.size(), done ? 1U : 0U) << nth;
    ASSERT_TRUE(spool->append_log(kId, *again, lines(), Durability::synced));
    EXPECT_EQ(spool->read(kId)->log.size(), done ? 2U : 1U);
    if (!reached) break;
  }
}

TEST(SpoolLog, P06_ASyncedLineSurvivesEveryCrashAndAnyCrashLeavesTheMessage) {
  for (std::size_t nth = 1;; ++nth) {
    test::MemoryDisk disk;
    auto spool = *Spool::open(disk, "spool");
    store(*spool);
    auto stored = *spool->read(kId);
    disk.crash_after(nth);
    const bool done = spool->append_log(kId, stored, lines(), Durability::synced).has_value();
    const bool everything = disk.calls() <= nth;
    for (const auto& left : disk.after_crash()) {
      auto again = *Spool::open(*left, "spool");
      const auto found = again->read(kId);
      // A block of zeros under the appended bytes may end in the line's own LF: then the file is known to be damaged.
      if (done) {
        ASSERT_TRUE(found);
        EXPECT_EQ(found->log.size(), 1U);
      } else {
        EXPECT_TRUE(found || found.error().failure == Failure::corrupt);
      }
    }
    if (everything) break;
  }
}

TEST(SpoolMove, P06_AMoveThatIsConfirmedSurvivesEveryCrash) {
  for (std::size_t nth = 1;; ++nth) {
    test::MemoryDisk disk;
    auto spool = *Spool::open(disk, "spool");
    store(*spool);
    disk.crash_after(nth);
    const auto moved = spool->move(kId, Area::queue, Area::failed);
    const bool done = moved && !moved->unsynced;
    const bool everything = disk.calls() <= nth;
    for (const auto& left : disk.after_crash()) {
      auto again = *Spool::open(*left, "spool");
      const bool in_queue = again->read(kId, Area::queue).has_value();
      const bool in_failed = again->read(kId, Area::failed).has_value();
      if (done) {
        EXPECT_TRUE(in_failed && !in_queue);
      }
    }
    if (everything) break;
  }
}

/// The move of what has both names, with the power gone after its `nth` call: never has it none, and once the move is
/// confirmed the new one alone. Returns whether that was all of it.
bool moves_what_has_both_names(test::MemoryDisk& disk, Spool& spool, std::size_t nth) {
  disk.crash_after(nth);
  const auto moved = spool.move(kId, Area::queue, Area::failed);
  const bool everything = disk.calls() <= nth;
  EXPECT_TRUE(!everything || (moved && !moved->unsynced));
  for (const auto& left : disk.after_crash()) {
    const auto again = *Spool::open(*left, "spool");
    const bool in_queue = again->read(kId, Area::queue).has_value();
    const bool in_failed = again->read(kId, Area::failed).has_value();
    EXPECT_TRUE(in_queue || in_failed) << nth;
    if (moved && !moved->unsynced) {
      EXPECT_TRUE(in_failed && !in_queue) << nth;
    }
  }
  return everything;
}

TEST(SpoolMove, P06_WhatAPowerFailureInAMoveLeftWithBothNamesIsMovedByTheNextOne) {
  std::size_t had_both = 0;
  for (std::size_t nth = 1;; ++nth) {
    test::MemoryDisk disk;
    auto spool = *Spool::open(disk, "spool");
    store(*spool);
    disk.crash_after(nth);
    (void)spool->move(kId, Area::queue, Area::failed);
    for (const auto& left : disk.after_crash()) {
      for (std::size_t again = 1;; ++again) {
        const auto copies = left->after_crash();
        ASSERT_EQ(copies.size(), 1U) << "nothing has happened since";
        auto later = *Spool::open(*copies[0], "spool");
        if (!later->read(kId, Area::queue) || !later->read(kId, Area::failed)) break;
        ++had_both;
        if (moves_what_has_both_names(*copies[0], *later, again)) break;
      }
    }
    if (disk.calls() <= nth) break;
  }
  EXPECT_GT(had_both, 0U);
}

TEST(SpoolMove, P06_WhereTheOldNameCouldNotGoTheNewOneIsSyncedBeforeItGoes) {
  const test::ExpectLog expected("may have two names now");
  for (std::size_t nth = 1;; ++nth) {
    test::MemoryDisk disk;
    disk.rename_by_links();
    auto spool = *Spool::open(disk, "spool");
    store(*spool);
    disk.fail_at(2, EIO);  // the removal of the old name, after the link
    ASSERT_FALSE(spool->move(kId, Area::queue, Area::failed));
    ASSERT_TRUE(spool->read(kId, Area::queue) && spool->read(kId, Area::failed));
    if (moves_what_has_both_names(disk, *spool, nth)) break;
  }
}

TEST(SpoolMove, AnotherFileOfThatNameIsInTheWayAndBothStay) {
  test::MemoryDisk disk;
  auto spool = *Spool::open(disk, "spool");
  store(*spool);
  disk.put("spool/hold/" + kId.str(), "another");
  const auto moved = spool->move(kId, Area::queue, Area::hold);
  ASSERT_FALSE(moved);
  EXPECT_EQ(moved.error().failure, Failure::exists);
  EXPECT_EQ(disk.content("spool/hold/" + kId.str()), "another");
  EXPECT_TRUE(spool->read(kId, Area::queue));
}

TEST(SpoolRecovery, P27_EmptiesTmpAndListsTheQueueWithoutOpeningIt) {
  test::MemoryDisk disk;
  auto spool = *Spool::open(disk, "spool");
  store(*spool);
  disk.put("spool/tmp/" + kId.str(), "half a mess");
  const std::size_t opened = disk.calls_of("open");
  const auto recovered = recover(*spool);
  ASSERT_TRUE(recovered);
  EXPECT_EQ(recovered->unfinished, 1U);
  ASSERT_EQ(recovered->queue.size(), 1U);
  EXPECT_EQ(recovered->queue[0].id, kId);
  EXPECT_EQ(disk.calls_of("open"), opened);
  EXPECT_TRUE(disk.names("spool/tmp").empty());
}

/// Like NFS, which has locks for files alone.
class NoDirectoryLocks : public test::MemoryDisk {
 public:
  Result<void> lock(int fd) override {
    if (!info(fd)->regular) return system_error(EBADF, "lock");
    return MemoryDisk::lock(fd);
  }
};

TEST(SpoolLock, P23_AFileSystemWithoutLocksOfDirectoriesHasTheLockFile) {
  NoDirectoryLocks disk;
  auto spool = Spool::open(disk, "spool");
  ASSERT_TRUE(spool);
  EXPECT_EQ(Spool::open(disk, "spool").error().failure, Failure::busy);
}

/// Deleting takes as long as the test wants.
class SlowToDelete : public test::MemoryDisk {
 public:
  Result<void> unlink(int directory, const std::string& name) override {
    if (unlinked++ >= at_once) going.wait(false);
    return MemoryDisk::unlink(directory, name);
  }
  std::atomic<std::size_t> unlinked = 0;
  std::atomic<bool> going = false;
  std::size_t at_once = Spool::kSweptAtOnce;
};

QueueId leftover(std::uint64_t number) {
  return QueueId::make(std::chrono::sys_time<std::chrono::microseconds>(std::chrono::microseconds(number)), number);
}

TEST(SpoolRecovery, P26_TheStartDoesNotWaitForManyLeftoversToGo) {
  SlowToDelete disk;
  auto spool = *Spool::open(disk, "spool");
  const std::size_t count = Spool::kSweptAtOnce + 500;
  for (std::uint64_t n = 0; n < count; ++n) disk.put("spool/tmp/" + leftover(n).str(), "half a mess");
  const auto recovered = recover(*spool);
  ASSERT_TRUE(recovered);
  EXPECT_EQ(recovered->unfinished, Spool::kSweptAtOnce);
  store(*spool);  // meanwhile
  EXPECT_TRUE(spool->read(kId));
  disk.going = true;
  disk.going.notify_all();
  while (!disk.names("spool/tmp").empty()) std::this_thread::yield();
  EXPECT_TRUE(spool->read(kId));
}

TEST(SpoolRecovery, P26_TheEndDoesNotWaitForTheRest) {
  test::MemoryDisk disk;
  const std::size_t count = Spool::kSweptAtOnce + 50'000;
  {
    auto spool = *Spool::open(disk, "spool");
    for (std::uint64_t n = 0; n < count; ++n) disk.put("spool/tmp/" + leftover(n).str(), "half a mess");
    ASSERT_TRUE(recover(*spool));
  }
  // What is left is found by the next start.
  EXPECT_LE(disk.names("spool/tmp").size(), count - Spool::kSweptAtOnce);
  auto again = *Spool::open(disk, "spool");
  EXPECT_TRUE(recover(*again));
}

/// One name that can be neither looked at nor removed.
class StubbornDisk : public test::MemoryDisk {
 public:
  using MemoryDisk::info;
  Result<FileInfo> info(int directory, const std::string& name) override {
    if (name == stubborn && !examinable) return system_error(EIO, "stat");
    return MemoryDisk::info(directory, name);
  }
  Result<void> unlink(int directory, const std::string& name) override {
    if (name == stubborn) return system_error(EPERM, "unlink");
    return MemoryDisk::unlink(directory, name);
  }
  std::string stubborn;
  bool examinable = true;
};

TEST(SpoolRecovery, OneBadFileIsToldAndStopsNothing) {
  const test::ExpectLog unfinished("unfinished reception cannot be removed");
  const test::ExpectLog unknown("cannot be examined");
  StubbornDisk disk;
  auto spool = *Spool::open(disk, "spool");
  store(*spool);
  disk.stubborn = "0123456789abcdeg";
  for (const std::string area : {"tmp", "queue"}) disk.put("spool/" + area + "/" + disk.stubborn, "?");
  disk.put("spool/tmp/" + kId.str(), "half a mess");
  for (const bool examinable : {true, false}) {
    disk.examinable = examinable;
    const auto recovered = recover(*spool);
    ASSERT_TRUE(recovered);
    EXPECT_EQ(recovered->unfinished, examinable ? 1U : 0U);
    EXPECT_EQ(recovered->queue.size(), examinable ? 2U : 1U);
    EXPECT_EQ(disk.names("spool/tmp"), std::vector<std::string>{disk.stubborn});
  }
}

class RealSpool : public testing::Test {
 protected:
  RealSpool() {
    std::string name = std::filesystem::temp_directory_path() / "postern-spool-XXXXXX";
    directory = ::mkdtemp(name.data());
  }
  ~RealSpool() override { std::filesystem::remove_all(directory); }
  std::filesystem::path directory;
};

TEST_F(RealSpool, TheRealDiskDoesAllOfIt) {
  const std::string path = directory / "spool";
  auto spool = *Spool::open(posix_disk(), path);
  store(*spool);
  auto stored = *spool->read(kId);
  EXPECT_EQ(stored.small_text, "Subject: hi\n\nbody\n");
  ASSERT_TRUE(spool->append_log(kId, stored, lines(), Durability::synced));
  const WallTime next = kId.accepted() + Seconds(100) + Milliseconds(7);
  ASSERT_TRUE(spool->set_next(kId, next));
  const auto found = *spool->list(Area::queue);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].modified, next);
  EXPECT_EQ(found[0].size, stored.file_size);
  EXPECT_GT(spool->space()->bytes, 0U);
  ASSERT_TRUE(spool->move(kId, Area::queue, Area::corrupt));
  ASSERT_TRUE(spool->remove(kId, Area::corrupt, Durability::synced));
  EXPECT_EQ(spool->read(kId).error().failure, Failure::not_found);
  struct stat mode{};
  ASSERT_EQ(::stat(path.c_str(), &mode), 0);
  EXPECT_EQ(mode.st_mode & 0777U, 0700U);
}

TEST_F(RealSpool, P22_P23_ASecondDaemonIsRefusedWithThePidOfTheFirst) {
  const std::string path = directory / "spool";
  {
    auto first = *Spool::open(posix_disk(), path);
    const auto second = Spool::open(posix_disk(), path);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().failure, Failure::busy);
    EXPECT_NE(second.error().text.find("pid " + std::to_string(::getpid())), std::string::npos);
  }
  EXPECT_TRUE(Spool::open(posix_disk(), path)) << "a lock left behind is stale";
}

TEST_F(RealSpool, P23_ALockFileThatSomebodyDeletesStillKeepsASecondDaemonOut) {
  const std::string path = directory / "spool";
  auto first = *Spool::open(posix_disk(), path);
  std::filesystem::remove(directory / "spool" / "lock");
  const auto second = Spool::open(posix_disk(), path);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().failure, Failure::busy);
  first.reset();
  EXPECT_TRUE(Spool::open(posix_disk(), path));
}

TEST_F(RealSpool, P19_OnlyTheLastDirectoryIsMade) {
  EXPECT_EQ(Spool::open(posix_disk(), directory / "not" / "there").error().failure, Failure::not_found);
}

bool bound(const UniqueFd& socket, const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::ranges::copy(path.string(), std::begin(address.sun_path));
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast)
  return ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
}

/// Whoever put it there: what it says decides, and nobody runs it.
TEST_F(RealSpool, P32_AForeignProgramNamedLikeAMessageIsDamaged) {
  auto spool = *Spool::open(posix_disk(), directory / "spool");
  const auto path = directory / "spool" / "queue" / kId.str();
  std::ofstream(path) << "#!/bin/sh\n";
  ASSERT_EQ(::chmod(path.c_str(), 04755), 0);
  ASSERT_EQ(spool->list(Area::queue)->size(), 1U);
  EXPECT_EQ(spool->read(kId).error().failure, Failure::corrupt);
}

TEST_F(RealSpool, P32_ForeignFilesAreIgnoredUnopenedAndToldOnce) {
  const test::ExpectLog expected("foreign file");
  auto spool = *Spool::open(posix_disk(), directory / "spool");
  const auto queue = directory / "spool" / "queue";
  const std::string id = kId.str();
  std::filesystem::create_directory(queue / id);
  ASSERT_EQ(::mkfifo((queue / "0123456789abcdeg").c_str(), 0600), 0);
  std::filesystem::create_symlink("/etc/passwd", queue / "0123456789abcdeh");
  for (const std::string name : {".hidden", "with\nline", "%s%n", "short"}) {
    std::filesystem::create_symlink("/nowhere", queue / name);
  }
  const UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_TRUE(bound(socket, queue / "0123456789abcdej"));
  // Not everybody may make a device.
  const bool device = ::mknod((queue / "0123456789abcdek").c_str(), S_IFCHR | 0600, makedev(1, 3)) == 0;
  const std::size_t before = test::logged().size();
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(spool->list(Area::queue)->empty());
  EXPECT_EQ(test::logged().size() - before, device ? 9U : 8U);
  EXPECT_FALSE(spool->read(*QueueId::parse("0123456789abcdej")));
  EXPECT_FALSE(spool->read(*QueueId::parse("0123456789abcdek")));
  EXPECT_FALSE(spool->read(*QueueId::parse("0123456789abcdeg")));
  EXPECT_FALSE(spool->read(*QueueId::parse("0123456789abcdeh")));
}

/// Remembers how many changes had been made when the last successful sync began.
class CountingDisk : public test::MemoryDisk {
 public:
  Result<void> fsync(int) override {
    const std::size_t seen = changes;
    ++syncs;
    if (failing) return system_error(EIO, "fsync");
    for (std::size_t known = covered; known < seen && !covered.compare_exchange_weak(known, seen);) continue;
    return {};
  }
  std::atomic<std::size_t> changes = 0;
  std::atomic<std::size_t> covered = 0;
  std::atomic<std::size_t> syncs = 0;
  bool failing = false;
};

TEST(SharedSync, ASyncThatBeganBeforeAChangeDoesNotCountForIt) {
  CountingDisk disk;
  DirectorySync sync(disk, 1);
  std::atomic<std::size_t> uncovered = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int k = 0; k < 500; ++k) {
        const std::size_t mine = ++disk.changes;
        if (!sync.sync() || disk.covered < mine) ++uncovered;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(uncovered, 0U);
  EXPECT_LE(disk.syncs, 4000U);
}

TEST(SharedSync, EveryoneWhoWaitedHearsOfAFailure) {
  CountingDisk disk;
  disk.failing = true;
  DirectorySync sync(disk, 1);
  std::atomic<std::size_t> good = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int k = 0; k < 100; ++k) good += sync.sync() ? 1U : 0U;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, 0U);
}

}  // namespace
}  // namespace postern::spool
