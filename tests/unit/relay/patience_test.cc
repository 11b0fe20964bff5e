// How long one attempt lasts with a server that answers every step just before its deadline (H57). The time that it
// takes passes by a steady clock of our own, which all of this program reads in place of the library's.
#include "relay/site_memory.h"
#include "relay/smtp_relay.h"
#include "smtp/limits.h"
#include "support/run.h"
#include "test_message.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <ctime>
#include <ratio>

namespace {

std::chrono::nanoseconds passed{0};

}  // namespace

namespace std::chrono {

steady_clock::time_point steady_clock::now() noexcept {
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return time_point(seconds(time.tv_sec) + nanoseconds(time.tv_nsec) + passed);
}

}  // namespace std::chrono

namespace postern::relay {
namespace {

namespace limits = smtp::limits;

/// Answers each command with yes, after 99 % of the time that it is given, and at least a millisecond.
class SlowServer final : public net::Stream {
 public:
  explicit SlowServer(std::size_t& answers) : answers_(answers) {}
  Task<Result<std::size_t>> read_some(std::span<char> into) override {
    if (deadline_ <= Milliseconds(0)) co_return Error{Failure::timeout, "scripted"};
    passed += std::max(deadline_ * 99 / 100, Milliseconds(1));
    ++answers_;
    std::ranges::copy(say_, into.begin());
    co_return say_.size();
  }
  Task<Result<void>> write(std::string_view bytes) override {
    const bool text = !bytes.starts_with("DATA") && !bytes.ends_with("\r\n.\r\n");
    say_ = text ? "250 2.0.0 ok\r\n" : bytes.starts_with("DATA") ? "354 go\r\n" : "250 2.0.0 taken\r\n";
    if (bytes.starts_with("QUIT")) say_ = "221 2.0.0 bye\r\n";
    co_return Result<void>();
  }
  Task<Result<void>> start_tls() override { co_return Result<void>(); }
  [[nodiscard]] bool secure() const override { return false; }
  [[nodiscard]] const net::TlsInfo* tls() const override { return nullptr; }
  void expires_after(Milliseconds deadline) override { deadline_ = deadline; }
  void cancel() override { deadline_ = Milliseconds(0); }

 private:
  std::size_t& answers_;
  std::string_view say_ = "220 mx ready\r\n";
  Milliseconds deadline_{0};
};

struct Attempt {
  mail::DeliveryReport report;
  std::chrono::nanoseconds took{0};
  std::size_t answers = 0;
};

Task<Result<net::Connected>> slow_connection(std::size_t* answers) {
  net::Connected connected;
  connected.stream = std::make_unique<SlowServer>(*answers);
  connected.peer = "mx[192.0.2.1]:25";
  co_return connected;
}

Task<Attempt> attempt(Executor executor, std::size_t recipients) {
  Smarthost host;
  host.name = "main";
  host.host = "mx";
  host.port = 25;
  host.tls = Tls::none;
  host.helo = "me";
  Attempt attempt;
  auto connector = [answers = &attempt.answers] { return slow_connection(answers); };
  const auto relay = make_relay(executor, host, nullptr, std::move(connector), PoolLimits());
  std::vector<std::string> addresses;
  for (std::size_t i = 0; i < recipients; ++i) addresses.push_back(std::to_string(i) + "@y");
  TestMessage message("a@x", addresses, "Subject: hi\n\nbody\n");
  const std::chrono::nanoseconds before = passed;
  attempt.report = co_await relay->deliver(message);
  attempt.took = passed - before;
  const Seconds grace{1};
  co_await relay->close(grace);
  co_return attempt;
}

/// In these deadlines are compared: the real time that a busy machine takes makes them shorter.
using TenSeconds = std::chrono::duration<std::int64_t, std::deca>;
static_assert(limits::kCheck / 2 % TenSeconds(1) == Seconds(0));

/// Says nothing for as long as anybody listens.
class SilentServer final : public net::Stream {
 public:
  SilentServer(bool resumed, std::vector<Milliseconds>& waited) : waited_(waited) { tls_.resumed = resumed; }
  Task<Result<std::size_t>> read_some(std::span<char>) override {
    passed += deadline_;
    waited_.push_back(std::chrono::round<TenSeconds>(deadline_));
    co_return Error{Failure::timeout, "scripted"};
  }
  Task<Result<void>> write(std::string_view) override { co_return Result<void>(); }
  Task<Result<void>> start_tls() override { co_return Result<void>(); }
  [[nodiscard]] bool secure() const override { return true; }
  [[nodiscard]] const net::TlsInfo* tls() const override { return &tls_; }
  void expires_after(Milliseconds deadline) override { deadline_ = deadline; }
  void cancel() override { deadline_ = Milliseconds(0); }

