#include "queue/free_space.h"

#include "queue_fixture.h"
#include "support/expected_log.h"

#include <cerrno>
#include <cstdint>

namespace postern::queue {
namespace {

TEST(Room, R05_R06_KeepsAReserveOfBytesAndInodes) {
  EXPECT_TRUE(enough_room({kReservedBytes + 10, kReservedInodes}, 10));
  EXPECT_FALSE(enough_room({kReservedBytes + 9, kReservedInodes}, 10));
  EXPECT_FALSE(enough_room({kReservedBytes - 1, kReservedInodes}, 0));
  EXPECT_FALSE(enough_room({UINT64_MAX, kReservedInodes - 1}, 0));
  EXPECT_FALSE(enough_room({kReservedBytes, kReservedInodes}, UINT64_MAX));
}

class RefusalTest : public QueueTest {
 protected:
  std::optional<Refusal> refusing() { return run(loop, queue->refusing()); }
};

// A host that sends one message a minute has no recent sample of the disk.
TEST_F(RefusalTest, R05_R06_NothingIsWrittenIntoTheReserveHoweverRarelyMailComes) {
  const test::ExpectLog expected("the spool's disk is full");
  const std::string text = "Subject: hi\n\nbody\n";
  for (int i = 0; i < 3; ++i) {
    disk.set_space({kReservedBytes - 1, UINT64_MAX});
    clock.advance(Seconds(600));
    auto intake = queue->begin(envelope({"bob@example.net"}));
    ASSERT_TRUE(run(loop, intake->append(text)));
    const Result<void> refused = run(loop, intake->commit(text.size(), mail::BodyType::seven_bit));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().failure, Failure::no_space);
    clock.advance(Seconds(600));
    ASSERT_TRUE(refusing()) << "the first one who asks is told";
    const WallTime since = refusing()->since;
    clock.advance(Seconds(3600));
    EXPECT_EQ(refusing()->since, since) << "since when it is so, and not since it was asked";
    auto large = queue->begin(envelope({"bob@example.net"}));
    EXPECT_FALSE(run(loop, large->append(std::string(2 * spool::kPiece, 'x'))));
    EXPECT_TRUE(files().empty());
    disk.set_space({UINT64_MAX, UINT64_MAX});
    clock.advance(Seconds(600));
    EXPECT_FALSE(refusing()) << "nor is anybody told of what was";
    accept(envelope({"bob@example.net"}));
  }
}

/// By whoever tries in a loop: each is refused by a look at the disk, and the log is worth one more for all.
TEST_F(RefusalTest, OneSampleIsTakenForAllWhoAreRefusedAtOnce) {
  const test::ExpectLog expected("the spool's disk is full");
  const std::string text = "Subject: hi\n\nbody\n";
  disk.set_space({kReservedBytes - 1, UINT64_MAX});
  clock.advance(Seconds(600));
  constexpr std::size_t kRefusals = 20;
  for (int round = 1; round <= 2; ++round) {
    const std::size_t before = disk.space_asked();
    for (std::size_t i = 0; i < kRefusals; ++i) {
      auto intake = queue->begin(envelope({"bob@example.net"}));
      ASSERT_TRUE(run(loop, intake->append(text)));
      ASSERT_FALSE(run(loop, intake->commit(text.size(), mail::BodyType::seven_bit)));
      settle();
    }
    EXPECT_EQ(disk.space_asked() - before, kRefusals + 1);
    EXPECT_TRUE(test::was_logged("the spool's disk is full"));
    clock.advance(Seconds(6));
  }
}

TEST_F(RefusalTest, P17_WhatTheDiskSaysIsKnownFromTheFirstMessageItDidNotTakeToTheNextItTook) {
  const std::string text = "Subject: hi\n\nbody\n";
  EXPECT_FALSE(refusing());
  const WallTime since = clock.wall();
  for (int i = 0; i < 3; ++i) {
    auto intake = queue->begin(envelope({"bob@example.net"}));
    ASSERT_TRUE(run(loop, intake->append(text)));
    disk.fail_at(1, EROFS);
    EXPECT_FALSE(run(loop, intake->commit(text.size(), mail::BodyType::seven_bit)));
    disk.heal();
    ASSERT_TRUE(refusing());
    EXPECT_EQ(refusing()->since, since);
    EXPECT_NE(refusing()->why.text.find("Read-only"), std::string::npos) << refusing()->why.text;
    clock.advance(Seconds(60));
  }
  accept(envelope({"bob@example.net"}));
  EXPECT_FALSE(refusing());
  settle();  // it looks for room in the background
  auto large = queue->begin(envelope({"bob@example.net"}));
  disk.fail_at(1, EIO);
  EXPECT_FALSE(run(loop, large->append(std::string(2 * spool::kPiece, 'x'))));
  disk.heal();
  EXPECT_TRUE(refusing());
}

}  // namespace
}  // namespace postern::queue
