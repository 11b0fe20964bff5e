#include "queue/open_work.h"
#include "queue_fixture.h"
#include "support/expected_log.h"

namespace postern::queue {
namespace {

Task<void> nothing() { co_return; }

Task<void> throws() {
  throw std::runtime_error("a bug");
  co_return;
}

TEST(OpenWork, EndsWhenAllThatWasBegunHasEnded) {
  boost::asio::io_context loop;
  OpenWork work(loop.get_executor(), [] {});
  work.begin();
  work.begin();
  bool ended = false;
  boost::asio::co_spawn(loop, work.all_ended(), [&](const std::exception_ptr&) { ended = true; });
  for (int left = 2; left > 0; --left) {
    loop.restart();
    loop.poll();
    EXPECT_FALSE(ended);
    work.end();
  }
  loop.restart();
  loop.poll();
  EXPECT_TRUE(ended);
}

TEST(OpenWork, ATaskIsOpenUntilItHasEndedAndThenItsEndIsTold) {
  boost::asio::io_context loop;
  int told = 0;
  OpenWork work(loop.get_executor(), [&told] { ++told; });
  work.spawn(nothing(), "nothing");
  EXPECT_EQ(work.count(), 1U);
  loop.poll();
  EXPECT_EQ(work.count(), 0U);
  EXPECT_EQ(told, 1);
}

TEST(OpenWork, ATaskThatThrowsHasEndedAsWell) {
  const test::ExpectLog bug_told("internal error");
  boost::asio::io_context loop;
  int told = 0;
  OpenWork work(loop.get_executor(), [&told] { ++told; });
  work.spawn(throws(), "throws");
  loop.poll();
  EXPECT_EQ(work.count(), 0U);
  EXPECT_EQ(told, 1);
}

}  // namespace
}  // namespace postern::queue
