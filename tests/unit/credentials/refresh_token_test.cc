// What becomes of the refresh token: read, rotated, stored, near its end.
#include "credentials/token_change.h"
#include "oauth_bench.h"
#include "support/expected_log.h"

#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <unistd.h>

namespace postern::credentials {
namespace {

using test::ExpectLog;
using testing::HasSubstr;
using testing::Not;
using Want = Source::Want;

TEST(RefreshToken, AMissingRefreshTokenAsksForALogin) {
  OAuthBench bench;
  std::filesystem::remove(bench.client.refresh_token_file);
  const auto secret = bench.get();
  ASSERT_FALSE(secret);
  EXPECT_EQ(secret.error().failure, Failure::not_found);
  EXPECT_THAT(secret.error().text, HasSubstr(bench.client.refresh_token_file));
  EXPECT_THAT(secret.error().text, HasSubstr("run `postern login`"));
  EXPECT_TRUE(bench.server.requests.empty());
  // The login is noticed at once.
  static_cast<void>(bench.dir.write("refresh", "refresh-new"));
  EXPECT_EQ(bench.token(), "access-1");
  EXPECT_THAT(bench.server.requests.at(0).body, HasSubstr("refresh_token=refresh-new&"));
}

TEST(RefreshToken, ARotatedRefreshTokenIsOnTheDiskBeforeTheAccessTokenIsUsed) {
  OAuthBench bench;
  bench.server.answer_with([&](const Request& request) {
    const std::string next = "refresh-" + std::to_string(bench.issued + 1);
    EXPECT_THAT(request.body, HasSubstr("refresh_token=refresh-" + std::to_string(bench.issued) + "&"));
    return token_answer("access-" + std::to_string(++bench.issued), 3600, R"(,"refresh_token":")" + next + "\"");
  });
  for (int i = 1; i <= 3; ++i) {
    EXPECT_EQ(bench.token(Want::renewed), "access-" + std::to_string(i));
    EXPECT_EQ(bench.dir.read("refresh"), "refresh-" + std::to_string(i) + "\n");
    struct stat status{};
    ASSERT_EQ(stat(bench.client.refresh_token_file.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U);
    bench.clock.advance(Seconds(5));
  }
}

TEST(RefreshToken, TheSameRefreshTokenAgainIsNotWrittenAgain) {
  OAuthBench bench;
  bench.always(token_answer("a", 3600, R"(,"refresh_token":"refresh-0")"));
  int writes = 0;
  bench.blocking = [&writes](std::function<Result<std::string>()> function) {
    ++writes;
    return at_once(std::move(function));
  };
  EXPECT_EQ(bench.token(), "a");
  EXPECT_EQ(writes, 1) << "only the file was read";
  EXPECT_EQ(bench.dir.read("refresh"), "refresh-0\n");
}

TEST(RefreshToken, ARefreshTokenThatCannotBeStoredIsKeptInMemoryAndStoredLater) {
  OAuthBench bench;
  bench.in_turn({token_answer("access-1", 3600, R"(,"refresh_token":"refresh-1")"), token_answer("access-2"),
                 token_answer("access-3")});
  // The place of the new file is taken by a directory: nobody, not even root, can write there.
  const std::string obstacle = bench.client.refresh_token_file + ".new-" + std::to_string(gettid());
  std::filesystem::create_directory(obstacle);
  {
    const ExpectLog failed("cannot store the new refresh token");
    EXPECT_EQ(bench.token(), "access-1");
    EXPECT_EQ(bench.dir.read("refresh"), "refresh-0\n");
  }
  std::filesystem::remove(obstacle);
  bench.clock.advance(Seconds(5));
  EXPECT_EQ(bench.token(Want::renewed), "access-2");
  EXPECT_THAT(bench.server.requests.at(1).body, HasSubstr("refresh_token=refresh-1&"));
  EXPECT_EQ(bench.dir.read("refresh"), "refresh-1\n");
  bench.clock.advance(Seconds(5));
  EXPECT_EQ(bench.token(Want::renewed), "access-3");
  EXPECT_THAT(bench.server.requests.at(2).body, HasSubstr("refresh_token=refresh-1&"));
  EXPECT_THAT(test::logged(), Not(testing::Contains(HasSubstr("refresh-1"))));
}

Task<Result<std::string>> in_a_moment(std::function<Result<std::string>()> function) {
  boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor, Milliseconds(50));
  co_await timer.async_wait(boost::asio::use_awaitable);
  co_return function();
}

TEST(RefreshToken, AStopWaitsUntilANewOneIsStored) {
  OAuthBench bench;
  bench.blocking = in_a_moment;
  std::size_t counted = 0;
  bench.server.answer_with([&counted](const Request&) {
    counted = TokenChange::under_way();
    return token_answer("access-1", 3600, R"(,"refresh_token":"refresh-1")");
  });
  bench.make();
  boost::asio::co_spawn(bench.loop, bench.origin->get(Want::current), boost::asio::detached);
  while (bench.server.requests.empty()) bench.loop.run_one();
  EXPECT_EQ(counted, 1U);
  EXPECT_EQ(bench.dir.read("refresh"), "refresh-0\n");
  wait(bench.loop, token_changes_ended(std::chrono::steady_clock::now() + Seconds(60)));
  EXPECT_EQ(bench.dir.read("refresh"), "refresh-1\n");
}

TEST(RefreshToken, AStopDoesNotWaitForEverForASilentServer) {
  OAuthBench bench;
  bench.server.answer_with([](const Request&) { return std::nullopt; });
  bench.make();
  boost::asio::co_spawn(bench.loop, bench.origin->get(Want::current), boost::asio::detached);
  while (bench.server.requests.empty()) bench.loop.run_one();
  wait(bench.loop, token_changes_ended(std::chrono::steady_clock::now() + Milliseconds(100)));
  EXPECT_EQ(TokenChange::under_way(), 1U);
}

TEST(RefreshToken, ANewLoginCountsMoreThanATokenInMemory) {
  OAuthBench bench;
  bench.in_turn({token_answer("access-1", 3600, R"(,"refresh_token":"refresh-1")"), token_answer("access-2")});
  const std::string obstacle = bench.client.refresh_token_file + ".new-" + std::to_string(gettid());
  std::filesystem::create_directory(obstacle);
  const ExpectLog failed("cannot store the new refresh token");
  EXPECT_EQ(bench.token(), "access-1");
  static_cast<void>(bench.dir.write("refresh", "login\n"));
  EXPECT_EQ(bench.token(Want::renewed), "access-2");
  EXPECT_THAT(bench.server.requests.at(1).body, HasSubstr("refresh_token=login&"));
}

TEST(RefreshToken, ALoginDuringARequestIsNotOverwritten) {
  OAuthBench bench;
  bench.server.answer_with([&](const Request&) {
    static_cast<void>(bench.dir.write("refresh", "login\n"));
    return token_answer("a", 3600, R"(,"refresh_token":"refresh-1")");
  });
  EXPECT_EQ(bench.token(), "a");
  EXPECT_EQ(bench.dir.read("refresh"), "login\n");
}

TEST(RefreshToken, ARefreshTokenThatSomebodyElseRotatedMeanwhileIsReadAgain) {
  OAuthBench bench;
  bench.server.answer_with([&](const Request& request) {
    if (request.body.find("refresh-0") == std::string::npos) return bench.issue();
    static_cast<void>(bench.dir.write("refresh", "refresh-1\n"));
    return refusal("invalid_grant");
  });
  EXPECT_EQ(bench.token(), "access-1");
  EXPECT_EQ(bench.server.requests.size(), 2U);
}

TEST(RefreshToken, WarnsOnceADayWhenTheLoginEndsSoon) {
  OAuthBench bench;
  const auto day = std::chrono::hours(24);
  const WallTime end = bench.clock.wall() + 9 * day;
  bench.server.answer_with([&](const Request&) {
    const auto left = std::chrono::duration_cast<Seconds>(end - bench.clock.wall());
    return token_answer("a", 3600, ",\"refresh_token_expires_in\":" + std::to_string(left.count()));
  });
  for (int hour = 0; hour <= 47; ++hour) {
    EXPECT_EQ(bench.token(), "a");
    EXPECT_EQ(bench.origin->ends(), end);
    bench.clock.advance(std::chrono::hours(1));
  }
  for (int days = 2; days <= 5; ++days) {
    const std::size_t before = test::logged().size();
    const ExpectLog warned("run `postern login` for this smarthost ");
    for (int hour = 0; hour < 24; ++hour) {
      EXPECT_EQ(bench.token(), "a");
      bench.clock.advance(std::chrono::hours(1));
    }
    const auto& lines = test::logged();
    EXPECT_EQ(std::count_if(lines.begin() + static_cast<std::ptrdiff_t>(before), lines.end(),
                            [](const std::string& line) { return line.find("ends soon") != std::string::npos; }),
              1);
  }
}

TEST(RefreshToken, DoesNotWarnWhereEachRefreshTokenLivesOnAnew) {
  OAuthBench bench;
  bench.server.answer_with([&](const Request&) {
    const std::string next = std::to_string(++bench.issued);
    return token_answer("a", 3600, R"(,"refresh_expires_in":1800,"refresh_token":"r)" + next + "\"");
  });
  for (int hour = 0; hour < 48; ++hour) {
    EXPECT_EQ(bench.token(), "a");
    EXPECT_EQ(bench.origin->ends(), std::nullopt);
    bench.clock.advance(std::chrono::hours(1));
  }
}

}  // namespace
}  // namespace postern::credentials
