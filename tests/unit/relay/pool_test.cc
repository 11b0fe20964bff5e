// How long connections are kept. What a kept connection may do wrong is in tests/dialogues/client.
#include "relay/smtp_relay.h"
#include "support/plain_stream.h"
#include "support/run.h"
#include "support/scripted_stream.h"
#include "test_message.h"

#include <gtest/gtest.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <optional>

namespace postern::relay {
namespace {

/// Says yes to everything, and counts what it saw.
struct AgreeableServer {
  std::size_t connections = 0;
  std::size_t messages = 0;
  std::size_t quits = 0;
};

class AgreeableStream final : public test::PlainStream {
 public:
  explicit AgreeableStream(AgreeableServer& server) : server_(server) { ++server_.connections; }
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

 private:
  AgreeableServer& server_;
  std::string replies_ = "220 mx\r\n";
};

Task<Result<net::Connected>> agree(AgreeableServer* server) {
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

Task<void> deliver_by_turns(Relay& one, Relay& other) {
  for (int i = 0; i < 2; ++i) {
    co_await deliver(one, 1);
    co_await deliver(other, 1);
  }
  co_await one.close(Seconds{1});
  co_await other.close(Seconds{1});
}

Smarthost smarthost() {
  Smarthost host;
  host.host = "mx";
  host.tls = Tls::none;
  host.helo = "me";
  return host;
}

TEST(Pool, EndsAConnectionThatIsIdleTooLong) {
  AgreeableServer server;
  boost::asio::io_context loop;
  PoolLimits limits;
  limits.idle = Milliseconds(0);
  const auto relay =
      make_relay(loop.get_executor(), smarthost(), nullptr, [&server] { return agree(&server); }, limits);
  test::run(loop, deliver(*relay, 1));  // runs until nothing is left to do: the timer has fired
  EXPECT_EQ(server.quits, 1U);
  test::run(loop, deliver(*relay, 1));
  EXPECT_EQ(server.connections, 2U);
  EXPECT_EQ(server.quits, 2U);
}

TEST(Pool, EndsAConnectionThatHasCarriedItsMessages) {
  AgreeableServer server;
  boost::asio::io_context loop;
  Smarthost host = smarthost();
  host.messages_per_connection = 3;
  const auto relay = make_relay(loop.get_executor(), host, nullptr, [&server] { return agree(&server); }, PoolLimits());
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
  AgreeableServer server;
  boost::asio::io_context loop;
  const auto relay =
      make_relay(loop.get_executor(), smarthost(), nullptr, [&server] { return agree(&server); }, PoolLimits());
  test::run(loop, deliver_too_late(*relay));
  EXPECT_EQ(server.connections, 1U);
  EXPECT_EQ(server.messages, 5U);
  EXPECT_EQ(server.quits, 1U);
}

/// Answers QUIT only when everybody has said it.
struct Farewell {
  explicit Farewell(const Executor& executor) : all_said(executor) {}
  boost::asio::steady_timer all_said;
  std::size_t waiting = 0;
  bool one_by_one = false;
};

class PoliteStream final : public test::PlainStream {
 public:
  PoliteStream(AgreeableServer& server, Farewell& farewell) : inner_(server), farewell_(farewell) {}
  Task<Result<std::size_t>> read_some(std::span<char> into) override {
    if (!quitting_) co_return co_await inner_.read_some(into);
    if (++farewell_.waiting == 3) {
      farewell_.all_said.cancel();
      co_return std::size_t{0};
    }
    farewell_.all_said.expires_after(Seconds(5));
    const auto [stopped] = co_await farewell_.all_said.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    if (!stopped) farewell_.one_by_one = true;
    co_return std::size_t{0};
  }
  Task<Result<void>> write(std::string_view bytes) override {
    quitting_ = bytes == "QUIT\r\n";
    return inner_.write(bytes);
  }

 private:
  AgreeableStream inner_;
  Farewell& farewell_;
  bool quitting_ = false;
};

struct OpenTogether {
  OpenTogether(const Executor& executor, AgreeableServer& to, Farewell& by)
      : server(to), farewell(by), all_open(executor) {}
  AgreeableServer& server;
  Farewell& farewell;
  boost::asio::steady_timer all_open;
  std::size_t open = 0;
};

/// All three connections are made before any is used, so that there will be three idle ones.
Task<Result<net::Connected>> agree_together(OpenTogether* opening) {
  if (++opening->open < 3) {
    opening->all_open.expires_at(SteadyTime::max());
    static_cast<void>(co_await opening->all_open.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable)));
  } else {
    opening->all_open.cancel();
  }
  net::Connected connected;
  connected.stream = std::make_unique<PoliteStream>(opening->server, opening->farewell);
  connected.peer = "mx";
  co_return connected;
}

TEST(Pool, SaysQuitOnAllIdleConnectionsTogether) {
  AgreeableServer server;
  boost::asio::io_context loop;
  Farewell farewell(loop.get_executor());
  OpenTogether opening(loop.get_executor(), server, farewell);
  const Connector connector = [o = &opening] { return agree_together(o); };
  const auto relay = make_relay(loop.get_executor(), smarthost(), nullptr, connector, PoolLimits());
  for (int i = 0; i < 3; ++i) spawn(loop.get_executor(), deliver(*relay, 1), "delivery");
  loop.poll();
  ASSERT_EQ(server.messages, 3U);
  ASSERT_EQ(server.connections, 3U);
  test::run(loop, relay->close(Seconds(0)));
  EXPECT_EQ(server.quits, 3U);
  EXPECT_FALSE(farewell.one_by_one);
}

Task<Result<net::Connected>> never_connects(Executor executor) {
  boost::asio::steady_timer long_time(executor, Seconds(5));
  static_cast<void>(co_await long_time.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable)));
  static_cast<void>(co_await long_time.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable)));
  co_return Error{Failure::refused, "nobody there"};
}