 private:
  std::vector<Milliseconds>& waited_;
  net::TlsInfo tls_;
  Milliseconds deadline_{0};
};

/// Silent servers at every address; each connection takes its time.
struct SilentHost {
  Seconds to_connect{0};
  std::size_t addresses = 1;
  bool resumed = false;
  std::size_t connections = 0;
  std::vector<Milliseconds> waited;  ///< at each, in tens of seconds
};

class SilentDial final : public net::Dial, public std::enable_shared_from_this<SilentDial> {
 public:
  explicit SilentDial(SilentHost& host) : host_(host) {}
  void worked() override {}
  void failed() override {}
  [[nodiscard]] bool more() const override { return host_.connections < host_.addresses || once_more(); }
  [[nodiscard]] bool once_more() const override { return host_.resumed && host_.connections == 1; }
  Task<Result<net::Connected>> next() override {
    passed += host_.to_connect;
    const bool resumed = ++host_.connections == 1 && host_.resumed;
    net::Connected connected;
    connected.stream = std::make_unique<SilentServer>(resumed, host_.waited);
    connected.peer = "mx[192.0.2.1]:465";
    connected.dial = shared_from_this();
    co_return connected;
  }

 private:
  SilentHost& host_;
};

Task<Result<net::Connected>> call(SilentHost* host) {
  const auto dial = std::make_shared<SilentDial>(*host);
  auto connected = co_await dial->next();
  co_return connected;
}

Task<mail::CheckReport> check_of(Executor executor, SilentHost* host) {
  Smarthost smarthost;
  smarthost.name = "main";
  smarthost.host = "mx";
  smarthost.port = 465;
  smarthost.helo = "me";
  const auto relay = make_relay(executor, smarthost, nullptr, [host] { return call(host); }, PoolLimits());
  const mail::CheckOptions options;
  auto report = co_await relay->check(options);
  const Seconds grace{1};
  co_await relay->close(grace);
  co_return report;
}

mail::CheckReport check_with(SilentHost& host) {
  boost::asio::io_context loop;
  return test::run(loop, check_of(loop.get_executor(), &host));
}

TEST(Patience, ACheckHasTimeForAnotherConnectionAfterAResumptionInWhichNothingIsHeard) {
  SilentHost host;
  host.resumed = true;
  const auto report = check_with(host);
  EXPECT_TRUE(report.trouble && report.trouble->failure == Failure::timeout);
  EXPECT_EQ(host.waited, (std::vector<Milliseconds>{limits::kCheck / 2, limits::kCheck / 2}));
}

TEST(Patience, NoAddressIsTriedForWhichNoTimeIsLeft) {
  SilentHost host;
  host.addresses = 5;
  host.to_connect = Seconds(40);
  const auto report = check_with(host);
  EXPECT_TRUE(report.trouble && report.trouble->failure == Failure::timeout);
  EXPECT_EQ(host.connections, 2U) << "30 seconds of silence, 40 until the next one is reached";
}

TEST(Patience, H57_AServerThatAnswersJustInTimeIsLeftWhenTheAttemptHasLastedLongEnough) {
  boost::asio::io_context loop;
  const Attempt few = test::run(loop, attempt(loop.get_executor(), 2));
  EXPECT_FALSE(few.report.site) << few.report.site->text;
  EXPECT_EQ(few.report.recipients.front()->verdict, mail::Verdict::delivered);

  // The greeting and EHLO, and then the time of an attempt: not as long as a hundred answers take.
  const Attempt many = test::run(loop, attempt(loop.get_executor(), 100));
  ASSERT_TRUE(many.report.site);
  EXPECT_EQ(many.report.site->failure, Failure::timeout);
  EXPECT_FALSE(many.report.uncertain);
  EXPECT_GT(many.took, limits::kAttempt);
  EXPECT_LE(many.took, limits::kAttempt + limits::kGreeting + limits::kMail);
  EXPECT_LT(many.answers, 100U);
}

}  // namespace
}  // namespace postern::relay
