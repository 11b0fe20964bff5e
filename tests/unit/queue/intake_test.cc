// A message on its way into the queue, given up.
#include "queue/intake.h"

#include "queue_fixture.h"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace postern::queue {
namespace {

const std::string kLarge(2 * spool::kPiece, 'x');

TEST_F(QueueTest, AnIntakeThatIsGivenUpLeavesNothing) {
  auto intake = queue->begin(envelope({"to@example.com"}));
  ASSERT_TRUE(run(loop, intake->append(kLarge)));
  EXPECT_EQ(disk.names("spool/tmp").size(), 1U);
  intake.reset();
  settle();
  EXPECT_TRUE(disk.names("spool/tmp").empty());
}

/// The address of a session that never ends: its client is silent.
Task<void> half_a_message(Queue* queue, mail::Envelope envelope, bool* begun) {
  const auto intake = queue->begin(std::move(envelope));
  EXPECT_TRUE(co_await intake->append(kLarge));
  *begun = true;
  boost::asio::steady_timer silence(co_await boost::asio::this_coro::executor, SteadyTime::max());
  co_await silence.async_wait(boost::asio::use_awaitable);
}

/// As in main(): the event loop is there before everything else, so the frames of what never ended go last.
TEST(IntakeAtTheEnd, ASessionThatGoesWithTheEventLoopLeavesNothing) {
  test::MemoryDisk disk;
  {
    boost::asio::io_context loop;
    test::FakeClock clock;
    auto spool = *spool::Spool::open(disk, "spool");
    auto pool = std::make_unique<spool::DiskPool>(2);
    auto queue =
        Queue::make(loop.get_executor(), *spool, *pool, clock, Config(), {},
                    [](mail::Message&, const std::string&) -> Task<DeliveryReport> { co_return DeliveryReport(); });
    ASSERT_TRUE(run(loop, queue->start()));
    mail::Envelope envelope;
    envelope.sender = "alice@example.com";
    envelope.recipients.resize(1);
    envelope.recipients[0].address = "to@example.com";
    bool begun = false;
    spawn(loop.get_executor(), half_a_message(queue.get(), std::move(envelope), &begun), "half a message");
    while (!begun) loop.run_one();
    EXPECT_EQ(disk.names("spool/tmp").size(), 1U);
    run(loop, queue->stop());
    queue.reset();
    pool.reset();
    spool.reset();
  }
  EXPECT_TRUE(disk.names("spool/tmp").empty());
  EXPECT_EQ(disk.open_files(), 0U);
}

}  // namespace
}  // namespace postern::queue
