// The accept sequence on a disk that fails at every call and on one that crashes after every call.
#include "mail/wrap.h"
#include "one_message.h"
#include "spool/draft.h"
#include "spool/recovery.h"
#include "spool/spool.h"
#include "support/expected_log.h"
#include "support/memory_disk.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <set>

namespace postern::spool {
namespace {

const std::string kSmall = "Subject: hi\n\nbody\n";
constexpr std::array kErrors = {EIO, ENOSPC, EDQUOT, EMFILE, EROFS, EACCES, ENOMEM};

mail::Envelope envelope() {
  mail::Envelope made;
  made.id = kId;
  made.accepted = kId.accepted();
  made.source.kind = mail::Source::Kind::local;
  made.source.uid = 1000;
  made.source.pid = 77;
  made.sender = "alice@example.com";
  made.recipients.resize(2);
  made.recipients[0].address = "bob@example.net";
  made.recipients[1].address = "carol@example.org";
  return made;
}

std::string large() {
  std::string text = "Subject: large\n\n";
  while (text.size() < 2 * kPiece) text += "0123456789012345678901234567890123456789012345678901234567890123456789\n";
  return text;
}

/// As submission does it. The text goes in by pieces, spilling as it grows.
Result<void> store(Spool& spool, const std::string& text, QueueId* id = nullptr) {
  Draft draft(spool, envelope());
  for (std::size_t at = 0; at < text.size(); at += 60'000) {
    draft.add(std::string_view(text).substr(at, 60'000));
    if (!draft.full()) continue;
    if (auto done = draft.spill(); !done) return done;
  }
  auto done = draft.commit(text.size() + 100, mail::BodyType::eight_bit);
  if (id != nullptr) *id = draft.envelope().id;
  return done;
}

std::string text_of(Spool& spool, const Stored& stored) {
  if (!stored.large) return stored.small_text;
  std::string text;
  while (text.size() < stored.envelope.size) text += *spool.read_piece(stored, text.size());
  return text;
}

class Accept : public testing::TestWithParam<bool> {
 protected:
  [[nodiscard]] static std::string text() { return GetParam() ? large() : kSmall; }
};

INSTANTIATE_TEST_SUITE_P(SmallAndLarge, Accept, testing::Bool());

TEST_P(Accept, WhatWasStoredReadsBackTheSame) {
  test::MemoryDisk disk;
  auto spool = *Spool::open(disk, "spool");
  ASSERT_TRUE(store(*spool, text()));
  const auto stored = spool->read(kId);
  ASSERT_TRUE(stored) << stored.error().text;
  EXPECT_EQ(text_of(*spool, *stored), text());
  EXPECT_EQ(stored->envelope.recipients.size(), 2U);
  EXPECT_EQ(stored->envelope.wire_size, text().size() + 100);
  EXPECT_EQ(stored->envelope.body, mail::BodyType::eight_bit);
  EXPECT_EQ(stored->envelope.text, mail::TextFacts());
  EXPECT_EQ(stored->envelope.source.uid, 1000U);
  EXPECT_TRUE(disk.names("spool/tmp").empty());
}

TEST_P(Accept, WhatTheTextHoldsStandsInTheEnvelopeHoweverItCameIn) {
  const std::string fits(mail::kMaxLine, 'x');
  const std::vector<std::pair<std::string, mail::TextFacts>> cases = {
      {text() + fits + "\n", {}},
      {"X: \xC3\xBC\n" + text(), {true, false, false}},
      {text() + "\xC3\xBC\n", {false, true, false}},
      {text() + fits + "x\n" + text(), {false, false, true}},
  };
  for (const auto& [given, facts] : cases) {
    test::MemoryDisk disk;
    auto spool = *Spool::open(disk, "spool");
    ASSERT_TRUE(store(*spool, given));
    const auto stored = spool->read(kId);
    ASSERT_TRUE(stored) << stored.error().text;
    EXPECT_EQ(stored->envelope.text, facts);
  }
}

void nothing_stays_after_any_failure(const std::string& text, const std::function<void(test::MemoryDisk&)>& prepare) {
  for (const int error : kErrors) {
    for (std::size_t nth = 1;; ++nth) {
      test::MemoryDisk disk;
      auto spool = *Spool::open(disk, "spool");
      prepare(disk);
      const std::size_t before = disk.open_files();
      disk.fail_at(nth, error);
      const auto done = store(*spool, text);
      if (disk.calls() < nth) {
        ASSERT_TRUE(done);
        break;
      }
      ASSERT_FALSE(done) << "call " << nth << " errno " << error;
      EXPECT_TRUE(disk.names("spool/tmp").empty()) << "call " << nth;
      EXPECT_TRUE(disk.names("spool/queue").empty()) << "call " << nth << " errno " << error;
      EXPECT_EQ(disk.open_files(), before) << "call " << nth;
      EXPECT_FALSE(disk.retried_a_failed_sync()) << "call " << nth;
    }
  }
}

TEST_P(Accept, P10_P13_EveryCallFailingWithEveryErrorIsReportedAndLeavesNothing) {
  nothing_stays_after_any_failure(text(), [](test::MemoryDisk&) {});
}

// After EIO the file has the name in queue/, too, and the next start would deliver what was refused.
TEST_P(Accept, EveryCallFailingLeavesNothingAlsoWhereANewNameIsALinkAndAnUnlink) {
  const test::ExpectLog expected("may have two names");
  nothing_stays_after_any_failure(text(), [](test::MemoryDisk& disk) { disk.rename_by_links(); });
}

TEST_P(Accept, P14_ShortWritesAtEveryCallChangeNothing) {
  for (const std::size_t bytes : {std::size_t{1}, std::size_t{100}}) {
    for (std::size_t nth = 1;; ++nth) {
      test::MemoryDisk disk;
      auto spool = *Spool::open(disk, "spool");
      disk.short_write_at(nth, bytes);
      ASSERT_TRUE(store(*spool, text()));
      if (disk.calls() < nth) break;
      const auto stored = spool->read(kId);
      ASSERT_TRUE(stored);
      EXPECT_EQ(text_of(*spool, *stored), text());
    }
  }
}

/// Crashes after every call, keeps every subset, and counts the acknowledged messages that are not there afterwards.
std::size_t lost_after_crashes(const std::string& text, const std::function<void(test::MemoryDisk&)>& prepare) {
  const test::ExpectLog expected(
      "a message that was refused cannot be removed");  // by a program that outlives its disk
  std::size_t lost = 0;
  for (std::size_t nth = 1;; ++nth) {
    test::MemoryDisk disk;
    auto spool = *Spool::open(disk, "spool");
    prepare(disk);
    disk.crash_after(nth);
    const bool acknowledged = store(*spool, text).has_value();
    const bool everything = disk.calls() <= nth;
    for (const auto& left : disk.after_crash()) {
      auto again = Spool::open(*left, "spool");
      EXPECT_TRUE(again);
      const auto recovered = recover(**again);
      EXPECT_TRUE(recovered);
      EXPECT_TRUE(left->names("spool/tmp").empty());
      EXPECT_LE(recovered->queue.size(), 1U);
      const auto stored = (*again)->read(kId);
      const bool whole = stored && text_of(**again, *stored) == text;
      if (acknowledged && !whole) ++lost;
      // Not acknowledged: absent, whole, or known to be damaged; never something else that looks like a message.
      if (!whole) {
        EXPECT_FALSE(stored);
        EXPECT_TRUE(stored.error().failure == Failure::not_found || stored.error().failure == Failure::corrupt);
      }
    }
    if (everything) return lost;
  }
}

TEST_P(Accept, P03_NoCrashLosesAnAcknowledgedMessage) {
  EXPECT_EQ(lost_after_crashes(text(), [](test::MemoryDisk&) {}), 0U);
}

TEST_P(Accept, P03_NoCrashLosesAnAcknowledgedMessageAlsoWhereANewNameIsALinkAndAnUnlink) {
  const test::ExpectLog expected("may have two names");
  EXPECT_EQ(lost_after_crashes(text(), [](test::MemoryDisk& disk) { disk.rename_by_links(); }), 0U);
}

// The double itself: were a sync forgotten, the loop above would see it.
TEST(AcceptDouble, P05_TheCrashLoopNoticesAMissingDirectorySync) {
  EXPECT_GT(lost_after_crashes(kSmall, [](test::MemoryDisk& disk) { disk.ignore_fsync(); }), 0U);
}

TEST(AcceptDouble, P05_TheCrashLoopNoticesAMissingFileSync) {
  EXPECT_GT(lost_after_crashes(kSmall, [](test::MemoryDisk& disk) { disk.ignore_fdatasync(); }), 0U);
}

TEST_P(Accept, AnAbandonedDraftLeavesNothing) {
  test::MemoryDisk disk;
  auto spool = *Spool::open(disk, "spool");
  const std::size_t before = disk.open_files();
  {
    Draft draft(*spool, envelope());
    draft.add(text());
    if (draft.full()) {
      ASSERT_TRUE(draft.spill());
    }
  }
  EXPECT_TRUE(disk.names("spool/tmp").empty());
  EXPECT_TRUE(disk.names("spool/queue").empty());
  EXPECT_EQ(disk.open_files(), before);
}

TEST(AcceptNames, P44_ATakenNameInTmpOrQueueMakesANewId) {
  for (const std::string area : {"tmp", "queue"}) {
    test::MemoryDisk disk;
    auto spool = *Spool::open(disk, "spool");
    disk.put("spool/" + area + "/" + kId.str(), "somebody else's");
    QueueId id;
    ASSERT_TRUE(store(*spool, kSmall, &id));
    EXPECT_NE(id, kId);
    EXPECT_EQ(id.accepted(), kId.accepted());
    EXPECT_TRUE(spool->read(id));
    EXPECT_EQ(disk.content("spool/" + area + "/" + kId.str()), "somebody else's");
  }
}

/// Somebody else's file comes to the name in queue/ together with an error that says nothing of it.
class SharedDisk final : public test::MemoryDisk {
 public:
  Result<void> rename(int, const std::string& name, int, const std::string&) override {
    put("spool/queue/" + name, "somebody else's");
    return system_error(EIO, "rename");
  }
};

TEST(AcceptNames, AFailedRenameNeverCostsAnotherFileItsName) {
  SharedDisk disk;
  auto spool = *Spool::open(disk, "spool");
  EXPECT_FALSE(store(*spool, kSmall));
  EXPECT_TRUE(disk.names("spool/tmp").empty());
  EXPECT_EQ(disk.content("spool/queue/" + kId.str()), "somebody else's");
}

TEST(AcceptNames, P44_ATakenNameNeverLosesALargeMessageSilently) {
  test::MemoryDisk disk;
  auto spool = *Spool::open(disk, "spool");
  disk.put("spool/queue/" + kId.str(), "somebody else's");
  EXPECT_FALSE(store(*spool, large()));
  EXPECT_TRUE(disk.names("spool/tmp").empty());
  EXPECT_EQ(disk.content("spool/queue/" + kId.str()), "somebody else's");
}

TEST(AcceptSequence, ASmallMessageCostsOneWriteAndTwoSyncs) {
  test::MemoryDisk disk;
  auto spool = *Spool::open(disk, "spool");
  const std::size_t syncs = disk.calls_of("fsync");
  disk.heal();
  ASSERT_TRUE(store(*spool, kSmall));
  EXPECT_EQ(disk.calls(), 6U);  // open write rename fdatasync close fsync
  EXPECT_EQ(disk.calls_of("write"), 1U);
  EXPECT_EQ(disk.calls_of("fdatasync"), 1U);
  EXPECT_EQ(disk.calls_of("fsync") - syncs, 1U);
}

}  // namespace
}  // namespace postern::spool
