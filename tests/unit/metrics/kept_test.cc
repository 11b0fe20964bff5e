#include "metrics/kept.h"

#include "support/expected_log.h"
#include "support/fake_clock.h"

#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace postern::metrics {
namespace {

class KeptTest : public testing::Test {
 protected:
  /// Takes until finish(), if `slow`.
  Task<std::string> make_one() {
    const std::string text = std::to_string(++made);
    if (slow) {
      constexpr auto kToken = boost::asio::as_tuple(boost::asio::use_awaitable);
      static_cast<void>(co_await news.async_wait(kToken));
    }
    if (broken) throw std::runtime_error("a bug");
    co_return text;
  }
  static Task<void> ask(std::shared_ptr<std::string> into, Kept<std::string>& kept) {
    const std::shared_ptr<const std::string> text = co_await kept.now();
    *into = text ? *text : "none";
  }
  std::shared_ptr<std::string> asked() {
    auto into = std::make_shared<std::string>("waiting");
    spawn(loop.get_executor(), ask(into, kept), "ask");
    poll();
    return into;
  }
  void finish() {
    news.cancel();
    poll();
  }
  void poll() {
    loop.restart();
    loop.poll();
  }

  boost::asio::io_context loop;
  test::FakeClock clock;
  boost::asio::steady_timer news{loop, boost::asio::steady_timer::time_point::max()};
  int made = 0;
  bool slow = false;
  bool broken = false;
  Kept<std::string> kept{loop.get_executor(), clock, "text", [this] { return make_one(); }};
};

TEST_F(KeptTest, AreMadeOnceASecondHoweverManyAsk) {
  for (int second = 1; second < 5; ++second) {
    for (int i = 0; i < 100; ++i) EXPECT_EQ(*asked(), std::to_string(second));
    clock.advance(Milliseconds(999));
    EXPECT_EQ(*asked(), std::to_string(second));
    clock.advance(Milliseconds(1));
  }
  EXPECT_EQ(made, 4);
}

TEST_F(KeptTest, AreMadeOnceForAllWhoWaitForThem) {
  slow = true;
  std::vector<std::shared_ptr<std::string>> all;
  for (int i = 0; i < 10; ++i) all.push_back(asked());
  for (const auto& one : all) EXPECT_EQ(*one, "waiting");
  finish();
  for (const auto& one : all) EXPECT_EQ(*one, "1");
}

TEST_F(KeptTest, AreKeptTheLongerTheLongerTheyTake) {
  slow = true;
  const auto first = asked();
  clock.advance(Milliseconds(200));
  finish();
  slow = false;
  clock.advance(Milliseconds(3999));
  EXPECT_EQ(*asked(), "1");
  clock.advance(Milliseconds(1));
  EXPECT_EQ(*asked(), "2");
  clock.advance(Seconds(2));
  slow = true;
  const auto third = asked();
  clock.advance(Seconds(1000));
  finish();
  slow = false;
  clock.advance(Seconds(29));
  EXPECT_EQ(*asked(), "3");
  clock.advance(Seconds(1));
  EXPECT_EQ(*asked(), "4") << "not for ever";
}

TEST_F(KeptTest, OfOtherSettingsAreNobodysWhoComesLater) {
  EXPECT_EQ(*asked(), "1");
  kept.forget();
  EXPECT_EQ(*asked(), "2");
  clock.advance(Seconds(2));
  slow = true;
  const auto before = asked();
  kept.forget();
  slow = false;
  EXPECT_EQ(*asked(), "4");
  finish();
  EXPECT_EQ(*before, "3");
  EXPECT_EQ(*asked(), "4");
}

/// Anybody may ask, and each time it stands in the log.
TEST_F(KeptTest, AFailureIsToldAndTriedAgainAfterASecond) {
  broken = true;
  {
    const test::ExpectLog expected("a bug");
    for (int i = 0; i < 10; ++i) EXPECT_EQ(*asked(), "none");
    EXPECT_EQ(made, 1);
  }
  broken = false;
  clock.advance(Milliseconds(999));
  EXPECT_EQ(*asked(), "none");
  clock.advance(Milliseconds(1));
  EXPECT_EQ(*asked(), "2");
}

TEST_F(KeptTest, AFailureOfBeforeIsForgottenWithTheSettings) {
  broken = true;
  {
    const test::ExpectLog expected("a bug");
    EXPECT_EQ(*asked(), "none");
  }
  broken = false;
  kept.forget();
  EXPECT_EQ(*asked(), "2");
}

TEST_F(KeptTest, NobodyWaitsForEverAndNothingElseIsBegunMeanwhile) {
  slow = true;
  Kept<std::string> hasty{loop.get_executor(), clock, "text", [this] { return make_one(); }, Seconds(0)};
  const auto ask_hasty = [&] {
    auto into = std::make_shared<std::string>("waiting");
    spawn(loop.get_executor(), ask(into, hasty), "ask");
    for (int i = 0; i < 100 && *into == "waiting"; ++i) poll();
    return *into;
  };
  for (int i = 0; i < 10; ++i) EXPECT_EQ(ask_hasty(), "none");
  EXPECT_EQ(made, 1);
  finish();
  EXPECT_EQ(ask_hasty(), "1") << "what came late is there for the next";
}

}  // namespace
}  // namespace postern::metrics
