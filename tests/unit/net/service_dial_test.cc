#include "net/service_dial.h"

#include "support/run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace postern::net {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

/// Servers by their names, each with the number of addresses that can be reached; none: an error.
struct Servers {
  std::map<std::string, int> addresses;
  std::map<std::string, Failure> failures;
  SteadyTime now{};
  Seconds each{0};                 ///< of a server that cannot be reached
  std::vector<std::string> calls;  ///< "a", or "a!" where it was the last one
  std::vector<std::string> told;
  std::shared_ptr<ServiceDirectory> directory =
      std::make_shared<ServiceDirectory>(ServiceName{"_submissions", "example.com"}, parts());

  static Task<Result<DnsAnswer>> tell() {
    DnsAnswer answer;
    answer.records = {{1, 0, 465, "a"}, {2, 0, 465, "b"}, {3, 0, 465, "c"}};
    answer.ttl = kLongestAnswer;
    co_return answer;
  }
  ServiceDirectory::Parts parts() {
    ServiceDirectory::Parts parts;
    parts.ask = [](Milliseconds) { return tell(); };
    parts.now = [this] { return now; };
    parts.draw = [](std::uint32_t) { return 0U; };
    return parts;
  }
  std::vector<DnsRecord> order() { return test::run(directory->servers())->order; }
  std::string next_order() {
    std::string text;
    for (const DnsRecord& one : order()) text += one.target;
    return text;
  }
  Error error_of(const std::string& name) {
    return Error{failures.contains(name) ? failures[name] : Failure::refused, name + "[192.0.2.1]:465: no"};
  }
  std::shared_ptr<Dial> dial();
};

class OneServer final : public Dial, public std::enable_shared_from_this<OneServer> {
 public:
  OneServer(Servers& servers, std::string name) : servers_(servers), name_(std::move(name)) {}
  void worked() override { servers_.told.push_back("worked " + name_); }
  void failed() override { servers_.told.push_back("failed " + name_); }
  [[nodiscard]] bool more() const override { return used_ < servers_.addresses.at(name_); }
  [[nodiscard]] bool once_more() const override { return false; }
  Task<Result<Connected>> next() override {
    ++used_;
    Connected connected;
    connected.peer = name_ + "[192.0.2." + std::to_string(used_) + "]:465";
    connected.dial = shared_from_this();
    co_return connected;
  }

 private:
  Servers& servers_;
  std::string name_;
  int used_ = 0;
};

Task<Result<Connected>> call_server(Servers* servers, std::string name, Turn turn) {
  servers->calls.push_back(name + (turn == Turn::last ? "!" : ""));
  if (servers->addresses[name] == 0) {
    servers->now += servers->each;
    co_return servers->error_of(name);
  }
  const auto dial = std::make_shared<OneServer>(*servers, name);
  auto connected = co_await dial->next();
  co_return connected;
}

std::shared_ptr<Dial> Servers::dial() {
  CallServer call = [this](const DnsRecord& server, Turn turn) { return call_server(this, server.target, turn); };
  return make_service_dial(ServiceName{"_submissions", "example.com"}, order(), directory, std::move(call));
}

TEST(ServiceDial, TriesNoMoreServersThanThereIsTimeFor) {
  Servers servers;
  servers.each = kServersTogether;
  servers.addresses = {{"a", 0}, {"b", 1}, {"c", 1}};
  const auto dial = servers.dial();
  EXPECT_FALSE(test::run(dial->next()));
  EXPECT_THAT(servers.calls, ElementsAre("a"));
  EXPECT_EQ(servers.next_order(), "bca") << "at the next connection";
}

TEST(ServiceDial, GoesToTheFirstServerThatCanBeReached) {
  Servers servers;
  servers.addresses = {{"a", 0}, {"b", 1}, {"c", 1}};
  const auto dial = servers.dial();
  const auto connected = test::run(dial->next());
  ASSERT_TRUE(connected);
  EXPECT_EQ(connected->peer, "b[192.0.2.1]:465 (srv:_submissions._tcp.example.com)");
  EXPECT_EQ(connected->host, "b");
  EXPECT_EQ(connected->port, 465);
  EXPECT_EQ(connected->dial, dial);
  EXPECT_THAT(servers.calls, ElementsAre("a", "b"));
  dial->worked();
  EXPECT_THAT(servers.told, ElementsAre("worked b"));
  EXPECT_EQ(servers.next_order(), "bca") << "the one that could not be reached is the last the next time";
}

TEST(ServiceDial, GoesOnThroughAllAddressesOfAllServers) {
  Servers servers;
  servers.addresses = {{"a", 2}, {"b", 0}, {"c", 1}};
  const auto dial = servers.dial();
  std::vector<std::string> peers;
  while (dial->more()) {
    const auto connected = test::run(dial->next());
    ASSERT_TRUE(connected);
    peers.push_back(connected->peer.substr(0, connected->peer.find(']') + 1));
    dial->failed();
  }
  EXPECT_THAT(peers, ElementsAre("a[192.0.2.1]", "a[192.0.2.2]", "c[192.0.2.1]"));
  EXPECT_THAT(servers.calls, ElementsAre("a", "b", "c!"));
  EXPECT_THAT(servers.told, ElementsAre("failed a", "failed a", "failed c"));
  EXPECT_EQ(servers.next_order(), "abc") << "all have failed, so the order of the DNS counts again";
}

TEST(ServiceDial, AServerIsNoFailureAsLongAsItHasAnotherAddress) {
  Servers servers;
  servers.addresses = {{"a", 2}, {"b", 1}, {"c", 1}};
  const auto dial = servers.dial();
  ASSERT_TRUE(test::run(dial->next()));
  dial->failed();
  EXPECT_EQ(servers.next_order(), "abc");
  ASSERT_TRUE(test::run(dial->next()));
  dial->failed();
  EXPECT_EQ(servers.next_order(), "bca");
}

TEST(ServiceDial, NamesTheServiceAndEveryServerWhereNoneCanBeReached) {
  Servers servers;
  servers.addresses = {{"a", 0}, {"b", 0}, {"c", 0}};
  servers.failures = {{"a", Failure::resolve}, {"b", Failure::tls}, {"c", Failure::timeout}};
  const auto nobody = test::run(servers.dial()->next());
  ASSERT_FALSE(nobody);
  EXPECT_EQ(nobody.error().failure, Failure::tls) << "it tells most";
  EXPECT_THAT(nobody.error().text, StartsWith("srv:_submissions._tcp.example.com: a[192.0.2.1]"));
  for (const char* name : {"a[", "b[", "c["}) EXPECT_THAT(nobody.error().text, HasSubstr(name));
}

TEST(ServiceDial, EndsAtOnceWhenItIsCancelled) {
  Servers servers;
  servers.addresses = {{"a", 0}, {"b", 1}, {"c", 1}};
  servers.failures = {{"a", Failure::cancelled}};
  const auto ended = test::run(servers.dial()->next());
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().failure, Failure::cancelled);
  EXPECT_THAT(servers.calls, ElementsAre("a"));
  EXPECT_EQ(servers.next_order(), "abc") << "that says nothing against the server";
}

}  // namespace
}  // namespace postern::net
