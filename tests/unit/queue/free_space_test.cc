#include "queue/free_space.h"

#include "queue_fixture.h"

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

using RefusalTest = QueueTest;

TEST_F(RefusalTest, P17_WhatTheDiskSaysIsKnownFromTheFirstMessageItDidNotTakeToTheNextItTook) {
  const std::string text = "Subject: hi\n\nbody\n";
  EXPECT_FALSE(queue->refusing());
  const WallTime since = clock.wall();
  for (int i = 0; i < 3; ++i) {
    auto intake = queue->begin(envelope({"bob@example.net"}));
    ASSERT_TRUE(run(loop, intake->append(text)));
    disk.fail_at(1, EROFS);
    EXPECT_FALSE(run(loop, intake->commit(text.size(), mail::BodyType::seven_bit)));
    disk.heal();
    ASSERT_TRUE(queue->refusing());
    EXPECT_EQ(queue->refusing()->since, since);
    EXPECT_NE(queue->refusing()->why.text.find("Read-only"), std::string::npos) << queue->refusing()->why.text;
    clock.advance(Seconds(60));
  }
  accept(envelope({"bob@example.net"}));
  EXPECT_FALSE(queue->refusing());
  settle();  // it looks for room in the background
  auto large = queue->begin(envelope({"bob@example.net"}));
  disk.fail_at(1, EIO);
  EXPECT_FALSE(run(loop, large->append(std::string(2 * spool::kPiece, 'x'))));
  disk.heal();
  EXPECT_TRUE(queue->refusing());
}

}  // namespace
}  // namespace postern::queue
