// Who wins, and that nobody who was started is left behind, over all short lists of what addresses may do.
#include "net/race.h"

#include "support/run.h"
#include "support/scripted_stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <optional>
#include <string>
#include <vector>

namespace postern::net {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

constexpr auto kTuple = boost::asio::as_tuple(boost::asio::use_awaitable);

enum class Does { serve, fail, fail_later, hang, shake_hands };

struct Course {
  explicit Course(const std::vector<Does>& wanted) : does(wanted) {}
  std::vector<Does> does;
  std::vector<std::size_t> started;
  std::size_t alive = 0;
  Milliseconds handshake{0};
  boost::asio::io_context loop;  // the last one: with it runners may go
};

class TestRunner final : public Runner {
 public:
  TestRunner(Course& course, std::size_t index)
      : course_(course), index_(index), timer_(course.loop, std::chrono::hours(1)) {
    course_.started.push_back(index);
    ++course_.alive;
  }
  ~TestRunner() override { --course_.alive; }

  Task<Result<Reached>> run(std::function<void()> connected) override {
    if (cancelled_) co_return Error{Failure::cancelled, "cancelled"};
    const Does does = course_.does[index_];
    if (does == Does::fail) co_return refused();
    if (does == Does::shake_hands) connected();
    if (does == Does::shake_hands) timer_.expires_after(course_.handshake);
    if (does == Does::hang || does == Does::shake_hands) static_cast<void>(co_await timer_.async_wait(kTuple));
    // A few turns of the loop, in which others come first.
    for (int i = 0; i < 5; ++i) static_cast<void>(co_await boost::asio::post(course_.loop, kTuple));
    if (cancelled_) co_return Error{Failure::cancelled, "cancelled"};
    if (does == Does::fail_later) co_return refused();
    Reached reached;
    reached.stream = std::make_unique<test::ScriptedStream>(std::vector<test::ScriptedStream::Turn>());
    co_return reached;
  }

  void cancel() override {
    cancelled_ = true;
    timer_.cancel();
  }

 private:
  [[nodiscard]] Error refused() const { return {Failure::refused, "mx" + std::to_string(index_) + ": refused"}; }

