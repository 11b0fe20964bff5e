// A smarthost with several addresses: what goes wrong before the login is a matter of one address, and the next one is
// tried at once; a login that goes wrong is not.
#include "relay/smtp_relay.h"

#include "faulty_server.h"
#include "smtp/limits.h"
#include "support/expected_log.h"
#include "support/run.h"
#include "test_message.h"
#include "test_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace postern::relay {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

/// The addresses of one host, each with a server of its own.
struct TestHost {
  std::vector<std::function<std::unique_ptr<net::Stream>()>> addresses;  ///< null: nobody is there
  std::vector<std::string> told;                                         ///< "failed 0", "worked 1"
  std::vector<std::size_t> reached;
  std::function<bool()> more = [] { return true; };  ///< what was not reached yet may be
  bool all_the_same = false;                         ///< one address, and servers that follow each other there
};

class TestDial final : public net::Dial, public std::enable_shared_from_this<TestDial> {
 public:
  explicit TestDial(TestHost& host) : host_(host) {}
  void worked() override { host_.told.push_back("worked " + std::to_string(next_ - 1)); }
  void failed() override { host_.told.push_back("failed " + std::to_string(next_ - 1)); }
  [[nodiscard]] bool more() const override { return next_ < host_.addresses.size() && host_.more(); }
  [[nodiscard]] bool once_more() const override { return more() && host_.all_the_same; }
  Task<Result<net::Connected>> next() override {
    const std::size_t index = next_++;
    host_.reached.push_back(index);
    net::Connected connected;
    connected.peer = "mx[192.0.2." + std::to_string(index + 1) + "]:587";
    if (!host_.addresses[index]) co_return Error{Failure::refused, connected.peer + ": Connection refused"};
    connected.stream = host_.addresses[index]();
    connected.dial = shared_from_this();
    co_return connected;
  }

 private:
  TestHost& host_;
  std::size_t next_ = 0;
};

Task<Result<net::Connected>> first_of(TestHost* host) {
  const auto dial = std::make_shared<TestDial>(*host);
  auto connected = co_await dial->next();
  co_return connected;
}

Smarthost host_with_login() {
  Smarthost host;
  host.name = "main";
  host.host = "mx";
  host.port = 587;
  host.tls = Tls::starttls;
  host.credentials = password_source("demo", "hushhush");
  host.helo = "me";
  return host;
}

Task<mail::DeliveryReport> deliver_one(Executor executor, TestHost* host, Tls tls) {
  Smarthost smarthost = host_with_login();
  smarthost.tls = tls;
  const auto relay = make_relay(executor, smarthost, nullptr, [host] { return first_of(host); }, PoolLimits());
  const std::vector<std::string> recipients = {"b@y", "c@y", "d@y"};
  TestMessage message("a@x", recipients, "Subject: hi\n\nbody\n");
  auto report = co_await relay->deliver(message);
  const Seconds grace{1};
  co_await relay->close(grace);
  co_return report;
}

mail::DeliveryReport delivery_to(TestHost& host, Tls tls = Tls::starttls) {
  boost::asio::io_context loop;
  return test::run(loop, deliver_one(loop.get_executor(), &host, tls));
}

std::function<std::unique_ptr<net::Stream>()> server(At at, Fault fault) {
  FaultyServer::Plan plan;
  plan.at = at;
  plan.fault = fault;
  const auto witness = std::make_shared<Witness>();
  return [plan, witness] { return std::make_unique<FaultyServer>(plan, witness); };
}

bool delivered(const mail::DeliveryReport& report) {
  return std::ranges::all_of(report.recipients,
                             [](const auto& each) { return each && each->verdict == mail::Verdict::delivered; });
}

TEST(Addresses, Fault3_WhatFailsBeforeTheLoginGoesOnToTheNextAddressAndALoginNever) {
  std::size_t gone_on = 0;
  for (int at = static_cast<int>(At::greeting); at <= static_cast<int>(At::login); ++at) {
    for (int fault = 0; fault <= static_cast<int>(Fault::alert); ++fault) {
      SCOPED_TRACE(std::to_string(at) + " x " + std::to_string(fault));
      TestHost alone;
      alone.addresses.push_back(server(static_cast<At>(at), static_cast<Fault>(fault)));
      const auto single = delivery_to(alone);

      TestHost host;
      host.addresses.push_back(server(static_cast<At>(at), static_cast<Fault>(fault)));
      host.addresses.push_back(server(At::quit, Fault::later));
      const auto report = delivery_to(host);
      const bool of_the_address =
          single.site && (single.site->step == mail::Step::greeting || single.site->step == mail::Step::ehlo ||
                          single.site->step == mail::Step::tls);
      if (!of_the_address) {
        EXPECT_EQ(host.told, alone.told);
        EXPECT_EQ(host.reached, alone.reached);
        EXPECT_EQ(report.site.has_value(), single.site.has_value());
        continue;
      }
      ++gone_on;
      EXPECT_TRUE(delivered(report)) << (report.site ? report.site->text : "");
      EXPECT_EQ(host.reached, (std::vector<std::size_t>{0, 1}));
      EXPECT_EQ(host.told, (std::vector<std::string>{"failed 0", "worked 1"}));
    }
  }
  EXPECT_GT(gone_on, 30U);
}

