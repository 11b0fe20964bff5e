// Several addresses of one host over real sockets: 127.0.0.2 and its neighbours, all at one port.
#include "net/dial.h"

#include "local_servers.h"
#include "support/run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <optional>

namespace postern::net {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr Milliseconds kPatience{2000};  // with those who say nothing
// Where a handshake follows: half of it goes for one in which nothing is said, and a busy machine takes its time.
constexpr Milliseconds kPatienceForTwo{5000};

struct Host {
  boost::asio::io_context loop;
  std::vector<std::unique_ptr<LocalServer>> servers;
  std::vector<DeafAddress> deaf;
  Endpoints addresses;
  ClientOptions options;
  RaceTimes times;

  Host() {
    options.host = "smtp.example.com";
    options.connect_timeout = Seconds(10);
    options.addresses = std::make_shared<AddressMemory>();
  }

  [[nodiscard]] std::string next_address() const { return "127.0.0." + std::to_string(2 + addresses.size()); }
  [[nodiscard]] std::uint16_t port() const { return addresses.empty() ? std::uint16_t{0} : addresses.front().port(); }

  LocalServer& serve(Habit habit, const std::shared_ptr<TlsServer>& tls = nullptr) {
    servers.push_back(std::make_unique<LocalServer>(loop, next_address(), port(), habit, tls));
    addresses.push_back(servers.back()->endpoint());
    return *servers.back();
  }
  void be_deaf() {
    deaf.emplace_back(Endpoint(boost::asio::ip::make_address(next_address()), port()));
    addresses.push_back(deaf.back().endpoint());
  }
  /// Nobody listens there.
  void be_away() { addresses.emplace_back(boost::asio::ip::make_address(next_address()), port()); }

  void tls(bool implicit) {
    options.tls = client_for("localhost");
    options.implicit_tls = implicit;
  }

  template <class T>
  T wait(Task<T> task) {
    return test::wait(loop, std::move(task));
  }

