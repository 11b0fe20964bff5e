// The smarthost that a message was rerouted to, in its file.
#include "base/clock.h"
#include "spool/draft.h"
#include "spool/spool.h"
#include "support/memory_disk.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace postern::spool {
namespace {

const QueueId kStored = *QueueId::parse("0123456789abcdef");
const WallTime kTime = kStored.accepted();

class RouteTest : public testing::Test {
 protected:
  RouteTest() {
    mail::Envelope envelope;
    envelope.id = kStored;
    envelope.accepted = kTime;
    envelope.sender = "alice@example.com";
    envelope.recipients.resize(1);
    envelope.recipients[0].address = "bob@example.net";
    Draft draft(*spool, envelope);
    draft.add("Subject: hi\n\nbody\n");
    EXPECT_TRUE(draft.commit(20, mail::BodyType::seven_bit));
  }
  std::string route() {
    const std::string whole = spool->read(kStored)->rerouted_to;
    EXPECT_EQ(spool->read_summary(kStored, Area::queue)->rerouted_to, whole);
    return whole;
  }

  test::MemoryDisk disk;
  std::unique_ptr<Spool> spool = *Spool::open(disk, "spool");
  std::string path = "spool/queue/" + kStored.str();
};

TEST_F(RouteTest, TheLastOneCountsAndAnEmptyOneIsNone) {
  EXPECT_EQ(route(), "");
  for (const std::string name : {"backup", "a name with blanks", "", "main"}) {
    ASSERT_TRUE(spool->append_route(kStored, Area::queue, kTime, name));
    EXPECT_EQ(route(), name);
  }
  EXPECT_FALSE(spool->append_route(kStored, Area::queue, kTime, "two\nlines"));
  EXPECT_EQ(route(), "main");
}

TEST_F(RouteTest, IsNotWrittenAgainWhenItStandsThere) {
  ASSERT_TRUE(spool->append_route(kStored, Area::queue, kTime, "backup"));
  const std::string once = disk.content(path);
  ASSERT_TRUE(spool->append_route(kStored, Area::queue, kTime, "backup"));
  EXPECT_EQ(disk.content(path), once);
}

TEST_F(RouteTest, StandsBesideTheVerdictsAndOlderProgramsSkipIt) {
  const LogLine verdict{kTime, "bob@example.net", {mail::Verdict::deferred, 451, "4.3.0", "later"}};
  auto stored = *spool->read(kStored);
  ASSERT_TRUE(spool->append_log(kStored, stored, {verdict}, Durability::synced));
  ASSERT_TRUE(spool->append_route(kStored, Area::queue, kTime, "backup"));
  stored = *spool->read(kStored);
  ASSERT_TRUE(spool->append_log(kStored, stored, {verdict}, Durability::synced));
  EXPECT_EQ(spool->read(kStored)->log.size(), 2U);
  EXPECT_EQ(route(), "backup");
  // "<" after the time is what an older program takes for a verdict; anything else it passes over.
  EXPECT_NE(disk.content(path).find("log: " + to_rfc3339(kTime) + " route backup\n"), std::string::npos);
}

TEST_F(RouteTest, CutAnywhereTheFileReadsAsBeforeOrAfter) {
  const std::string before = disk.content(path);
  ASSERT_TRUE(spool->append_route(kStored, Area::queue, kTime, "backup"));
  const std::string after = disk.content(path);
  for (std::size_t length = before.size(); length <= after.size(); ++length) {
    disk.put(path, after.substr(0, length));
    EXPECT_EQ(route(), length == after.size() ? "backup" : "") << length;
    ASSERT_TRUE(spool->append_route(kStored, Area::queue, kTime, "other"));
    EXPECT_EQ(route(), "other") << length;
  }
}

TEST_F(RouteTest, EveryFailingCallLeavesAReadableFile) {
  const std::string before = disk.content(path);
  for (std::size_t nth = 1;; ++nth) {
    disk.put(path, before);
    const std::size_t open = disk.open_files();
    const std::size_t calls = disk.calls();
    disk.fail_at(nth, EIO);
    const bool done = spool->append_route(kStored, Area::queue, kTime, "backup").has_value();
    const bool reached = disk.calls() - calls >= nth || !done;
    disk.heal();
    EXPECT_EQ(disk.open_files(), open);
    EXPECT_TRUE(spool->read(kStored)) << nth;
    if (!reached) break;
    ASSERT_LT(nth, 50U);
  }
}

TEST_F(RouteTest, ADamagedOrNewerFileIsLeftAsItIs) {
  for (const std::string text : {"postern-spool: 2\nelse\n\n", "nonsense", ""}) {
    disk.put(path, text);
    EXPECT_FALSE(spool->append_route(kStored, Area::queue, kTime, "backup"));
    EXPECT_EQ(disk.content(path), text);
  }
}

}  // namespace
}  // namespace postern::spool
