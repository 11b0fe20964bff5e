// How long connections are kept. What a kept connection may do wrong is in tests/dialogues/client.
#include "relay/smtp_relay.h"
#include "support/run.h"
#include "support/scripted_stream.h"
#include "test_message.h"

#include <gtest/gtest.h>

namespace postern::relay {
namespace {

/// Says yes to everything, and counts what it saw.
struct Server {
  std::size_t connections = 0;
  std::size_t messages = 0;
  std::size_t quits = 0;
};

class AgreeableStream final : public net::Stream {
 public:
  explicit AgreeableStream(Server& server) : server_(server) { ++server_.connections; }
  Task<Result<std::size_t>> read_some(std::span<char> into) override {
    const std::size_t count = std::min(into.size(), replies_.size());
    std::copy_n(replies_.begin(), count, into.begin());
    replies_.erase(0, count);
    co_return count;
  }
  Task<Result<void>> write(std::string_view bytes) override {
    if (bytes.ends_with("\r\n.\r\n")) ++server_.messages;
    if (bytes == "QUIT\r\n") ++server_.quits;
    replies_ += bytes.starts_with("DATA") ? "354 go\r\n" : "250 ok\r\n";
    co_return Result<void>();
  }
  Task<Result<void>> start_tls() override { co_return Error{Failure::tls, "no TLS here"}; }
  [[nodiscard]] bool secure() const override { return false; }
  [[nodiscard]] const net::TlsInfo* tls() const override { return nullptr; }
  void expires_after(Milliseconds) override {}
  void cancel() override {}

 private:
  Server& server_;
  std::string replies_ = "220 mx\r\n";
};

Task<Result<net::Connected>> agree(Server* server) {
  net::Connected connected;
  connected.stream = std::make_unique<AgreeableStream>(*server);
  connected.peer = "mx";
  co_return connected;
}

Task<void> deliver(Relay& relay, int messages) {
  for (int i = 0; i < messages; ++i) {
    const std::vector<std::string> recipients(1, "b@y");
    TestMessage message("a@x", recipients, "hi\n");
    const auto report = co_await relay.deliver(message);
    EXPECT_TRUE(report.recipients.at(0) && report.recipients[0]->verdict == mail::Verdict::delivered);
  }
}

Task<void> deliver_and_close(Relay& relay, int messages) {
  co_await deliver(relay, messages);
  co_await relay.close(Seconds{1});
}

Smarthost smarthost() {
  Smarthost host;
  host.host = "mx";
  host.tls = Tls::none;
  host.helo = "me";
  return host;
}

TEST(Pool, EndsAConnectionThatIsIdleTooLong) {
  Server server;
  boost::asio::io_context loop;
  PoolLimits limits;
  limits.idle = Milliseconds(0);
  const auto relay = make_relay(loop.get_executor(), smarthost(), [&server] { return agree(&server); }, limits);
  test::run(loop, deliver(*relay, 1));  // runs until nothing is left to do: the timer has fired
  EXPECT_EQ(server.quits, 1U);
  test::run(loop, deliver(*relay, 1));
  EXPECT_EQ(server.connections, 2U);
  EXPECT_EQ(server.quits, 2U);
}

TEST(Pool, EndsAConnectionThatHasCarriedItsMessages) {
  Server server;
  boost::asio::io_context loop;
  PoolLimits limits;
  limits.messages = 3;
  const auto relay = make_relay(loop.get_executor(), smarthost(), [&server] { return agree(&server); }, limits);
  test::run(loop, deliver_and_close(*relay, 6));
  EXPECT_EQ(server.connections, 2U);
  EXPECT_EQ(server.messages, 6U);
  EXPECT_EQ(server.quits, 2U);
}

Task<void> deliver_too_late(Relay& relay) {
  co_await deliver_and_close(relay, 5);
  const std::vector<std::string> recipients(1, "b@y");
  TestMessage message("a@x", recipients, "hi\n");
  const auto report = co_await relay.deliver(message);
  EXPECT_TRUE(report.site && report.site->failure == Failure::cancelled);
  EXPECT_FALSE(report.recipients.at(0));
}

TEST(Pool, SaysQuitAndConnectsNoMoreOnceItIsClosed) {
  Server server;
  boost::asio::io_context loop;
  const auto relay = make_relay(loop.get_executor(), smarthost(), [&server] { return agree(&server); }, PoolLimits());
  test::run(loop, deliver_too_late(*relay));
  EXPECT_EQ(server.connections, 1U);
  EXPECT_EQ(server.messages, 5U);
  EXPECT_EQ(server.quits, 1U);
}

}  // namespace
}  // namespace postern::relay
