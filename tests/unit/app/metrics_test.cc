// What scrapers get while the disk does not answer.
#include "app/metrics.h"

#include "support/fake_queue.h"
#include "support/run.h"
#include "support/scratch_dir.h"

#include <boost/asio/io_context.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>

namespace postern::app {
namespace {

using testing::HasSubstr;
using testing::Not;

class MetricsOfADisk : public testing::Test {
 protected:
  MetricsOfADisk() {
    auto opened = spool::Spool::open(spool::posix_disk(), directory / "spool");
    spool = std::move(*opened);
    metrics.show(queue, *spool);
  }
  std::string shown() {
    const Result<std::string> page = test::wait(loop, metrics.page("prometheus"));
    return page ? *page : page.error().text;
  }

  test::ScratchDir directory;
  test::FakeQueue queue;
  std::unique_ptr<spool::Spool> spool;
  boost::asio::io_context loop;
  spool::DiskPool pool{8};
  Metrics metrics{loop.get_executor(), pool, WallTime{}, std::chrono::milliseconds(20)};
};

TEST_F(MetricsOfADisk, SayHowMuchSpaceItHas) {
  // The first pages may be asked for before the disk has answered.
  while (shown().find("\npostern_spool_free_bytes ") == std::string::npos) {
  }
}

TEST_F(MetricsOfADisk, AreThereWithoutItsSpaceWhereItHangs) {
  queue.counted.waiting = 3;
  std::promise<void> released;
  const std::shared_future<void> until = released.get_future().share();
  for (std::size_t i = 0; i < spool::DiskPool::most(spool::Priority::background, 8); ++i) {
    pool.post(spool::Priority::background, [until] { until.wait(); });
  }
  for (int i = 0; i < 3; ++i) {
    const std::string text = shown();
    EXPECT_THAT(text, HasSubstr("postern_queue_messages{state=\"waiting\"} 3\n"));
    EXPECT_THAT(text, Not(HasSubstr("postern_spool_free_bytes")));
  }
  released.set_value();
  while (shown().find("postern_spool_free_bytes ") == std::string::npos) {
  }
}

TEST_F(MetricsOfADisk, AreOfTwoFormats) {
  const Result<std::string> page = test::wait(loop, metrics.page("xml"));
  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().failure, Failure::invalid);
}

}  // namespace
}  // namespace postern::app
