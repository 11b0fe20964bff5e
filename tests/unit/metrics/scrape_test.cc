#include "metrics/scrape.h"

#include "support/run.h"
#include "support/scripted_stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

/// Keeps what was written beyond the stream's life.
class Recorder final : public net::Stream {
 public:
  Recorder(std::string request, std::size_t chunk, std::string& written)
      : script_({ScriptedStream::Turn{"", std::move(request)}}, options(chunk)), written_(written) {}
  Task<Result<std::size_t>> read_some(std::span<char> into) override { co_return co_await script_.read_some(into); }
  Task<Result<void>> write(std::string_view bytes) override {
    written_ += bytes;
    co_return Result<void>();
  }
  Task<Result<void>> start_tls() override { co_return Result<void>(); }
  [[nodiscard]] bool secure() const override { return false; }
  [[nodiscard]] const net::TlsInfo* tls() const override { return nullptr; }
  void expires_after(Milliseconds) override {}
  void cancel() override {}

 private:
  static ScriptedStream::Options options(std::size_t chunk) {
    ScriptedStream::Options options;
    options.chunk = chunk;
    return options;
  }
  ScriptedStream script_;
  std::string& written_;
};

std::string answer_to(std::string_view request, std::size_t chunk = 4096) {
  std::string written;
  test::run(serve_scrape(std::make_unique<Recorder>(std::string(request), chunk, written), some_page));
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
  EXPECT_THAT(answer_to("GET /metrics HTTP/1.1\r\nAccept: text/plain\r\n\r\n"), EndsWith("\r\n\r\nclassic\n"));
}

TEST(Scrape, KnowsOnePathAndOneMethod) {
  EXPECT_THAT(answer_to("GET /metrics?x=y HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.1 200 "));
  for (const std::string path : {"/", "/metrics/", "/metricsx", "http://x/metrics", "/%6detrics", "/../metrics"}) {
    EXPECT_THAT(answer_to("GET " + path + " HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.1 404 ")) << path;
  }
  for (const std::string method : {"POST", "PUT", "DELETE", "HEAD", "OPTIONS"}) {
    EXPECT_THAT(answer_to(method + " /metrics HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.1 405 ")) << method;
  }
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
