// What each change of the spool says when a call fails is true: for every call, one that fails alone, and one after
// which the disk does nothing more.
#include "one_message.h"
#include "spool/draft.h"
#include "spool/spool.h"
#include "support/expected_log.h"
#include "support/memory_disk.h"

#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <functional>

namespace postern::spool {
namespace {

constexpr std::array kDiskErrors = {EIO, ENOSPC, EDQUOT, EROFS, ENOMEM};
constexpr std::array kMoved = {Area::queue, Area::hold, Area::failed, Area::corrupt};

std::vector<LogLine> lines(std::size_t count) {
  return {count,
          LogLine{kId.accepted(), "bob@example.net", mail::Status{mail::Verdict::deferred, 450, "4.3.0", "later"}}};
}

bool is_in(const test::MemoryDisk& disk, Area area) { return !disk.names("spool/" + std::string(name(area))).empty(); }

class WatchedDisk : public test::MemoryDisk {
 public:
  Result<void> fsync(int fd) override {
    auto done = MemoryDisk::fsync(fd);
    directory_unsynced = directory_unsynced || !done;
    return done;
  }
  bool directory_unsynced = false;
};

/// A spool whose disk goes wrong between begin() and end().
class World {
 public:
  explicit World(std::function<void(test::MemoryDisk&)> trouble) : trouble_(std::move(trouble)) {}

  void begin() { trouble_(disk); }
  void end() {
    calls = disk.calls();
    disk.heal();
  }
  WatchedDisk disk;
  std::unique_ptr<Spool> spool = *Spool::open(disk, "spool");
  std::size_t calls = 0;

