#include "base/together.h"

#include "support/run.h"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <gtest/gtest.h>

namespace postern {
namespace {

struct Count {
  int running = 0;
  int most = 0;
  int ended = 0;
};

Task<void> step(Count* count, int turns) {
  count->most = std::max(count->most, ++count->running);
  const auto executor = co_await boost::asio::this_coro::executor;
  for (int i = 0; i < turns; ++i) co_await boost::asio::post(executor, boost::asio::use_awaitable);
  --count->running;
  ++count->ended;
}

TEST(Together, RunsAllAtOnceAndWaitsForTheLast) {
  for (int tasks = 0; tasks <= 20; ++tasks) {
    Count count;
    std::vector<Task<void>> all;
    for (int i = 0; i < tasks; ++i) all.push_back(step(&count, i % 7));
    test::run(together(std::move(all), "test"));
    EXPECT_EQ(count.ended, tasks);
    EXPECT_EQ(count.running, 0);
    EXPECT_TRUE(tasks < 7 || count.most > 1);
  }
}

}  // namespace
}  // namespace postern
