// One message in place of many: every crash point, every call that fails, and what a second crash at the start after
// the first one leaves.
#include "base/clock.h"
#include "spool/draft.h"
#include "spool/recovery.h"
#include "spool/spool.h"
#include "support/expected_log.h"
#include "support/memory_disk.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace postern::spool {
namespace {

const QueueId kGathered = *QueueId::parse("9123456789abcdef");
const std::vector<QueueId> kOriginals{*QueueId::parse("0123456789abcde0"), *QueueId::parse("0123456789abcde1"),
                                      *QueueId::parse("0123456789abcde2")};

Result<void> put_message(Spool& spool, const QueueId& id) {
  mail::Envelope envelope;
  envelope.id = id;
  envelope.accepted = id.accepted();
  envelope.sender = "alice@example.com";
  envelope.recipients.resize(1);
  envelope.recipients[0].address = "bob@example.net";
  Draft draft(spool, std::move(envelope));
  draft.add("Subject: hi\n\nbody\n");
  return draft.commit(20, mail::BodyType::seven_bit);
}

/// All of it, and then the digest is delivered. How far it came.
enum class Came { announced, stored, ended, delivered, nowhere };
Came gather(Spool& spool) {
  if (!spool.announce_gathering(kGathered, kOriginals)) return Came::nowhere;
  if (!put_message(spool, kGathered)) {
    spool.forget_gathering(kGathered);
    return Came::announced;
  }
  const auto ended = spool.end_gathering(kGathered, kOriginals);
  if (!ended || ended->unsynced) return Came::stored;
  // Unlinked without a sync, as what was delivered is.
  if (!spool.remove(kGathered, Area::queue, Durability::lazy)) return Came::ended;
  return Came::delivered;
}

std::unique_ptr<test::MemoryDisk> with_originals() {
  test::MemoryDisk disk;
  const auto spool = *Spool::open(disk, "spool");
  for (const QueueId& id : kOriginals) EXPECT_TRUE(put_message(*spool, id));
  // What they were called while they were written is in no directory's sync.
  auto left = disk.after_crash();
  const auto rested = std::ranges::find_if(left, [](const auto& one) { return one->names("spool/tmp").empty(); });
  return std::move(*rested);
}

/// Of the originals, how many are not in exactly one place once the spool was recovered: in the queue, or in the
/// digest, wherever that is.
std::size_t misplaced(test::MemoryDisk& disk, bool delivered) {
  const auto spool = Spool::open(disk, "spool");
  EXPECT_TRUE(spool);
  const auto recovered = recover(**spool);
  EXPECT_TRUE(recovered);
  EXPECT_TRUE(disk.names("spool/gather").empty());
  const bool in_digest = delivered || (*spool)->read(kGathered).has_value();
  return static_cast<std::size_t>(std::ranges::count_if(
      kOriginals, [&](const QueueId& id) { return (*spool)->read(id).has_value() == in_digest; }));
}

/// Some of them are after a crash at one of the calls.
bool is_misplaced_after_a_crash(const std::function<void(test::MemoryDisk&)>& prepare) {
  for (std::size_t calls = 1;; ++calls) {
    const auto disk = with_originals();
    prepare(*disk);
    auto spool = *Spool::open(*disk, "spool");
    disk->crash_after(calls);
    const Came came = gather(*spool);
    const bool crashed = disk->calls() > calls;
    spool.reset();
    for (const auto& left : disk->after_crash()) {
      if (misplaced(*left, came == Came::delivered) > 0) return true;
    }
    if (!crashed) return false;
  }
}

TEST(Gathering, LeavesTheDigestInPlaceOfTheOriginals) {
  const auto disk = with_originals();
  const auto spool = *Spool::open(*disk, "spool");
  ASSERT_TRUE(spool->announce_gathering(kGathered, kOriginals));
  ASSERT_TRUE(put_message(*spool, kGathered));
  const auto ended = spool->end_gathering(kGathered, kOriginals);
  ASSERT_TRUE(ended);
  EXPECT_FALSE(ended->unsynced);
  EXPECT_EQ(disk->names("spool/queue"), std::vector<std::string>{kGathered.str()});
  EXPECT_TRUE(disk->names("spool/gather").empty());
}

TEST(Gathering, HasEachOriginalInOnePlaceAfterACrashAtAnyMoment) {
  const test::ExpectLog any("");
  EXPECT_FALSE(is_misplaced_after_a_crash([](test::MemoryDisk&) {}));
}

TEST(Gathering, WouldLoseOrDoubleThemWithoutItsSyncs) {
  const test::ExpectLog any("");
  EXPECT_TRUE(is_misplaced_after_a_crash([](test::MemoryDisk& disk) { disk.ignore_fsync(); }));
  EXPECT_TRUE(is_misplaced_after_a_crash([](test::MemoryDisk& disk) { disk.ignore_fdatasync(); }));
}

TEST(Gathering, HasEachOriginalInOnePlaceWhenTheStartAfterACrashCrashesToo) {
  const test::ExpectLog any("");
  std::mt19937 random(20261130);
  const auto choose = [&random](std::size_t count) { return random() % count; };
  for (std::size_t calls = 1;; ++calls) {
    const auto disk = with_originals();
    auto spool = *Spool::open(*disk, "spool");
    disk->crash_after(calls);
    const Came came = gather(*spool);
    const bool crashed = disk->calls() > calls;
    spool.reset();
    for (int sample = 0; sample < 3; ++sample) {
      for (std::size_t later = 1;; ++later) {
        const auto left = disk->one_after_crash(choose);
        auto again = *Spool::open(*left, "spool");
        left->crash_after(later);
        (void)recover(*again);
        const bool crashed_again = left->calls() > later;
        again.reset();
        const auto last = left->one_after_crash(choose);
        ASSERT_EQ(misplaced(*last, came == Came::delivered), 0U) << calls << " and " << later;
        if (!crashed_again) break;
      }
    }
    if (!crashed) break;
  }
}

TEST(Gathering, IsSafeWithoutAPowerFailureToo) {
  // The program ends after any call; what it wrote is there, synced or not, and is synced before anything is removed.
  const test::ExpectLog any("");
  for (std::size_t calls = 1;; ++calls) {
    const auto disk = with_originals();
    auto spool = *Spool::open(*disk, "spool");
    disk->crash_after(calls);
    const Came came = gather(*spool);
    const bool crashed = disk->calls() > calls;
    spool.reset();
    disk->heal();
    ASSERT_EQ(misplaced(*disk, came == Came::delivered), 0U) << calls;
    for (const auto& left : disk->after_crash()) ASSERT_EQ(misplaced(*left, came == Came::delivered), 0U) << calls;
    if (!crashed) break;
  }
}

TEST(Gathering, TellsOfTheOriginalsThatItRemovesAfterACrash) {
  const test::ExpectLog any("");
  const auto disk = with_originals();
  {
    const auto spool = *Spool::open(*disk, "spool");
    ASSERT_TRUE(spool->announce_gathering(kGathered, kOriginals));
    ASSERT_TRUE(put_message(*spool, kGathered));
  }
  {
    const auto spool = *Spool::open(*disk, "spool");
    const auto recovered = recover(*spool);
    ASSERT_TRUE(recovered);
    ASSERT_EQ(recovered->gathered.size(), 1U);
    const Gathering& one = recovered->gathered.front();
    EXPECT_FALSE(one.tried);
    EXPECT_EQ(one.digest.envelope.id, kGathered);
    EXPECT_EQ(one.digest.head, "Subject: hi\n\nbody\n");
    ASSERT_EQ(one.originals.size(), kOriginals.size());
    for (std::size_t i = 0; i < kOriginals.size(); ++i) {
      EXPECT_EQ(one.originals[i].envelope.id, kOriginals[i]);
      EXPECT_EQ(one.originals[i].head, "Subject: hi\n\nbody\n");
    }
    EXPECT_EQ(recovered->queue.size(), 1U);
  }
  const auto spool = *Spool::open(*disk, "spool");
  EXPECT_TRUE(recover(*spool)->gathered.empty()) << "once";
}

TEST(Gathering, ThatFailsAtAnyCallLeavesEachOriginalInOnePlace) {
  for (const int error : {EIO, ENOSPC, EROFS}) {
    for (std::size_t nth = 1;; ++nth) {
      const auto disk = with_originals();
      auto spool = *Spool::open(*disk, "spool");
      disk->fail_at(nth, error);
      const Came came = gather(*spool);
      const bool failed = disk->calls() >= nth;
      disk->heal();
      // What did not end is ended by the same call, or at the next start.
      if (came == Came::stored) (void)spool->end_gathering(kGathered, kOriginals);
      spool.reset();
      ASSERT_EQ(misplaced(*disk, came == Came::delivered), 0U) << nth << " " << error;
      if (!failed) break;
    }
  }
}

TEST(Gathering, OfAFileThatIsNoneOfOursChangesNothing) {
  for (const std::string text : {"", "postern-gather: 1\n", "postern-gather: 1\noriginal: 0123456789abcde0\n",
                                 "postern-gather: 1\noriginal: ../../etc/passwd\nend\n", "postern-gather: 2\nend\n",
                                 "postern-gather: 1\noriginal: 0123456789abcde0end\n", "end\n"}) {
    const auto disk = with_originals();
    {
      const auto spool = *Spool::open(*disk, "spool");
      ASSERT_TRUE(put_message(*spool, kGathered));
    }
    disk->put("spool/gather/" + kGathered.str(), text);
    const auto spool = *Spool::open(*disk, "spool");
    ASSERT_TRUE(recover(*spool));
    EXPECT_EQ(disk->names("spool/queue").size(), 4U) << text;
    EXPECT_TRUE(disk->names("spool/gather").empty()) << text;
  }
}

TEST(Gathering, TellsInTheFileThatAMessageWaitsAndOlderProgramsSkipThat) {
  const auto disk = with_originals();
  const auto spool = *Spool::open(*disk, "spool");
  const QueueId id = kOriginals.front();
  const StormWait wait{id.accepted() + Seconds(600), "0123456789abcdef0123456789abcdef"};
  EXPECT_EQ(spool->read(id)->storm, std::nullopt);
  ASSERT_TRUE(spool->append_storm(id, id.accepted(), wait));
  EXPECT_EQ(spool->read(id)->storm, wait);
  EXPECT_EQ(spool->read_summary(id, Area::queue)->storm, wait);
  EXPECT_TRUE(spool->read(id)->log.empty());
  const std::string once = disk->content("spool/queue/" + id.str());
  ASSERT_TRUE(spool->append_storm(id, id.accepted(), wait));
  EXPECT_EQ(disk->content("spool/queue/" + id.str()), once);
  ASSERT_TRUE(spool->append_storm(id, id.accepted(), std::nullopt));
  EXPECT_EQ(spool->read(id)->storm, std::nullopt);
  EXPECT_FALSE(spool->append_storm(id, id.accepted(), StormWait{id.accepted(), "two words"}));
  EXPECT_FALSE(spool->append_storm(id, id.accepted(), StormWait{id.accepted(), ""}));
}

}  // namespace
}  // namespace postern::spool