// Each probe of a login that is wrong would otherwise meet the dead addresses again.
TEST(Addresses, TheOneThatWelcomedUsIsTheFirstTheNextTimeAlsoWhenItRefusedTheLogin) {
  TestHost host;
  host.addresses.push_back(server(At::greeting, Fault::stall));
  host.addresses.push_back(server(At::login, Fault::never));
  host.addresses.push_back(server(At::quit, Fault::later));
  const auto report = delivery_to(host);
  ASSERT_TRUE(report.site);
  EXPECT_EQ(report.site->step, mail::Step::auth);
  EXPECT_EQ(host.reached, (std::vector<std::size_t>{0, 1}));
  EXPECT_EQ(host.told, (std::vector<std::string>{"failed 0", "worked 1"}));
}

/// The only address of a host, whose server says nothing after the handshake; a resumption that fails is done in full.
struct SilentAfterTheHandshake {
  SilentAfterTheHandshake(Tls tls, bool resumed) {
    FaultyServer::Plan plan;
    plan.at = tls == Tls::implicit ? At::greeting : At::inside;
    plan.fault = Fault::stall;
    plan.implicit = tls == Tls::implicit;
    plan.resumed = resumed;
    host.addresses.emplace_back([plan, w = witness] { return std::make_unique<FaultyServer>(plan, w); });
    plan.resumed = false;
    host.addresses.emplace_back([plan, w = witness] { return std::make_unique<FaultyServer>(plan, w); });
    host.more = [w = witness, resumed] { return resumed && w->done && w->patience > Milliseconds(0); };
    host.all_the_same = true;
    report = delivery_to(host, tls);
  }
  std::shared_ptr<Witness> witness = std::make_shared<Witness>();
  TestHost host;
  mail::DeliveryReport report;
};

// That it will have to be done again is known only when it has failed.
TEST(Addresses, AResumptionInWhichNothingIsHeardIsLeftSoonAlsoAtTheOnlyAddress) {
  for (const Tls tls : {Tls::implicit, Tls::starttls}) {
    const SilentAfterTheHandshake resumed(tls, true);
    EXPECT_TRUE(delivered(resumed.report)) << (resumed.report.site ? resumed.report.site->text : "");
    EXPECT_EQ(resumed.host.reached, (std::vector<std::size_t>{0, 1}));
    EXPECT_LE(resumed.witness->patience, smtp::limits::kWelcome);
    EXPECT_THAT(test::logged(), testing::Contains(HasSubstr("the same address is tried without it")));
    EXPECT_THAT(test::logged(), testing::Not(testing::Contains(HasSubstr("the next one is tried"))));

    const SilentAfterTheHandshake in_full(tls, false);
    ASSERT_TRUE(in_full.report.site);
    EXPECT_EQ(in_full.report.site->failure, Failure::timeout);
    EXPECT_EQ(in_full.host.reached, (std::vector<std::size_t>{0}));
    EXPECT_EQ(in_full.witness->patience, tls == Tls::implicit ? smtp::limits::kGreeting : smtp::limits::kMail);
  }
}

TEST(Addresses, AreAllToldOfWhenNoneLetsUsIn) {
  TestHost host;
  host.addresses.push_back(server(At::greeting, Fault::never));
  host.addresses.push_back(server(At::ehlo, Fault::closing));
  host.addresses.emplace_back();
  const auto report = delivery_to(host);
  ASSERT_TRUE(report.site);
  EXPECT_EQ(report.site->step, mail::Step::ehlo) << "the last one where somebody answered";
  EXPECT_EQ(report.site->code, 421);
  EXPECT_THAT(report.site->text, StartsWith("mx[192.0.2.1]:587: the server refuses the connection: \"550 5.7.1"));
  EXPECT_THAT(report.site->text, HasSubstr("; mx[192.0.2.2]:587: "));
  EXPECT_THAT(report.site->text, HasSubstr("; mx[192.0.2.3]:587: Connection refused"));
  EXPECT_EQ(host.told, (std::vector<std::string>{"failed 0", "failed 1"}));
}

}  // namespace
}  // namespace postern::relay
