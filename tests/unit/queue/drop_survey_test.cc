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
#include <string>
#include <thread>
#include <vector>

namespace postern::queue {
namespace {

Task<void> ask(DropSurvey* survey, std::vector<std::size_t>* answers) {
  const Result<DropState> state = co_await survey->look();
  answers->push_back(state ? state->waiting : 0);
}

class DropSurveyTest : public testing::Test {
 protected:
  /// Anew each time, so that nothing is remembered.
  Result<DropState> look() { return test::run(loop, DropSurvey(pool, dir.path()).look()); }
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
  spool::DiskPool two{8};  // background jobs at once
  ASSERT_EQ(spool::DiskPool::most(spool::Priority::background, 8), 2U);
  DropSurvey survey(two, dir.path());
  std::latch go(1);
  std::atomic<int> held = 0;
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

TEST_F(DropSurveyTest, TellsWhereItCannotLook) {
  put("drop");
  EXPECT_FALSE(look());
}

}  // namespace
}  // namespace postern::queue
