#include "queue/drop_survey.h"

#include "support/run.h"
#include "support/scratch_dir.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <latch>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace postern::queue {
namespace {

// Where no disk hangs: a busy machine may let its thread wait for long.
constexpr Seconds kPatience{60};

Task<void> ask(DropSurvey* survey, std::vector<std::size_t>* answers) {
  const Result<DropState> state = co_await survey->look();
  answers->push_back(state ? state->waiting : 0);
}

class DropSurveyTest : public testing::Test {
 protected:
  /// Anew each time, so that nothing is remembered.
  Result<DropState> look() { return test::run(loop, DropSurvey(pool, dir.path(), kPatience).look()); }
  void put(const std::string& name) const { std::ofstream(dir.path() + "/" + name) << "x"; }

  test::ScratchDir dir;
  boost::asio::io_context loop;
  spool::DiskPool pool{2};
};

TEST_F(DropSurveyTest, CountsWhatLiesInTheDropDirectory) {
  EXPECT_EQ(look().value().waiting, 0U) << "there is no drop directory";
  std::filesystem::create_directory(dir.path() + "/drop");
  EXPECT_EQ(look().value().waiting, 0U);
  EXPECT_FALSE(look().value().oldest);
  for (std::size_t number = 1; number <= 300; ++number) {
    put("drop/" + std::to_string(number));
    if (number % 100 == 0 || number < 3) {
      EXPECT_EQ(look().value().waiting, number);
    }
  }
  put("drop/tmp.1");
  EXPECT_EQ(look().value().waiting, 300U);
  ASSERT_TRUE(look().value().oldest);
  EXPECT_LT(system_clock().wall() - *look().value().oldest, std::chrono::minutes(2));
}

TEST_F(DropSurveyTest, CountsWhatWasRefusedByOwner) {
  std::filesystem::create_directory(dir.path() + "/refused");
  EXPECT_TRUE(look().value().refused.empty());
  put("refused/a");
  put("refused/b");
  const auto state = look().value();
  ASSERT_EQ(state.refused.size(), 1U);
  EXPECT_EQ(state.refused[0].uid, ::getuid());
  EXPECT_EQ(state.refused[0].files, 2U);
  EXPECT_EQ(state.waiting, 0U);
}

TEST_F(DropSurveyTest, ManyWhoAskAtOnceHaveOneAnswerAndHoldOneThread) {
  std::filesystem::create_directory(dir.path() + "/drop");
  put("drop/1");
  std::latch go(1);
  std::atomic<int> held = 0;
  spool::DiskPool two{8};  // background jobs at once; it ends before what its threads wait for
  ASSERT_EQ(spool::DiskPool::most(spool::Priority::background, 8), 2U);
  DropSurvey survey(two, dir.path(), kPatience);
  for (int i = 0; i < 2; ++i) {
    two.post(spool::Priority::background, [&] {
      ++held;
      go.wait();
    });
  }
  while (held < 2) std::this_thread::yield();
  std::vector<std::size_t> answers;
  for (int i = 0; i < 50; ++i) spawn(loop.get_executor(), ask(&survey, &answers), "ask");
  loop.poll();
  put("drop/2");
  go.count_down();
  loop.run();
  EXPECT_EQ(answers, std::vector<std::size_t>(50, 2));
  EXPECT_EQ(test::run(loop, survey.look()).value().waiting, 2U);
}

Task<void> ask_in_vain(DropSurvey* survey, int* late) {
  const Result<DropState> state = co_await survey->look();
  if (!state && state.error().failure == Failure::timeout) ++*late;
}

TEST_F(DropSurveyTest, ADiskThatHangsIsToldAfterASecondAndWhatItSaysAtLastIsKnown) {
  DropSurvey survey(pool, dir.path());
  const auto go = std::make_shared<std::latch>(1);  // the threads of the pool outlive this test
  for (int i = 0; i < 2; ++i) pool.post(spool::Priority::urgent, [go] { go->wait(); });
  int late = 0;
  for (int i = 0; i < 3; ++i) spawn(loop.get_executor(), ask_in_vain(&survey, &late), "ask");
  for (int i = 0; i < 300 && late < 3; ++i) loop.run_for(std::chrono::milliseconds(100));
  go->count_down();
  EXPECT_EQ(late, 3);
  loop.run();
  EXPECT_TRUE(test::run(loop, survey.look()));
}

TEST_F(DropSurveyTest, TellsWhereItCannotLook) {
  put("drop");
  EXPECT_FALSE(look());
}

}  // namespace
}  // namespace postern::queue
