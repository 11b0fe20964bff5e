#include "metrics/scrapers.h"

#include "mail/envelope.h"

#include "support/fake_clock.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace postern::metrics {
namespace {

using testing::EndsWith;

Task<std::shared_ptr<const std::string>> metrics_text() { co_return std::make_shared<const std::string>("open\n"); }

Task<std::shared_ptr<const Views>> page_alone() {
  co_return std::make_shared<const Views>(Views{"<p>page", "{status}", {}});
}

std::vector<std::string> no_hosts() { return {}; }

/// A client that says nothing until it is told to, and then asks.
struct Client {
  explicit Client(const Executor& loop) : news(loop, boost::asio::steady_timer::time_point::max()) {}
  std::string request{"GET /metrics HTTP/1.1\r\nHost: localhost:9157\r\n\r\n"};
  boost::asio::steady_timer news;
  bool asks = false;
  bool reads = true;  ///< the answer
  bool cancelled = false;
  bool open = true;
  std::string got;
};

class ClientStream final : public net::Stream {
 public:
  explicit ClientStream(std::shared_ptr<Client> client) : client_(std::move(client)) {}
  ~ClientStream() override { client_->open = false; }
  Task<Result<std::size_t>> read_some(std::span<char> into) override {
    while (!client_->asks && !client_->cancelled) co_await news();
    if (client_->cancelled) co_return Error{Failure::cancelled, "cancelled"};
    std::ranges::copy(client_->request, into.begin());
    co_return client_->request.size();
  }
  Task<Result<void>> write(std::string_view bytes) override {
    while (!client_->reads && !client_->cancelled) co_await news();
    if (client_->cancelled) co_return Error{Failure::cancelled, "cancelled"};
    client_->got += bytes;
    co_return Result<void>();
  }
  Task<Result<void>> start_tls() override { co_return Result<void>(); }
  [[nodiscard]] bool secure() const override { return false; }
  [[nodiscard]] const net::TlsInfo* tls() const override { return nullptr; }
  void expires_after(Milliseconds) override {}
  void cancel() override {
    client_->cancelled = true;
    client_->news.cancel();
  }

 private:
  Task<void> news() {
    boost::system::error_code told;
    co_await client_->news.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, told));
  }
  std::shared_ptr<Client> client_;
};

class ScrapersTest : public testing::Test {
 protected:
  std::shared_ptr<Client> connect(std::uint32_t party = 1000) {
    auto client = std::make_shared<Client>(loop.get_executor());
    scrapers.serve(std::make_unique<ClientStream>(client), party);
    poll();
    return client;
  }
  /// That asks at once, and takes its answer or does not.
  std::shared_ptr<Client> ask(std::uint32_t party, bool reads) {
    auto client = connect(party);
    client->reads = reads;
    client->asks = true;
    tell(*client);
    return client;
  }
  void tell(Client& client) {
    client.news.cancel();
    poll();
  }
  void poll() {
    loop.restart();
    loop.poll();
  }

  Task<std::shared_ptr<const std::string>> page() {
    if (hangs) {
      boost::system::error_code told;
      co_await never.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, told));
    }
    co_return co_await metrics_text();
  }

  boost::asio::io_context loop;
  boost::asio::steady_timer never{loop, boost::asio::steady_timer::time_point::max()};
  test::FakeClock clock;
  bool hangs = false;
  Scrapers scrapers{loop.get_executor(), clock, {[this](Format) { return page(); }, page_alone}, no_hosts};
};

using Clients = std::vector<std::shared_ptr<Client>>;

std::size_t open_ones(const Clients& clients) {
  return static_cast<std::size_t>(std::ranges::count_if(clients, [](const auto& one) { return one->open; }));
}

TEST_F(ScrapersTest, TheOldestOfThoseThatSayNothingMakesWay) {
  Clients silent;
  for (std::size_t i = 0; i < 3 * kScrapers; ++i) silent.push_back(connect());
  for (std::size_t i = 0; i < silent.size(); ++i) EXPECT_EQ(silent[i]->open, i >= 2 * kScrapers) << i;
  const auto scraper = connect();
  EXPECT_FALSE(silent[2 * kScrapers]->open);
  scraper->asks = true;
  tell(*scraper);
  EXPECT_THAT(scraper->got, EndsWith("\r\n\r\nopen\n"));
  EXPECT_FALSE(scraper->open);
}