  Course& course_;
  std::size_t index_;
  boost::asio::steady_timer timer_;
  bool cancelled_ = false;
};

Endpoint address(std::size_t index) {
  return {boost::asio::ip::make_address("192.0.2." + std::to_string(index + 1)), 25};
}

MakeRunner runners_of(Course& course) {
  return [&course](const Endpoint& endpoint) -> std::unique_ptr<Runner> {
    return std::make_unique<TestRunner>(course, endpoint.address().to_v4().to_uint() % 256 - 1);
  };
}

Task<Result<Won>> race_over(Course& course, RaceTimes times) {
  Endpoints order;
  for (std::size_t i = 0; i < course.does.size(); ++i) order.push_back(address(i));
  return race(course.loop.get_executor(), runners_of(course), std::move(order), times);
}

Result<Won> raced(Course& course, RaceTimes times) { return test::run(course.loop, race_over(course, times)); }

constexpr RaceTimes kAtOnce{Milliseconds(0), Milliseconds(0)};
constexpr RaceTimes kNever{std::chrono::hours(1), std::chrono::hours(1)};

TEST(Race, IsWonBySomebodyWhoServesAndLeavesNobodyBehindWhateverTheOthersDo) {
  constexpr unsigned kKinds = 5;
  unsigned lists = 1;
  for (std::size_t length = 1; length <= 4; ++length) {
    lists *= kKinds;
    for (unsigned number = 0; number < lists; ++number) {
      std::vector<Does> does;
      for (unsigned rest = number; does.size() < length; rest /= kKinds) {
        does.push_back(static_cast<Does>(rest % kKinds));
      }
      const auto serves = [](Does what) { return what == Does::serve || what == Does::shake_hands; };
      const auto hangs = [](Does what) { return what == Does::hang; };
      if (std::ranges::any_of(does, hangs) && std::ranges::none_of(does, serves)) continue;
      SCOPED_TRACE(std::to_string(length) + " " + std::to_string(number));
      Course course(does);
      const auto won = raced(course, kAtOnce);
      EXPECT_EQ(course.alive, 0U);
      EXPECT_TRUE(std::ranges::is_sorted(course.started));
      EXPECT_EQ(won.has_value(), std::ranges::any_of(does, serves));
      if (!won) continue;
      const auto winner = won->endpoint.address().to_v4().to_uint() % 256 - 1;
      EXPECT_TRUE(serves(does[winner]));
      for (const Endpoint& other : won->others) {
        const auto index = other.address().to_v4().to_uint() % 256 - 1;
        EXPECT_NE(index, winner);
        EXPECT_NE(does[index], Does::fail) << "it would be tried twice";
      }
      EXPECT_TRUE(std::ranges::is_sorted(won->others));
    }
  }
}

TEST(Race, GoesOnAtOnceWhenOneHasFailed) {
  for (const Does how : {Does::fail, Does::fail_later}) {
    Course course({how, how, Does::serve, Does::serve});
    const auto won = raced(course, kNever);
    ASSERT_TRUE(won.has_value());
    EXPECT_EQ(won->endpoint, address(2));
    EXPECT_EQ(course.started, (std::vector<std::size_t>{0, 1, 2}));
    EXPECT_EQ(won->others, Endpoints(1, address(3)));
  }
}

TEST(Race, Fault3_ADeadAddressCostsTheDelayAndNotItsTimeOut) {
  Course course({Does::hang, Does::hang, Does::serve});
  const auto won = raced(course, RaceTimes{Milliseconds(1), Milliseconds(1)});
  ASSERT_TRUE(won.has_value());
  EXPECT_EQ(won->endpoint, address(2));
  EXPECT_EQ(won->others.size(), 2U) << "they were given up and have not failed";
}

TEST(Race, LeavesAHandshakeItsTimeBeforeTheNextOneStarts) {
  Course course({Does::shake_hands, Does::serve});
  course.handshake = Milliseconds(600);
  const auto won = raced(course, RaceTimes{Milliseconds(300), std::chrono::hours(1)});
  ASSERT_TRUE(won.has_value());
  EXPECT_EQ(won->endpoint, address(0));
  EXPECT_EQ(course.started.size(), 1U);
}

TEST(Race, TellsWhyEachOfAFewFailedAndHowManyMore) {
  for (const std::size_t many : {1UL, 2UL, 8UL, 9UL, 64UL}) {
    Course course(std::vector<Does>(many, Does::fail));
    const auto won = raced(course, kNever);
    ASSERT_FALSE(won.has_value());
    EXPECT_EQ(won.error().failure, Failure::refused);
    EXPECT_EQ(course.started.size(), many);
    EXPECT_THAT(won.error().text, StartsWith("mx0: refused"));
    if (many > 1) {
      EXPECT_THAT(won.error().text, HasSubstr("; mx1: refused"));
    }
    if (many > 8) {
      EXPECT_THAT(won.error().text, EndsWith("; and so on at " + std::to_string(many - 8) + " more addresses"));
    }
  }
}

/// Whoever waits is cancelled, as at the stop: all that were started end, and then so does the race.
TEST(Race, EndsAllWhenItIsCancelled) {
  for (std::size_t many = 1; many <= 5; ++many) {
    Course course(std::vector<Does>(many, Does::hang));
    boost::asio::cancellation_signal stop;
    std::optional<Failure> failure;
    boost::asio::co_spawn(
        course.loop, race_over(course, kAtOnce),
        boost::asio::bind_cancellation_slot(stop.slot(), [&](const std::exception_ptr& bug, const Result<Won>& won) {
          EXPECT_FALSE(bug);
          EXPECT_EQ(course.alive, 0U);
          if (!won) failure = won.error().failure;
        }));
    while (course.alive < many) course.loop.run_one();
    EXPECT_FALSE(failure);
    stop.emit(boost::asio::cancellation_type::terminal);
    course.loop.run();
    EXPECT_EQ(failure, Failure::cancelled);
  }
}

TEST(Race, IsTakenDownWithTheLoopInTheMiddle) {
  Course course({Does::hang, Does::shake_hands, Does::hang});
  boost::asio::co_spawn(course.loop, race_over(course, kNever), [](const std::exception_ptr&, const Result<Won>&) {});
  course.loop.poll();
  EXPECT_EQ(course.alive, 1U);
}

}  // namespace
}  // namespace postern::net