Task<void> deliver_to_nobody(Relay& relay, std::optional<mail::DeliveryReport>& seen) {
  const std::vector<std::string> recipients(1, "b@y");
  TestMessage message("a@x", recipients, "hi\n");
  seen = co_await relay.deliver(message);
}

TEST(Pool, CancelsConnectsUnderWayAfterTheGrace) {
  boost::asio::io_context loop;
  const Executor executor = loop.get_executor();
  const auto relay =
      make_relay(executor, smarthost(), nullptr, [executor] { return never_connects(executor); }, PoolLimits());
  std::optional<mail::DeliveryReport> seen;
  spawn(executor, deliver_to_nobody(*relay, seen), "delivery");
  loop.poll();
  ASSERT_FALSE(seen);
  test::run(loop, relay->close(Seconds(0)));
  ASSERT_TRUE(seen && seen->site);
  EXPECT_EQ(seen->site->failure, Failure::cancelled);
}

/// A server that answers the end of the data when it is let, or never.
struct Slow {
  explicit Slow(const Executor& executor) : answer(executor) { answer.expires_at(SteadyTime::max()); }
  boost::asio::steady_timer answer;
  bool cancelled = false;
};

class SlowStream final : public test::PlainStream {
 public:
  explicit SlowStream(Slow& slow) : slow_(slow) {}
  Task<Result<std::size_t>> read_some(std::span<char> into) override {
    if (slow_.cancelled) co_return Error{Failure::cancelled, "cancelled"};
    if (replies_.empty())
      static_cast<void>(co_await slow_.answer.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable)));
    if (slow_.cancelled) co_return Error{Failure::cancelled, "cancelled"};
    if (replies_.empty()) replies_ = "250 ok\r\n";
    const std::size_t count = std::min(into.size(), replies_.size());
    std::copy_n(replies_.begin(), count, into.begin());
    replies_.erase(0, count);
    co_return count;
  }
  Task<Result<void>> write(std::string_view bytes) override {
    if (!bytes.ends_with("\r\n.\r\n")) replies_ += bytes.starts_with("DATA") ? "354 go\r\n" : "250 ok\r\n";
    co_return Result<void>();
  }
  void cancel() override {
    slow_.cancelled = true;
    slow_.answer.cancel();
  }

 private:
  Slow& slow_;
  std::string replies_ = "220 mx\r\n";
};

Task<Result<net::Connected>> answer_slowly(Slow* slow) {
  net::Connected connected;
  connected.stream = std::make_unique<SlowStream>(*slow);
  connected.peer = "mx";
  co_return connected;
}

