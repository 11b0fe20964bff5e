#include "metrics/scrape.h"

#include "support/fake_clock.h"
#include "support/run.h"
#include "support/scripted_stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace postern::metrics {
namespace {

using test::ScriptedStream;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::string_view kGet = "GET /metrics HTTP/1.1\r\nHost: localhost:9157\r\n\r\n";

using Text = std::shared_ptr<const std::string>;

Task<Text> some_page(Format format) {
  co_return std::make_shared<const std::string>(format == Format::openmetrics ? "open\n" : "classic\n");
}

Task<Text> no_page(Format) { co_return nullptr; }

Task<std::shared_ptr<const Views>> some_views() {
  co_return std::make_shared<const Views>(Views{"<p>page", "{status}", "{history}"});
}

Task<std::shared_ptr<const Views>> views_without_history() {
  co_return std::make_shared<const Views>(Views{"<p>page", "{status}", {}});
}

Task<std::shared_ptr<const Views>> no_views() { co_return nullptr; }

Source some_source() { return {some_page, some_views}; }

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

std::string answer_to(std::string_view request, std::size_t chunk = 4096, Source source = some_source()) {
  std::string written;
  Deadlines deadlines;
  auto stream = std::make_shared<Recorder>(std::string(request), chunk, written, deadlines);
  HostCheck hosts(our_hosts);
  test::FakeClock clock;
  const auto times = std::make_shared<ScrapeTimes>();
  test::run(serve_scrape(std::move(stream), std::move(source), hosts, clock, times));
  EXPECT_EQ(times->answered.has_value(), !written.empty());
  // One for the request, however many pieces it comes in, one for the making of an answer and one for its way.
  Deadlines expected{kRequestPatience};
  if (times->asked) expected.push_back(kScrapePatience);
  if (times->answered) expected.push_back(kScrapePatience);
  EXPECT_EQ(deadlines, expected);
  return written;
}

TEST(Scrape, WhoeverWouldChooseAPartOfADocumentIsToldThatThereIsNone) {
  for (const std::string target : {"/api/history?limit=1", "/api/history?to=bob", "/api/history??", "/api/status?x"}) {
    const std::string answer = answer_to("GET " + target + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 400 ")) << target;
    EXPECT_THAT(answer, HasSubstr("there are no parameters")) << target;
  }
}

TEST(Scrape, AnswersARequestInPiecesOfEverySize) {
  for (std::size_t chunk = 1; chunk <= kGet.size(); ++chunk) {
    const std::string answer = answer_to(kGet, chunk);
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\nContent-Type: application/openmetrics-text; version=1.0.0; "
                                   "charset=utf-8\r\n"));
    EXPECT_THAT(answer, HasSubstr("\r\nContent-Length: 5\r\n"));
    EXPECT_THAT(answer, HasSubstr("\r\nConnection: close\r\n"));
    EXPECT_THAT(answer, HasSubstr("\r\n" + guards()));
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
  EXPECT_EQ(format_for("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"), Format::prometheus)
      << "a browser keeps the other one as a file";
  EXPECT_EQ(format_for("text/html,application/openmetrics-text"), Format::openmetrics);
  EXPECT_EQ(format_for("application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"),
            Format::openmetrics);
  EXPECT_THAT(answer_to("GET /metrics HTTP/1.1\r\nHost: localhost\r\nAccept: text/plain\r\n\r\n"),
              EndsWith("\r\n\r\nclassic\n"));
}

/// Of the answer to a request for this machine.
std::string head_of(const std::string& answer) { return answer.substr(0, answer.find("\r\n\r\n") + 4); }

TEST(Scrape, KnowsFourPathsAndTwoMethods) {
  EXPECT_THAT(answer_to("GET /metrics?x=y HTTP/1.1\r\nHost: localhost\r\n\r\n"), StartsWith("HTTP/1.1 200 "));
  for (const std::string path : {"/metrics/", "/metricsx", "http://x/metrics", "/%6detrics", "/../metrics", "//", "*",
                                 "/index.html", "/api", "/api/", "/api/statusx", "/favicon.ico"}) {
    EXPECT_THAT(answer_to("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n"), StartsWith("HTTP/1.1 404 ")) << path;
  }
  for (const std::string path : {"/", "/metrics", "/api/status", "/api/history"}) {
    for (const std::string method : {"POST", "PUT", "DELETE", "OPTIONS"}) {
      const std::string answer = answer_to(method + " " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
      EXPECT_THAT(answer, StartsWith("HTTP/1.1 405 ")) << method << path;
      EXPECT_THAT(answer, HasSubstr("\r\nAllow: GET, HEAD\r\n"));
    }
  }
}

TEST(Scrape, AnswersAHeadRequestLikeAnotherWithoutTheBody) {
  for (const std::string path : {"/", "/metrics", "/api/status", "/api/history", "/other"}) {
    for (const std::string host : {"localhost", "rebound.example"}) {
      const std::string rest = " " + path + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n";
      const std::string whole = answer_to("GET" + rest);
      EXPECT_EQ(answer_to("HEAD" + rest), head_of(whole));
      EXPECT_LT(head_of(whole).size(), whole.size());
    }
  }
}

TEST(Scrape, RefusesWithTheGuardsOfWhatItShows) {
  const std::vector<std::pair<std::string, std::string>> refused{
      {"GET /other HTTP/1.1\r\nHost: localhost\r\n\r\n", "404 "},
      {"POST / HTTP/1.1\r\nHost: localhost\r\n\r\n", "405 "},
      {"GET / HTTP/1.1\r\nHost: rebound.example\r\n\r\n", "421 "},
      {"GET / HTTP/1.1\r\n\r\n", "400 "},
      {"EHLO me\r\n\r\n", "400 "},
      {"GET /" + std::string(20'000, 'x') + " HTTP/1.1\r\n\r\n", "431 "}};
  for (const auto& [request, status] : refused) {
    const std::string answer = answer_to(request);
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 " + status));
    EXPECT_THAT(head_of(answer), HasSubstr("\r\n" + guards()));
  }
}

TEST(Scrape, AnswersBrowsersWithWhatIsShownAndNoScript) {
  struct Case {
    std::string path, type, body;
  };
  const std::vector<Case> cases{{"/", "text/html; charset=utf-8", "<p>page"},
                                {"/?x", "text/html; charset=utf-8", "<p>page"},
                                {"/api/status", "application/json; charset=utf-8", "{status}"},
                                {"/api/history?", "application/json; charset=utf-8", "{history}"}};
  for (const Case& one : cases) {
    const std::string answer = answer_to("GET " + one.path + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\nContent-Type: " + one.type + "\r\n")) << one.path;
    EXPECT_THAT(answer, HasSubstr("\r\nContent-Security-Policy: default-src 'none'; "));
    EXPECT_THAT(answer, HasSubstr("\r\nCache-Control: no-store\r\n"));
    EXPECT_THAT(answer, EndsWith("\r\n\r\n" + one.body)) << one.path;
    const std::string none =
        answer_to("GET " + one.path + " HTTP/1.1\r\nHost: localhost\r\n\r\n", 4096, {some_page, no_views});
    EXPECT_THAT(none, StartsWith("HTTP/1.1 503 "));
    EXPECT_THAT(none, HasSubstr(guards()));
  }
}

TEST(Scrape, SaysWhereMetricsCouldNotBeGathered) {
  const std::string none = answer_to(kGet, 4096, {no_page, some_views});
  EXPECT_THAT(none, StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(none, HasSubstr(guards()));
  EXPECT_THAT(none, HasSubstr("see the log"));
}

TEST(Scrape, ShowsNoHistoryWhereThatNamesNobody) {
  const std::string answer =
      answer_to("GET /api/history HTTP/1.1\r\nHost: localhost\r\n\r\n", 4096, {some_page, views_without_history});
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 403 "));
  EXPECT_THAT(answer, HasSubstr("metrics.page: all"));
  EXPECT_THAT(answer, HasSubstr(guards()));
}

TEST(Scrape, AnswersNobodyWhoAsksForAnotherHost) {
  EXPECT_THAT(answer_to("GET /metrics HTTP/1.1\r\nHost: mailhost:9157\r\n\r\n"), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(answer_to("GET /metrics HTTP/1.0\r\n\r\n"), StartsWith("HTTP/1.1 200 "));
  for (const std::string path : {"/metrics", "/", "/api/status", "/api/history", "/x"}) {
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

}  // namespace
}  // namespace postern::metrics
