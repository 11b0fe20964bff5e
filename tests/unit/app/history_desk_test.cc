#include "app/history_desk.h"

#include "app/one_thread.h"
#include "app/threads.h"
#include "spool/disk_pool.h"
#include "support/run.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <future>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace postern::app {
namespace {

using HistoryFound = history::Search::Found;

/// A disk that does not answer until it is let go.
class Hung {
 public:
  ~Hung() { let_go(); }
  void wait() { done_.wait(); }
  void let_go() {
    if (!std::exchange(gone_, true)) go_.set_value();
  }

 private:
  std::promise<void> go_;
  std::shared_future<void> done_{go_.get_future()};
  bool gone_ = false;
};

TEST(OneThread, RunsJobsInTheirOrderOneAtATimeAndTakesOneThread) {
  std::vector<int> done;
  std::vector<std::function<void()>> posted;
  const OneThread thread([&](std::function<void()> job) { posted.push_back(std::move(job)); });
  for (int i = 0; i < 3; ++i) thread.post([&, i] { done.push_back(i); });
  EXPECT_EQ(posted.size(), 1U);
  EXPECT_EQ(thread.waiting(), 3U);
  for (std::size_t i = 0; i < posted.size(); ++i) {
    const auto job = posted[i];
    job();
  }
  EXPECT_EQ(done, (std::vector<int>{0, 1, 2}));
  EXPECT_EQ(posted.size(), 3U);
  thread.post([&] { done.push_back(3); });
  posted.back()();
  EXPECT_EQ(done.back(), 3);
}

TEST(OneThread, RunsWhatIsNobodysFirstAndThatOfPartiesByTurns) {
  std::string done;
  std::vector<std::function<void()>> posted;
  const OneThread thread([&](std::function<void()> job) { posted.push_back(std::move(job)); });
  const auto post = [&](char name, std::optional<std::uint32_t> party) {
    thread.post([&done, name] { done += name; }, party);
  };
  for (int i = 0; i < 4; ++i) post('a', 1000);
  for (int i = 0; i < 2; ++i) post('b', 1001);
  post('c', 1002);
  post('R', std::nullopt);
  EXPECT_EQ(thread.waiting(1000), 4U);
  EXPECT_EQ(thread.waiting(1001), 2U);
  EXPECT_EQ(thread.waiting(1003), 0U);
  EXPECT_EQ(thread.waiting(), 1U);
  for (std::size_t i = 0; i < posted.size(); ++i) {
    if (i == 3) post('R', std::nullopt);
    const auto job = posted[i];
    job();
  }
  EXPECT_EQ(done, "RabRcabaa");
  EXPECT_EQ(thread.ended(), 9U);
  EXPECT_EQ(thread.waiting(1000), 0U);
}

TEST(HistoryDesk, ManySearchesOfOneUserHoldUpThatUserAloneAndAreNotTakenForADiskThatHangs) {
  boost::asio::io_context loop;
  std::vector<std::function<void()>> posted;
  const OneThread thread([&](std::function<void()> job) { posted.push_back(std::move(job)); });
  const auto run_one = [&] {
    const auto job = posted.at(0);
    posted.erase(posted.begin());
    job();
  };
  const auto step = []() -> Result<HistoryFound> { return HistoryFound(); };
  std::vector<std::string> ended;
  const auto search = [&](const std::string& name, std::optional<std::uint32_t> party) {
    auto one = [](history::Steps steps, std::function<Result<HistoryFound>()> what, std::string who,
                  std::vector<std::string>* into) -> Task<void> {
      const Result<HistoryFound> found = co_await steps(std::move(what));
      into->push_back(who + (found ? "" : ": " + found.error().text));
    };
    boost::asio::co_spawn(loop,
                          one(steps_on(loop.get_executor(), thread, party, Milliseconds(5000)), step, name, &ended),
                          boost::asio::detached);
    loop.poll();
  };
  for (std::size_t i = 0; i <= kMostOfUser; ++i) search("alice", 1000);
  ASSERT_EQ(ended.size(), 1U) << "one is too many";
  EXPECT_NE(ended[0].find("too many searches of the history by one user"), std::string::npos) << ended[0];
  ended.clear();
  search("bob", 1001);
  search("root", std::nullopt);
  for (int i = 0; i < 3; ++i) run_one();
  loop.poll();
  EXPECT_EQ(ended, (std::vector<std::string>{"root", "alice", "bob"}));
  for (int i = 0; i < 3; ++i) run_one();
  ended.clear();
  loop.run();
  ASSERT_EQ(ended.size(), kMostOfUser - 1);
  EXPECT_EQ(ended[0], "alice");
  for (std::size_t i = 3; i < ended.size(); ++i) {
    EXPECT_NE(ended[i].find("busy with other searches"), std::string::npos) << ended[i];
  }
}

TEST(HistoryDesk, ADiskOfTheHistoryThatHangsLeavesAThreadToOthersAndIsToldToWhoeverAsks) {
  boost::asio::io_context loop;
  Hung disk;
  spool::DiskPool pool;
  const OneThread thread(in_background(pool));
  thread.post([&] { disk.wait(); });
  const history::Steps steps = steps_on(loop.get_executor(), thread, std::nullopt, Milliseconds(20));
  bool searched = false;
  for (int i = 0; i < 5; ++i) {
    const Result<HistoryFound> found = test::wait(loop, steps([&]() -> Result<HistoryFound> {
                                                    searched = true;
                                                    return HistoryFound();
                                                  }));
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().failure, Failure::io);
    EXPECT_NE(found.error().text.find("has not answered"), std::string::npos) << found.error().text;
  }
  std::promise<void> other;
  pool.post(spool::Priority::background, [&] { other.set_value(); });
  EXPECT_EQ(other.get_future().wait_for(Seconds(10)), std::future_status::ready) << "what else is in the background";
  disk.let_go();
  const history::Steps patient = steps_on(loop.get_executor(), thread);
  const Result<HistoryFound> found = test::wait(loop, patient([]() -> Result<HistoryFound> {
                                                  HistoryFound one;
                                                  one.ended = true;
                                                  return one;
                                                }));
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->ended);
  EXPECT_FALSE(searched) << "nobody waited for these";
}

TEST(HistoryDesk, WhileTheSettingsFileIsWrongNothingGoesByItAndNoSubjectIsKept) {
  history::HistoryOptions salvaged;
  salvaged.days = 3;
  const history::HistoryOptions held = cautious(salvaged);
  EXPECT_TRUE(held.keep_all);
  EXPECT_FALSE(held.subjects);
  EXPECT_EQ(held.size, salvaged.size);
}

}  // namespace
}  // namespace postern::app
