#include "submission/users.h"

#include "support/run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <atomic>
#include <future>
#include <string>
#include <thread>

namespace postern::submission {
namespace {

using testing::Contains;

Task<Result<User>> ask(Users* users, std::uint32_t uid) { co_return co_await users->find(uid); }

Task<Result<bool>> ask_twice(Users* users, std::uint32_t uid) {
  const Result<User> first = co_await users->find(uid);
  const Result<User> second = co_await users->find(uid);
  co_return first&& second && first->name == second->name;
}

TEST(Users, TheSystemKnowsRootAndItsGroup) {
  const Result<User> root = user_of_the_system(0);
  ASSERT_TRUE(root);
  EXPECT_TRUE(root->root);
  EXPECT_EQ(root->name, "root");
  EXPECT_THAT(root->groups, Contains("root"));
}

TEST(Users, AUidThatNobodyHasIsAUserWithoutAName) {
  const Result<User> nobody = user_of_the_system(3'999'999'999U);
  ASSERT_TRUE(nobody);
  EXPECT_EQ(nobody->name, "");
  EXPECT_FALSE(nobody->root);
}

TEST(Users, TheSystemIsAskedOnceAMinute) {
  std::atomic<int> asked = 0;
  boost::asio::io_context loop;
  Users users(loop.get_executor(), [&asked](std::uint32_t uid) -> Result<User> {
    ++asked;
    return User{false, "u" + std::to_string(uid), {}};
  });
  EXPECT_TRUE(*test::run(loop, ask_twice(&users, 7)));
  EXPECT_EQ(asked, 1);
  loop.restart();
  EXPECT_EQ(test::run(loop, ask(&users, 8))->name, "u8");
  EXPECT_EQ(asked, 2);
}

TEST(Users, AnErrorIsNotKept) {
  std::atomic<int> asked = 0;
  boost::asio::io_context loop;
  Users users(loop.get_executor(), [&asked](std::uint32_t) -> Result<User> {
    if (++asked == 1) return Error{Failure::io, "the service is away"};
    return User{false, "alice", {}};
  });
  EXPECT_EQ(test::run(loop, ask(&users, 7)).error().text, "the service is away");
  loop.restart();
  EXPECT_EQ(test::run(loop, ask(&users, 7))->name, "alice");
}

TEST(Users, WhoWasKnownIsKnownOnWhileTheServiceIsAway) {
  std::atomic<bool> away = false;
  std::promise<void> end;
  const std::shared_future<void> ended = end.get_future().share();
  boost::asio::io_context loop;
  Users users(
      loop.get_executor(),
      [&](std::uint32_t uid) -> Result<User> {
        if (away) ended.wait();
        return User{false, "u" + std::to_string(uid), {}};
      },
      Milliseconds(500));
  // A thread may need longer than that: the question stays open, and whoever asks again joins it.
  Result<User> known = test::wait(loop, ask(&users, 7));
  while (!known) known = test::wait(loop, ask(&users, 7));
  EXPECT_EQ(known->name, "u7");
  away = true;
  const Result<User> unknown = test::wait(loop, ask(&users, 8));
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().failure, Failure::timeout);
  EXPECT_EQ(unknown.error().text, "the name service does not say who uid 8 is");
  EXPECT_FALSE(test::wait(loop, ask(&users, 8))) << "asked again while the first question is open";
  EXPECT_EQ(test::wait(loop, ask(&users, 7))->name, "u7");
  end.set_value();
}

TEST(Users, AQuestionThatIsOpenAtTheEndIsWaitedForAndForgotten) {
  boost::asio::io_context loop;
  std::atomic<bool> begun = false;
  std::atomic<bool> asked = false;
  std::promise<void> end;
  const std::shared_future<void> ended = end.get_future().share();
  {
    Users users(
        loop.get_executor(),
        [&](std::uint32_t) -> Result<User> {
          begun = true;
          ended.wait();
          std::this_thread::sleep_for(Milliseconds(50));
          asked = true;
          return User{};
        },
        Milliseconds(1));
    EXPECT_FALSE(test::wait(loop, ask(&users, 7)));
    while (!begun) std::this_thread::yield();
    end.set_value();
  }
  EXPECT_TRUE(asked);
  loop.restart();
  loop.run();
}

TEST(Users, TheLoopGoesOnWhileTheNameServiceHangs) {
  std::promise<void> answer;
  boost::asio::io_context loop;
  const std::thread::id here = std::this_thread::get_id();
  Users users(loop.get_executor(), [&](std::uint32_t) -> Result<User> {
    EXPECT_NE(std::this_thread::get_id(), here);
    answer.get_future().wait();
    return User{false, "alice", {}};
  });
  // What is due on the loop meanwhile is what lets the service answer.
  boost::asio::post(loop, [&] { boost::asio::post(loop, [&] { answer.set_value(); }); });
  EXPECT_EQ(test::run(loop, ask(&users, 7))->name, "alice");
}

}  // namespace
}  // namespace postern::submission