 private:
  std::function<void(test::MemoryDisk&)> trouble_;
};

/// `body` in a fresh world for every call that fails alone, with every error.
void at_every_failure(const std::function<void(World&)>& body) {
  for (const int error : kDiskErrors) {
    bool reached = true;
    for (std::size_t nth = 1; reached; ++nth) {
      SCOPED_TRACE("call " + std::to_string(nth) + " errno " + std::to_string(error));
      World world([=](test::MemoryDisk& disk) { disk.fail_at(nth, error); });
      body(world);
      reached = world.calls >= nth;
    }
  }
}

/// ... and for every call after which all fail.
void at_every_end(const std::function<void(World&)>& body) {
  bool reached = true;
  for (std::size_t nth = 1; reached; ++nth) {
    SCOPED_TRACE("nothing after call " + std::to_string(nth));
    World world([=](test::MemoryDisk& disk) { disk.crash_after(nth); });
    body(world);
    reached = world.calls > nth;
  }
}

TEST(SpoolFailure, AMoveThatFailedLeftTheMessageWhereItWasAndOneThatDidNotMovedIt) {
  for (const Area from : kMoved) {
    for (const Area to : kMoved) {
      if (from == to) continue;
      std::size_t unsynced = 0;
      const auto body = [&](World& world) {
        store(*world.spool);
        if (from != Area::queue) {
          ASSERT_TRUE(world.spool->move(kId, Area::queue, from));
        }
        world.begin();
        const auto moved = world.spool->move(kId, from, to);
        world.end();
        EXPECT_EQ(is_in(world.disk, to), moved.has_value());
        EXPECT_EQ(is_in(world.disk, from), !moved.has_value());
        unsynced += moved && moved->unsynced ? 1U : 0U;
      };
      at_every_failure(body);
      at_every_end(body);
      EXPECT_GT(unsynced, 0U) << "a rename that could not be synced";
    }
  }
}

TEST(SpoolFailure, ARemovalThatFailedLeftTheFileAndOneThatDidNotRemovedIt) {
  for (const Durability durability : {Durability::lazy, Durability::synced}) {
    std::size_t unsynced = 0;
    const auto body = [&](World& world) {
      store(*world.spool);
      world.begin();
      const auto removed = world.spool->remove(kId, Area::queue, durability);
      world.end();
      EXPECT_EQ(is_in(world.disk, Area::queue), !removed.has_value());
      unsynced += removed && removed->unsynced ? 1U : 0U;
    };
    at_every_failure(body);
    at_every_end(body);
    EXPECT_EQ(unsynced > 0, durability == Durability::synced);
  }
}

constexpr std::string_view kTorn = "log: 2026-11-23T00:00";

TEST(SpoolFailure, LinesThatCouldNotBeAppendedAreNotThereAndTheNextAreThereOnce) {
  for (const Durability durability : {Durability::lazy, Durability::synced}) {
    for (const bool torn : {false, true}) {
      at_every_failure([&](World& world) {
        store(*world.spool);
        auto stored = *world.spool->read(kId);
        ASSERT_TRUE(world.spool->append_log(kId, stored, lines(1), Durability::synced));
        const std::string path = "spool/queue/" + kId.str();
        if (torn) world.disk.put(path, world.disk.content(path) + std::string(kTorn));
        stored = *world.spool->read(kId);
        const std::uint64_t end = stored.log_end;
        world.begin();
        const auto done = world.spool->append_log(kId, stored, lines(2), durability);
        world.end();
        EXPECT_EQ(world.spool->read(kId)->log.size(), done ? 3U : 1U);
        EXPECT_EQ(stored.log_end == end, !done);
        // By what was known and by what is read anew, once more.
        if (!done) {
          ASSERT_TRUE(world.spool->append_log(kId, stored, lines(2), durability));
        }
        EXPECT_EQ(world.spool->read(kId)->log.size(), 3U);
        EXPECT_EQ(stored.file_size, world.disk.content(path).size());
      });
    }
  }
}

TEST(SpoolFailure, LinesThatTheDiskWouldNotCutOffGoWithTheNextAppend) {
  at_every_end([](World& world) {
    store(*world.spool);
    auto stored = *world.spool->read(kId);
    world.begin();
    const auto done = world.spool->append_log(kId, stored, lines(2), Durability::synced);
    world.end();
    if (!done) {
      ASSERT_TRUE(world.spool->append_log(kId, stored, lines(1), Durability::synced));
      EXPECT_EQ(world.spool->read(kId)->log.size(), 1U);
    }
  });
}

TEST(SpoolFailure, ARouteThatCouldNotBeAppendedIsNotTaken) {
  for (const Area area : {Area::queue, Area::hold}) {
    at_every_failure([&](World& world) {
      store(*world.spool);
      if (area == Area::hold) {
        ASSERT_TRUE(world.spool->move(kId, Area::queue, Area::hold));
      }
      world.begin();
      const auto done = world.spool->append_route(kId, area, kId.accepted(), "other");
      world.end();
      EXPECT_EQ(world.spool->read(kId, area)->rerouted_to, done ? "other" : "");
    });
  }
}

TEST(SpoolFailure, ATimeThatCouldNotBeSetIsAsBefore) {
  const auto body = [](World& world) {
    store(*world.spool);
    const WallTime before = world.spool->list(Area::queue)->front().modified;
    const WallTime next = before + Seconds(100);
    world.begin();
    const auto done = world.spool->set_next(kId, next);
    world.end();
    EXPECT_EQ(world.spool->list(Area::queue)->front().modified, done ? next : before);
  };
  at_every_failure(body);
  at_every_end(body);
}

/// The sender was refused and comes again: there must not be a first copy after a crash.
TEST(SpoolFailure, ARefusedMessageStaysAwayAlsoAfterACrash) {
  at_every_failure([](World& world) {
    world.begin();
    bool stored = false;
    {
      Draft draft(*world.spool, envelope());
      draft.add("Subject: hi\n\nbody\n");
      stored = draft.commit(20, mail::BodyType::seven_bit).has_value();
    }
    world.end();
    if (stored) return;
    // Where the directory itself could not be synced nobody knows, and it must not be synced once more.
    const std::size_t possible = world.disk.directory_unsynced ? 1 : 0;
    for (const auto& left : world.disk.after_crash()) EXPECT_LE(left->names("spool/queue").size(), possible);
  });
}

TEST(SpoolFailure, ADraftThatFailedOnceFailsForGood) {
  const std::string text(kPiece + 1, 'x');
  at_every_failure([&](World& world) {
    Draft draft(*world.spool, envelope());
    draft.add(text);
    world.begin();
    const auto spilled = draft.spill();
    world.end();
    const auto committed = draft.commit(text.size(), mail::BodyType::seven_bit);
    EXPECT_EQ(committed.has_value(), spilled.has_value());
    EXPECT_EQ(world.disk.names("spool/queue").size(), spilled ? 1U : 0U);
    if (spilled) {
      EXPECT_TRUE(world.spool->read(kId));
    }
  });
  at_every_failure([&](World& world) {
    Draft draft(*world.spool, envelope());
    draft.add("short\n");
    world.begin();
    const auto committed = draft.commit(10, mail::BodyType::seven_bit);
    world.end();
    if (committed) return;
    EXPECT_FALSE(draft.commit(10, mail::BodyType::seven_bit));
    EXPECT_TRUE(world.disk.names("spool/queue").empty());
  });
}

TEST(SpoolFailure, ADraftThatOutlivesTheSpoolLeavesNothing) {
  test::MemoryDisk disk;
  auto spool = *Spool::open(disk, "spool");
  {
    Draft draft(*spool, envelope());
    draft.add("Subject: hi\n\nbody\n");
    ASSERT_TRUE(draft.spill());
    spool.reset();
    EXPECT_TRUE(Spool::open(disk, "spool")) << "the lock is free";
  }
  EXPECT_TRUE(disk.names("spool/tmp").empty());
  EXPECT_EQ(disk.open_files(), 0U);
}

}  // namespace
}  // namespace postern::spool
