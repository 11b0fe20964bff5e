#include "metrics/scrapers.h"

#include "support/run.h"
#include "support/scripted_stream.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace postern::metrics {
namespace {

using test::ScriptedStream;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::string_view kGet = "GET /metrics HTTP/1.1\r\nHost: localhost:9157\r\n\r\n";

Task<std::string> some_page(Format format) {
  co_return format == Format::openmetrics ? std::string("open\n") : std::string("classic\n");
}

std::vector<std::string> our_hosts() { return {"mailhost.example.com"}; }

using Deadlines = std::vector<Milliseconds>;

/// Keeps what was written, and the deadlines, beyond the stream's life.
class Recorder final : public net::Stream {
 public:
  Recorder(std::string request, std::size_t chunk, std::string& written, Deadlines& deadlines)
      : script_({ScriptedStream::Turn{"", std::move(request)}}, options(chunk)),
        written_(written),
        deadlines_(deadlines) {}
  Task<Result<std::size_t>> read_some(std::span<char> into) override { co_return co_await script_.read_some(into); }
  Task<Result<void>> write(std::string_view bytes) override {
    written_ += bytes;
    co_return Result<void>();
  }
  Task<Result<void>> start_tls() override { co_return Result<void>(); }
  [[nodiscard]] bool secure() const override { return false; }
  [[nodiscard]] const net::TlsInfo* tls() const override { return nullptr; }
  void expires_after(Milliseconds deadline) override { deadlines_.push_back(deadline); }
  void cancel() override {}

 private:
  static ScriptedStream::Options options(std::size_t chunk) {
    ScriptedStream::Options options;
    options.chunk = chunk;
    return options;
  }
  ScriptedStream script_;
  std::string& written_;
  Deadlines& deadlines_;
};

std::string answer_to(std::string_view request, std::size_t chunk = 4096) {
  std::string written;
  Deadlines deadlines;
  std::size_t asked = 0;
  auto stream = std::make_shared<Recorder>(std::string(request), chunk, written, deadlines);
  HostCheck hosts(our_hosts);
  test::run(serve_scrape(std::move(stream), some_page, hosts, [&asked] { ++asked; }));
  // One for the request, however many pieces it comes in, and one for the answer, if there is one.
  EXPECT_EQ(deadlines, Deadlines(written.empty() ? 1 : 2, kScrapePatience));
  EXPECT_LE(asked, written.empty() ? 0U : 1U);
  return written;
}

TEST(Scrape, AnswersARequestInPiecesOfEverySize) {
  for (std::size_t chunk = 1; chunk <= kGet.size(); ++chunk) {
    const std::string answer = answer_to(kGet, chunk);
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\nContent-Type: application/openmetrics-text; version=1.0.0; "
                                   "charset=utf-8\r\nContent-Length: 5\r\nConnection: close\r\n\r\n"));
    EXPECT_THAT(answer, EndsWith("\r\n\r\nopen\n"));
  }
}

TEST(Scrape, AnswersNothingToARequestThatEndsTooSoon) {
  for (std::size_t cut = 0; cut < kGet.size(); ++cut) EXPECT_EQ(answer_to(kGet.substr(0, cut), 7), "") << cut;
}

TEST(Scrape, GivesTheOlderFormatToWhoCanReadOnlyThat) {
  EXPECT_EQ(format_for(""), Format::openmetrics);
  EXPECT_EQ(format_for("*/*"), Format::openmetrics);
  EXPECT_EQ(format_for("text/plain;version=0.0.4"), Format::prometheus);
  EXPECT_EQ(format_for("application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"),
            Format::openmetrics);
  EXPECT_THAT(answer_to("GET /metrics HTTP/1.1\r\nHost: localhost\r\nAccept: text/plain\r\n\r\n"),
              EndsWith("\r\n\r\nclassic\n"));
}