/// A delivery waits for the answer to its data, and the relay is closed with each of these graces, one after the other.
struct ClosedTwice {
  explicit ClosedTwice(std::vector<Seconds> graces) : slow(loop.get_executor()) {
    const Connector connector = [s = &slow] { return answer_slowly(s); };
    relay = make_relay(loop.get_executor(), smarthost(), nullptr, connector, PoolLimits());
    spawn(loop.get_executor(), deliver_to_nobody(*relay, seen), "delivery");
    loop.poll();
    for (const Seconds grace : graces) {
      spawn(loop.get_executor(), relay->close(grace), "close", [this] { ++closed; });
      loop.restart();
      loop.poll();
    }
  }
  boost::asio::io_context loop;
  Slow slow;
  std::unique_ptr<Relay> relay;
  std::optional<mail::DeliveryReport> seen;
  std::size_t closed = 0;
};

// A reload retires a relay with an hour of grace, and the daemon is stopped meanwhile: what is cut off would go twice.
TEST(Pool, ASecondCloseLeavesWhatIsUnderWayItsGrace) {
  for (const std::vector<Seconds>& graces :
       {std::vector{Seconds(3600), Seconds(60)}, std::vector{Seconds(60), Seconds(3600)},
        std::vector{Seconds(60), Seconds(60)}, std::vector{Seconds(3600), Seconds(60), Seconds(60)}}) {
    ClosedTwice twice(graces);
    EXPECT_FALSE(twice.slow.cancelled);
    EXPECT_EQ(twice.closed, 0U);
    twice.slow.answer.cancel();
    twice.loop.restart();
    twice.loop.run_for(Seconds(5));
    ASSERT_TRUE(twice.seen && !twice.seen->site);
    EXPECT_TRUE(twice.seen->recipients.at(0)->verdict == mail::Verdict::delivered);
    EXPECT_EQ(twice.closed, graces.size()) << "each close ends with the last delivery";
  }
}

TEST(Pool, TheShorterGraceOfTwoClosesCounts) {
  ClosedTwice twice({Seconds(3600), Seconds(0)});
  twice.loop.restart();
  twice.loop.run_for(Seconds(5));
  EXPECT_TRUE(twice.slow.cancelled);
  EXPECT_EQ(twice.closed, 2U);
}

/// Connects when it is let; each reply comes in a turn of the loop of its own, as those of a real server do.
struct LateServer {
  explicit LateServer(const Executor& executor) : slow(executor), connected(executor) {
    connected.expires_at(SteadyTime::max());
  }
  Slow slow;
  boost::asio::steady_timer connected;
};

class TurnStream final : public test::PlainStream {
 public:
  explicit TurnStream(Slow& slow) : slow_(slow), inner_(slow) {}
  Task<Result<std::size_t>> read_some(std::span<char> into) override {
    const Executor executor = slow_.answer.get_executor();
    co_await boost::asio::post(executor, boost::asio::use_awaitable);
    co_return co_await inner_.read_some(into);
  }
  Task<Result<void>> write(std::string_view bytes) override { return inner_.write(bytes); }
  void cancel() override { inner_.cancel(); }

 private:
  Slow& slow_;
  SlowStream inner_;
};

Task<Result<net::Connected>> connect_late(LateServer* server) {
  static_cast<void>(co_await server->connected.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable)));
  net::Connected connected;
  connected.stream = std::make_unique<TurnStream>(server->slow);
  connected.peer = "mx";
  co_return connected;
}

// Between connecting, opening and sending nothing is at work for a moment; that is no end of the delivery.
TEST(Pool, ADeliveryThatWasStillConnectingAtTheCloseHasTheWholeGrace) {
  for (const std::size_t closes : {1U, 2U, 3U}) {
    boost::asio::io_context loop;
    LateServer server(loop.get_executor());
    const Connector connector = [s = &server] { return connect_late(s); };
    const auto relay = make_relay(loop.get_executor(), smarthost(), nullptr, connector, PoolLimits());
    std::optional<mail::DeliveryReport> seen;
    std::size_t closed = 0;
    spawn(loop.get_executor(), deliver_to_nobody(*relay, seen), "delivery");
    for (std::size_t i = 0; i < closes; ++i)
      spawn(loop.get_executor(), relay->close(Seconds(60)), "close", [&closed] { ++closed; });
    loop.poll();
    server.connected.cancel();
    loop.restart();
    loop.poll();
    EXPECT_FALSE(server.slow.cancelled);
    EXPECT_FALSE(seen) << (seen->site ? seen->site->text : "no trouble");
    EXPECT_EQ(closed, 0U);
    server.slow.answer.cancel();
    loop.restart();
    loop.run_for(Seconds(5));
    ASSERT_TRUE(seen && !seen->site);
    EXPECT_TRUE(seen->recipients.at(0)->verdict == mail::Verdict::delivered);
    EXPECT_EQ(closed, closes);
  }
}

