// Which job the pool takes, and what becomes of those that come after its end. Jobs wait for each other, never for
// time.
#include "spool/disk_pool.h"

#include "support/run.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <future>
#include <latch>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace postern::spool {
namespace {

constexpr std::size_t kThreads = 8;

/// Jobs that begin and then stay until they may go.
class Blocked {
 public:
  Blocked(DiskPool& pool, Priority priority, std::size_t count) : begun_(static_cast<std::ptrdiff_t>(count)) {
    for (std::size_t i = 0; i < count; ++i) {
      pool.post(priority, [this, gate = gate_] {
        begun_.count_down();
        gate.wait();
      });
    }
  }
  ~Blocked() { let_go(); }
  Blocked(const Blocked&) = delete;
  Blocked& operator=(const Blocked&) = delete;

  void have_begun() { begun_.wait(); }
  void let_go() {
    if (!std::exchange(open_, true)) opener_.set_value();
  }

 private:
  std::promise<void> opener_;
  std::shared_future<void> gate_ = opener_.get_future().share();
  std::latch begun_;
  bool open_ = false;
};

/// Ends when the pool has run it.
void run_one(DiskPool& pool, Priority priority) {
  std::promise<void> ran;
  pool.post(priority, [&ran] { ran.set_value(); });
  ran.get_future().wait();
}

TEST(DiskPool, RunsACommitHoweverManyListingsAreAskedFor) {
  DiskPool pool(kThreads);
  const std::size_t most = DiskPool::most(Priority::background, kThreads);
  Blocked running(pool, Priority::background, most);
  running.have_begun();
  std::atomic<std::size_t> listed = 0;
  for (int i = 0; i < 10'000; ++i) pool.post(Priority::background, [&listed] { ++listed; });
  run_one(pool, Priority::urgent);
  run_one(pool, Priority::normal);
  EXPECT_EQ(listed, 0U) << "no thread is left to what may wait";
  running.let_go();
  while (listed < 10'000) std::this_thread::yield();
}

TEST(DiskPool, RunsACommitWhileDeliveriesHoldAllThatTheyMay) {
  DiskPool pool(kThreads);
  Blocked running(pool, Priority::normal, DiskPool::most(Priority::normal, kThreads));
  running.have_begun();
  std::atomic<std::size_t> others = 0;
  for (int i = 0; i < 100; ++i) pool.post(Priority::normal, [&others] { ++others; });
  for (int i = 0; i < 100; ++i) pool.post(Priority::background, [&others] { ++others; });
  for (int i = 0; i < 100; ++i) run_one(pool, Priority::urgent);
  EXPECT_EQ(others, 0U);
  running.let_go();
  while (others < 200) std::this_thread::yield();
}

TEST(DiskPool, GivesCommitsEveryThread) {
  DiskPool pool(kThreads);
  Blocked commits(pool, Priority::urgent, kThreads);
  commits.have_begun();
}

TEST(DiskPool, LeavesAThreadToEachInAnyNumberOfThreads) {
  for (std::size_t threads = 1; threads <= 64; ++threads) {
    EXPECT_EQ(DiskPool::most(Priority::urgent, threads), threads);
    EXPECT_GE(DiskPool::most(Priority::background, threads), 1U);
    EXPECT_GE(DiskPool::most(Priority::normal, threads), DiskPool::most(Priority::background, threads));
    if (threads > 1) {
      EXPECT_LT(DiskPool::most(Priority::normal, threads), threads);
    }
  }
}

/// The names of jobs in the order in which one thread ran them.
class Order {
 public:
  void post(DiskPool& pool, Priority priority, const std::string& name) {
    pool.post(priority, [this, name] {
      const std::scoped_lock lock(mutex_);
      names_.push_back(name);
    });
  }
  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }  ///< once the pool has ended

 private:
  std::mutex mutex_;
  std::vector<std::string> names_;
};

TEST(DiskPool, TakesTheMostUrgentFirstAndThoseOfOneKindAsTheyCame) {
  Order order;
  {
    DiskPool pool(1);
    Blocked first(pool, Priority::background, 1);
    first.have_begun();
    for (const std::string number : {"1", "2"}) {
      order.post(pool, Priority::background, "background " + number);
      order.post(pool, Priority::normal, "normal " + number);
      order.post(pool, Priority::urgent, "urgent " + number);
    }
    first.let_go();
  }
  const std::vector<std::string> expected = {"urgent 1", "urgent 2",     "normal 1",
                                             "normal 2", "background 1", "background 2"};
  EXPECT_EQ(order.names(), expected);
}

TEST(DiskPool, LetsNoJobWaitForEver) {
  Order order;
  {
    DiskPool pool(1);
    Blocked first(pool, Priority::urgent, 1);
    first.have_begun();
    order.post(pool, Priority::normal, "normal");
    order.post(pool, Priority::background, "background");
    for (int i = 0; i < 1000; ++i) order.post(pool, Priority::urgent, "urgent");
    first.let_go();
  }
  const auto place = [&](const std::string& name) {
    return static_cast<std::size_t>(std::ranges::find(order.names(), name) - order.names().begin());
  };
  EXPECT_EQ(place("normal"), DiskPool::kPatience);
  EXPECT_EQ(place("background"), DiskPool::kPatience + 1);
  EXPECT_EQ(order.names().size(), 1002U);
}

TEST(DiskPool, EndsAfterAllJobsOfEveryKind) {
  for (const std::size_t threads : {1U, 2U, 3U, 8U}) {
    std::atomic<std::size_t> ran = 0;
    {
      DiskPool pool(threads);
      for (int i = 0; i < 3000; ++i) pool.post(static_cast<Priority>(i % 3), [&ran] { ++ran; });
    }
    EXPECT_EQ(ran, 3000U) << threads;
  }
}

TEST(DiskPool, AJobAfterTheEndIsDestroyedUnrunWhereItWasPosted) {
  std::optional<DiskPool> pool(2);
  const DiskPool::Poster poster = pool->poster();
  std::promise<void> ran;
  poster.post(Priority::normal, [&ran] { ran.set_value(); });
  ran.get_future().wait();
  pool.reset();
  const auto held = std::make_shared<int>(7);
  bool run = false;
  poster.post(Priority::urgent, [held, &run] { run = true; });
  EXPECT_FALSE(run);
  EXPECT_EQ(held.use_count(), 1);
}

Task<int> on_the_pool(DiskPool* pool) {
  const auto loop_thread = std::this_thread::get_id();
  auto job = [] { return std::this_thread::get_id(); };
  const auto pool_thread = co_await pool->run(Priority::normal, std::move(job));
  EXPECT_NE(pool_thread, loop_thread);
  EXPECT_EQ(std::this_thread::get_id(), loop_thread);
  co_return 7;
}

TEST(DiskPool, RunsTheJobElsewhereAndResumesHere) {
  DiskPool pool(2);
  EXPECT_EQ(test::run(on_the_pool(&pool)), 7);
}

}  // namespace
}  // namespace postern::spool
