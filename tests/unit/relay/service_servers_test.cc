// A smarthost whose servers the DNS names: what a session says and remembers of the one that it talks to.
#include "auth_server.h"
#include "base/base64.h"
#include "relay/site_memory.h"
#include "relay/smtp_relay.h"
#include "support/run.h"
#include "test_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace postern::relay {
namespace {

using testing::HasSubstr;

Task<Result<net::Connected>> connect_to_named(AuthServer* server) {
  net::Connected connected;
  connected.stream = std::make_unique<AuthServerStream>(*server);
  connected.peer = "smtp2.example.com[192.0.2.2]:2465 (srv:_submissions._tcp.example.com)";
  connected.host = "smtp2.example.com";
  connected.port = 2465;
  co_return connected;
}

Smarthost service_with_token() {
  Smarthost smarthost;
  smarthost.name = "main";
  smarthost.host = "srv:_submissions._tcp.example.com";
  smarthost.helo = "me";
  smarthost.credentials = std::make_shared<TestSource>(with_token("demo", "token"));
  return smarthost;
}

TEST(ServiceServers, ATokenIsSentForTheServerThatWasReached) {
  AuthServer server;
  server.offer = "AUTH OAUTHBEARER";
  server.tokens.insert("token");
  boost::asio::io_context loop;
  AuthServer* to = &server;
  const auto memory = std::make_shared<VolatileMemory>();
  const auto relay = make_relay(
      loop.get_executor(), service_with_token(), memory, [to] { return connect_to_named(to); }, PoolLimits());
  const auto report = test::run(loop, relay->check({}));
  EXPECT_FALSE(report.trouble) << report.trouble->text;
  EXPECT_EQ(report.host, "smtp2.example.com[192.0.2.2]:2465 (srv:_submissions._tcp.example.com)");
  const auto auth =
      std::ranges::find_if(server.heard, [](const std::string& line) { return line.starts_with("AUTH "); });
  ASSERT_NE(auth, server.heard.end());
  const auto said = base64_decode(auth->substr(auth->rfind(' ') + 1));
  ASSERT_TRUE(said);
  EXPECT_THAT(*said, HasSubstr("host=smtp2.example.com\1port=2465\1"));
  // What was learnt belongs to all servers of the service.
  EXPECT_EQ(memory->recall("srv:_submissions._tcp.example.com demo").mechanism, "OAUTHBEARER");
  EXPECT_EQ(relay->explain().host, "srv:_submissions._tcp.example.com");
}

TEST(ServiceServers, APlaceIsAHostWithItsPortOrAService) {
  Smarthost smarthost;
  smarthost.host = "smtp.example.com";
  smarthost.port = 587;
  EXPECT_EQ(place_of(smarthost), "smtp.example.com:587");
  EXPECT_EQ(place_of(service_with_token()), "srv:_submissions._tcp.example.com");
}

}  // namespace
}  // namespace postern::relay