/// The connection was there in the turn of the loop in which it was given up.
Task<Result<net::Connected>> connect_all_the_same(LateServer* server) {
  co_await boost::asio::this_coro::throw_if_cancelled(false);
  co_return co_await connect_late(server);
}

TEST(Pool, AConnectionThatWinsInTheTurnInWhichTheGraceEndsIsGivenUp) {
  boost::asio::io_context loop;
  LateServer server(loop.get_executor());
  const Connector connector = [s = &server] { return connect_all_the_same(s); };
  const auto relay = make_relay(loop.get_executor(), smarthost(), nullptr, connector, PoolLimits());
  std::optional<mail::DeliveryReport> seen;
  spawn(loop.get_executor(), deliver_to_nobody(*relay, seen), "delivery");
  spawn(loop.get_executor(), relay->close(Seconds(0)), "close");
  loop.poll();
  ASSERT_TRUE(seen && seen->site) << "nobody is left to cancel it";
  EXPECT_EQ(seen->site->failure, Failure::cancelled);
}

// H39: what a connection was made for belongs to one relay; one with other settings has connections of its own.
/// Lets one connection in at a time, which carries one message, and takes its time over QUIT.
struct Narrow {
  std::size_t open = 0;
  std::size_t messages = 0;
};

class NarrowStream final : public test::PlainStream {
 public:
  NarrowStream(Executor executor, Narrow& server) : executor_(std::move(executor)), server_(server) {
    replies_ = ++server_.open > 1 ? "421 too many connections\r\n" : "220 mx\r\n";
  }
  ~NarrowStream() override { --server_.open; }
  NarrowStream(const NarrowStream&) = delete;
  NarrowStream& operator=(const NarrowStream&) = delete;

  Task<Result<std::size_t>> read_some(std::span<char> into) override {
    for (int turn = 0; quitting_ && turn < 20; ++turn)
      co_await boost::asio::post(executor_, boost::asio::use_awaitable);
    const std::size_t count = std::min(into.size(), replies_.size());
    std::copy_n(replies_.begin(), count, into.begin());
    replies_.erase(0, count);
    co_return count;
  }
  Task<Result<void>> write(std::string_view bytes) override {
    const bool enough = bytes.starts_with("MAIL") && taken_;
    if (bytes.ends_with("\r\n.\r\n")) ++server_.messages;
    if (bytes.ends_with("\r\n.\r\n")) taken_ = true;
    quitting_ = bytes == "QUIT\r\n";
    replies_ += enough                      ? "452 4.4.5 too many messages in this session\r\n"
                : bytes.starts_with("DATA") ? "354 go\r\n"
                                            : "250 ok\r\n";
    co_return Result<void>();
  }

 private:
  Executor executor_;
  Narrow& server_;
  std::string replies_;
  bool taken_ = false;
  bool quitting_ = false;
};

Task<Result<net::Connected>> squeeze_in(Executor executor, Narrow* server) {
  net::Connected connected;
  connected.stream = std::make_unique<NarrowStream>(executor, *server);
  connected.peer = "mx";
  co_return connected;
}

TEST(Pool, AConnectionThatSaysEnoughIsGoneBeforeTheFreshOneIsOpened) {
  Narrow server;
  boost::asio::io_context loop;
  const Executor executor = loop.get_executor();
  const auto relay =
      make_relay(executor, smarthost(), nullptr, [&] { return squeeze_in(executor, &server); }, PoolLimits());
  test::run(loop, deliver_and_close(*relay, 4));
  EXPECT_EQ(server.messages, 4U);
  EXPECT_EQ(server.open, 0U);
}

TEST(Pool, H39_IsNotSharedBetweenRelays) {
  AgreeableServer server;
  boost::asio::io_context loop;
  const Connector connector = [s = &server] { return agree(s); };
  const auto one = make_relay(loop.get_executor(), smarthost(), nullptr, connector, PoolLimits());
  Smarthost changed = smarthost();
  changed.tls_name = "other";
  const auto other = make_relay(loop.get_executor(), changed, nullptr, connector, PoolLimits());
  test::run(loop, deliver_by_turns(*one, *other));
  EXPECT_EQ(server.messages, 4U);
  EXPECT_EQ(server.connections, 2U);
}

}  // namespace
}  // namespace postern::relay
