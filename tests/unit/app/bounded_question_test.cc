#include "app/bounded_question.h"

#include "support/expected_log.h"
#include "support/run.h"

#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace postern::app {
namespace {

class BoundedQuestionTest : public testing::Test {
 protected:
  Task<std::string> at_once() {
    ++asked;
    co_return "answer " + std::to_string(asked);
  }
  Task<std::string> when_told() {
    ++asked;
    constexpr auto kToken = boost::asio::as_tuple(boost::asio::use_awaitable);
    static_cast<void>(co_await news.async_wait(kToken));
    co_return "late answer";
  }
  static Task<std::string> a_bug() {
    throw std::runtime_error("a bug");
    co_return std::string();
  }
  std::string answer() { return test::wait(loop, question.answer()).value_or("none"); }
  void poll() {
    loop.restart();
    loop.poll();
  }

  boost::asio::io_context loop;
  boost::asio::steady_timer news{loop, boost::asio::steady_timer::time_point::max()};
  int asked = 0;
  BoundedQuestion<std::string> question{loop.get_executor(), "question", Seconds(0)};
};

TEST_F(BoundedQuestionTest, IsAnsweredAsOftenAsItIsAsked) {
  EXPECT_EQ(answer(), "none") << "nothing was asked yet";
  for (int i = 1; i < 4; ++i) {
    question.ask(at_once());
    poll();
    EXPECT_EQ(answer(), "answer " + std::to_string(i));
    EXPECT_EQ(answer(), "answer " + std::to_string(i)) << "each who asked has it";
  }
}

TEST_F(BoundedQuestionTest, IsNotAskedAgainWhileThereIsNoAnswer) {
  for (int i = 0; i < 5; ++i) {
    question.ask(when_told());
    EXPECT_EQ(answer(), "none");
    EXPECT_EQ(asked, 1);
  }
  news.cancel();
  poll();
  EXPECT_EQ(answer(), "late answer");
  question.ask(at_once());
  poll();
  EXPECT_EQ(answer(), "answer 2");
}

TEST_F(BoundedQuestionTest, ABugIsLoggedAndIsNoAnswer) {
  const test::ExpectLog expected("a bug");
  question.ask(a_bug());
  poll();
  EXPECT_EQ(answer(), "none");
}

TEST_F(BoundedQuestionTest, WaitsForAnAnswerThatTakesAWhile) {
  BoundedQuestion<std::string> patient{loop.get_executor(), "question", std::chrono::hours(1)};
  patient.ask(when_told());
  poll();
  std::string got = "waiting";
  const auto hear = [](BoundedQuestion<std::string>* asked_of, std::string* into) -> Task<void> {
    *into = (co_await asked_of->answer()).value_or("none");
  };
  spawn(loop.get_executor(), hear(&patient, &got), "hear");
  poll();
  EXPECT_EQ(got, "waiting");
  news.cancel();
  poll();
  EXPECT_EQ(got, "late answer");
}

}  // namespace
}  // namespace postern::app