TEST_F(ScrapersTest, OneThatIsAnsweredKeepsItsPlace) {
  Clients slow;
  for (std::size_t i = 0; i < kScrapers; ++i) slow.push_back(ask(1000, false));
  EXPECT_FALSE(connect()->open);
  for (const auto& one : slow) {
    EXPECT_TRUE(one->open);
    one->reads = true;
    tell(*one);
    EXPECT_THAT(one->got, EndsWith("\r\n\r\nopen\n"));
  }
  EXPECT_TRUE(connect()->open);
}

/// Its user may be one whom the kernel does not tell from another.
TEST_F(ScrapersTest, OneThatDoesNotTakeItsAnswerMakesWayAfterAWhile) {
  Clients deaf;
  for (std::size_t i = 0; i < kScrapers; ++i) deaf.push_back(ask(mail::kNoUid, false));
  clock.advance(kTaking - Milliseconds(1));
  EXPECT_FALSE(connect(mail::kNoUid)->open);
  clock.advance(Milliseconds(1));
  for (std::size_t i = 0; i < 3 * kScrapers; ++i) {
    EXPECT_THAT(ask(mail::kNoUid, true)->got, EndsWith("\r\n\r\nopen\n")) << i;
  }
  EXPECT_EQ(open_ones(deaf), kScrapers - 1) << "the oldest went, and its place was enough";
}

/// However many connections a user has, whatever they do, in whatever order they come.
TEST_F(ScrapersTest, NobodyKeepsAnotherUserFromAPlace) {
  for (const bool asks : {false, true}) {
    for (const std::size_t many : {kScrapers - 1, kScrapers, 3 * kScrapers}) {
      Clients greedy;
      const auto come = [&] {
        for (std::size_t i = 0; i < many; ++i) greedy.push_back(asks ? ask(1000, false) : connect(1000));
      };
      come();
      for (std::uint32_t other = 1001; other < 1004; ++other) {
        const auto scraper = connect(other);
        come();  // before it has said anything
        EXPECT_TRUE(scraper->open);
        scraper->asks = true;
        tell(*scraper);
        EXPECT_THAT(scraper->got, EndsWith("\r\n\r\nopen\n")) << asks << " " << many;
      }
      for (const auto& one : greedy) {
        one->cancelled = one->reads = true;
        tell(*one);
      }
      EXPECT_EQ(open_ones(greedy), 0U);
    }
  }
}

/// Else two of them would close each other's, and neither had an answer.
TEST_F(ScrapersTest, WhoAsksKeepsAShareOfThePlaces) {
  Clients one;
  Clients other;
  for (std::size_t i = 0; i < 4 * kScrapers; ++i) {
    one.push_back(ask(1000, false));
    other.push_back(ask(1001, false));
  }
  EXPECT_EQ(open_ones(one), kScrapers / 2);
  EXPECT_EQ(open_ones(other), kScrapers / 2);
  for (std::size_t i = 0; i < kScrapers / 2; ++i) EXPECT_TRUE(one[i]->open && other[i]->open) << "the first ones";
  for (const Clients& clients : {one, other}) {
    for (const auto& client : clients) {
      client->reads = true;
      tell(*client);
    }
  }
}

/// As on a disk that hangs: who waits for it is not told of the end of the stream.
TEST_F(ScrapersTest, OneWhoseTimeIsOverMakesWayWhateverItWaitsFor) {
  hangs = true;
  std::vector<std::shared_ptr<Client>> stuck;
  for (std::size_t i = 0; i < kScrapers; ++i) {
    stuck.push_back(ask(1000, true));
  }
  clock.advance(2 * kScrapePatience);
  EXPECT_FALSE(connect()->open) << "until then an answer may still be taken";
  clock.advance(Milliseconds(1));
  for (std::size_t i = 0; i < kScrapers; ++i) {
    const auto browser = connect();
    EXPECT_TRUE(browser->open);
    EXPECT_TRUE(stuck.front()->cancelled) << "the oldest went";
    browser->request = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
    browser->asks = true;
    tell(*browser);
    EXPECT_THAT(browser->got, EndsWith("<p>page"));
  }
  never.cancel();
  poll();
  for (const auto& one : stuck) EXPECT_FALSE(one->open);
}

}  // namespace
}  // namespace postern::metrics