  [[nodiscard]] std::shared_ptr<Dial> dial() {
    return make_dial(loop.get_executor(), options, in_order(addresses, options.addresses->worked), times);
  }
  Result<Connected> connected() {
    const auto to = dial();
    return wait(to->next());
  }
};

std::string address_of(const Connected& connected) {
  const std::size_t begin = connected.peer.find('[') + 1;
  return connected.peer.substr(begin, connected.peer.find(']') - begin);
}

Task<Result<std::string>> heard(Stream& stream) {
  std::array<char, 64> buffer{};
  const auto count = co_await stream.read_some(buffer);
  if (!count) co_return count.error();
  co_return std::string(buffer.data(), *count);
}

TEST(Dial, Fault3_ADeadAddressDelaysTheConnectionButDoesNotPreventIt) {
  Host host;
  host.options.connect_timeout = Seconds(60);
  host.serve(Habit::well).close();  // only to have a port
  host.addresses.clear();
  auto& living = host.serve(Habit::well);
  const Endpoint there = living.endpoint();
  host.be_deaf();
  host.be_deaf();
  std::ranges::rotate(host.addresses, host.addresses.begin() + 1);
  const auto began = std::chrono::steady_clock::now();
  auto client = host.connected();
  const auto took = std::chrono::steady_clock::now() - began;
  ASSERT_TRUE(client.has_value()) << client.error().text;
  EXPECT_EQ(address_of(*client), there.address().to_string());
  EXPECT_LT(took, Seconds(30)) << "two delays of 250 ms are due, not two time-outs";
  EXPECT_TRUE(client->dial->more());

  // Once it has served it is the first one.
  client->dial->worked();
  EXPECT_EQ(host.options.addresses->worked, there.address().to_string());
  host.times.delay = std::chrono::hours(1);
  EXPECT_TRUE(host.connected().has_value());
}

TEST(Dial, GoesOnPastAddressesWhereNobodyListens) {
  Host host;
  auto& living = host.serve(Habit::well);
  for (int i = 0; i < 20; ++i) host.be_away();
  std::ranges::rotate(host.addresses, host.addresses.begin() + 1);
  host.times.delay = std::chrono::hours(1);
  auto client = host.connected();
  ASSERT_TRUE(client.has_value()) << client.error().text;
  EXPECT_EQ(address_of(*client), living.endpoint().address().to_string());
  EXPECT_FALSE(client->dial->more());
  living.close();
  const auto nobody = host.connected();
  ASSERT_FALSE(nobody.has_value());
  EXPECT_EQ(nobody.error().failure, Failure::refused);
  EXPECT_THAT(nobody.error().text, StartsWith("smtp.example.com[127.0.0.3]:"));
  EXPECT_THAT(nobody.error().text, HasSubstr("; and so on at 13 more addresses"));
}

TEST(Dial, AllAddressesTogetherHaveUntilTheDeadline) {
  Host host;
  host.options.connect_timeout = Seconds(60);
  host.serve(Habit::well).close();
  host.be_deaf();
  host.be_deaf();
  const auto began = std::chrono::steady_clock::now();
  host.options.deadline = began + kPatience;
  host.times.delay = kPatience / 2;
  const auto client = host.connected();
  const auto took = std::chrono::steady_clock::now() - began;
  ASSERT_FALSE(client.has_value());
  EXPECT_EQ(client.error().failure, Failure::timeout);
  EXPECT_GE(took, kPatience);
  EXPECT_LT(took, Seconds(30));
}

TEST(Dial, H52_Fault3_TheHandshakeIsInsideTheTimeOfItsAddress) {
  Host host;
  host.tls(true);
  host.serve(Habit::silent_from_the_start);
  host.options.connect_timeout = kPatience;
  const auto began = std::chrono::steady_clock::now();
  const auto client = host.connected();
  ASSERT_FALSE(client.has_value());
  EXPECT_EQ(client.error().failure, Failure::timeout);
  EXPECT_LT(std::chrono::steady_clock::now() - began, Seconds(20));
}

TEST(Dial, Fault3_AFailedHandshakeGoesOnToTheNextAddress) {
  CertificateOptions wrong;
  wrong.names = {"other.example"};
  for (const Habit habit : {Habit::well, Habit::hang_up, Habit::silent_from_the_start}) {
    Host host;
    host.tls(true);
    host.times.handshake = Milliseconds(10);
    host.serve(habit, server_with(wrong));
    auto& good = host.serve(Habit::well, server_with({}));
    auto client = host.connected();
    ASSERT_TRUE(client.has_value()) << client.error().text;
    EXPECT_EQ(address_of(*client), good.endpoint().address().to_string());
    EXPECT_TRUE(client->stream->secure());
    EXPECT_EQ(*host.wait(heard(*client->stream)), "220 hello\r\n");
  }
}

TEST(Dial, GoesThroughAllAddressesAsLongAsNobodyIsContent) {
  Host host;
  for (int i = 0; i < 6; ++i) host.serve(Habit::well);
  std::vector<std::string> reached;
  auto client = host.connected();
  for (;;) {
    ASSERT_TRUE(client.has_value()) << client.error().text;
    reached.push_back(address_of(*client));
    client->dial->failed();
    if (!client->dial->more()) break;
    const auto dial = client->dial;
    client = host.wait(dial->next());
  }
  EXPECT_EQ(reached.size(), 6U);
  std::ranges::sort(reached);
  EXPECT_EQ(std::ranges::unique(reached).size(), 0U);
  EXPECT_EQ(host.options.addresses->worked, "");
}

TEST(Dial, TheAddressThatWorkedIsForgottenWhenItFails) {
  Host host;
  host.serve(Habit::well);
  host.options.addresses->worked = "127.0.0.9";
  auto client = host.connected();
  ASSERT_TRUE(client.has_value());
  client->dial->failed();
  EXPECT_EQ(host.options.addresses->worked, "127.0.0.9") << "of that one nothing was said";
  client->dial->worked();
  EXPECT_EQ(host.options.addresses->worked, "127.0.0.2");
  client->dial->failed();
  EXPECT_EQ(host.options.addresses->worked, "");
}

/// What was heard first at a new connection, with TLS from the beginning or not; "" if there was none. Goes on as long
/// as the dial does, as the relay would.
std::string heard_from(Host& host, bool implicit) {
  host.options.implicit_tls = implicit;
  auto client = host.connected();
  while (client) {
    client->stream->expires_after(host.options.connect_timeout);
    Result<void> secured;
    if (!implicit) secured = host.wait(client->stream->start_tls());
    const auto said = secured ? host.wait(heard(*client->stream)) : Result<std::string>(secured.error());
    if (said && !said->empty()) return *said;
    const auto dial = client->dial;
    client->stream.reset();
    if (!dial->more()) return "nothing more";
    client = host.wait(dial->next());
  }
  return client.error().text;
}

// A middlebox or a rebuilt server that cuts what it does not know: without the sessions it takes everything.
TEST(Dial, Fault4_AResumptionThatEndsInAnyWayButSuccessIsDoneAgainInFull) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const auto tls = server_with({});
    limit_to(tls, version);
    for (const bool implicit : {true, false}) {
      for (const Habit habit : kCuts) {
        SCOPED_TRACE(std::to_string(version) + (implicit ? " implicit " : " STARTTLS ") +
                     std::to_string(static_cast<int>(habit)));
        const bool silent = habit == Habit::silence || habit == Habit::silence_after;
        if (silent && implicit != (version == TLS1_3_VERSION)) continue;  // each takes its time
        Host host;
        host.tls(implicit);
        auto& server = host.serve(Habit::well, tls);
        ASSERT_EQ(heard_from(host, implicit), "220 hello\r\n");
        ASSERT_EQ(heard_from(host, implicit), "220 hello\r\n");
        ASSERT_EQ(server.seen().resumed, 1U);
        ASSERT_EQ(server.seen().connections, 2U);
        server.habit(habit);
        if (silent) host.options.connect_timeout = kPatienceForTwo;
        EXPECT_EQ(heard_from(host, implicit), "220 hello\r\n");
        EXPECT_EQ(server.seen().connections, 4U) << "once cut, once in full";
        EXPECT_EQ(server.seen().greeted, 3U);
      }
    }
  }
}

TEST(Dial, AFullHandshakeThatFailsIsNotDoneAgain) {
  for (const Habit habit : {Habit::hang_up, Habit::silent_from_the_start}) {
    Host host;
    host.tls(true);
    host.options.connect_timeout = kPatience;
    auto& server = host.serve(habit, server_with({}));
    EXPECT_FALSE(host.connected().has_value());
    EXPECT_EQ(server.seen().connections, 1U);
  }
}

}  // namespace
}  // namespace postern::net