TEST(Scrape, KnowsOnePathAndOneMethod) {
  EXPECT_THAT(answer_to("GET /metrics?x=y HTTP/1.1\r\nHost: localhost\r\n\r\n"), StartsWith("HTTP/1.1 200 "));
  for (const std::string path : {"/", "/metrics/", "/metricsx", "http://x/metrics", "/%6detrics", "/../metrics"}) {
    EXPECT_THAT(answer_to("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n"), StartsWith("HTTP/1.1 404 ")) << path;
  }
  for (const std::string method : {"POST", "PUT", "DELETE", "HEAD", "OPTIONS"}) {
    EXPECT_THAT(answer_to(method + " /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"), StartsWith("HTTP/1.1 405 "))
        << method;
  }
}

TEST(Scrape, AnswersNobodyWhoAsksForAnotherHost) {
  EXPECT_THAT(answer_to("GET /metrics HTTP/1.1\r\nHost: mailhost:9157\r\n\r\n"), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(answer_to("GET /metrics HTTP/1.0\r\n\r\n"), StartsWith("HTTP/1.1 200 "));
  for (const std::string path : {"/metrics", "/", "/x"}) {
    const std::string answer = answer_to("GET " + path + " HTTP/1.1\r\nHost: rebound.example:9157\r\n\r\n");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 421 ")) << path;
    EXPECT_THAT(answer, HasSubstr("metrics_hosts"));
    EXPECT_THAT(answer, testing::Not(HasSubstr("open")));
  }
  EXPECT_THAT(answer_to("GET /metrics HTTP/1.0\r\nHost: rebound.example\r\n\r\n"), StartsWith("HTTP/1.1 421 "));
  EXPECT_THAT(answer_to("GET /metrics HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(answer_to("GET /metrics HTTP/1.1\r\nHost: localhost\r\nHost: rebound.example\r\n\r\n"),
              StartsWith("HTTP/1.1 400 "));
}

TEST(Scrape, RefusesWhatIsNoHttpAndWhatIsTooLong) {
  EXPECT_THAT(answer_to("EHLO me\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(answer_to(std::string("\x16\x03\x01\r\n\r\n")), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(answer_to("GET /" + std::string(20'000, 'x') + " HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.1 431 "));
  std::string fields = "GET /metrics HTTP/1.1\r\n";
  for (int i = 0; i < 2000; ++i) fields += "X: yyyyyyyy\r\n";
  EXPECT_THAT(answer_to(fields + "\r\n"), HasSubstr("HTTP/1.1 431 "));
}

/// A client that says nothing until it is told to, and then asks for the page.
struct Client {
  explicit Client(const Executor& loop) : news(loop, boost::asio::steady_timer::time_point::max()) {}
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
    std::ranges::copy(kGet, into.begin());
    co_return kGet.size();
  }
  Task<Result<void>> write(std::string_view bytes) override {
    while (!client_->reads) co_await news();
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
  std::shared_ptr<Client> connect() {
    auto client = std::make_shared<Client>(loop.get_executor());
    scrapers.serve(std::make_unique<ClientStream>(client));
    poll();
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

  boost::asio::io_context loop;
  Scrapers scrapers{loop.get_executor(), some_page, our_hosts};
};

TEST_F(ScrapersTest, TheOldestOfThoseThatSayNothingMakesWay) {
  std::vector<std::shared_ptr<Client>> silent;
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
  std::vector<std::shared_ptr<Client>> slow;
  for (std::size_t i = 0; i < kScrapers; ++i) {
    slow.push_back(connect());
    slow.back()->reads = false;
    slow.back()->asks = true;
    tell(*slow.back());
  }
  EXPECT_FALSE(connect()->open);
  for (const auto& one : slow) {
    EXPECT_TRUE(one->open);
    one->reads = true;
    tell(*one);
    EXPECT_THAT(one->got, EndsWith("\r\n\r\nopen\n"));
  }
  EXPECT_TRUE(connect()->open);
}

}  // namespace
}  // namespace postern::metrics
