// Logins to a server that really checks: every mechanism, every failing operation, every senseless challenge.
#include "auth_server.h"
#include "base/redactor.h"
#include "relay/smtp_relay.h"
#include "support/expected_log.h"
#include "support/run.h"
#include "test_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

namespace postern::relay {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

Task<Result<net::Connected>> connect(AuthServer* server) {
  if (server->connections >= 20) co_return Error{Failure::refused, "it does not end"};
  net::Connected connected;
  connected.stream = std::make_unique<AuthServerStream>(*server);
  connected.peer = "mx[192.0.2.1]:465";
  co_return connected;
}

struct Site {
  AuthServer server;
  std::shared_ptr<TestSource> source = password_source("demo", "secret");
  std::shared_ptr<MemoryStore> memory;
  Smarthost smarthost;

  Site() {
    server.users["demo"] = "secret";
    smarthost.name = "main";
    smarthost.host = "mx";
    smarthost.port = 465;
    smarthost.helo = "me";
  }

  mail::CheckReport check(mail::CheckOptions options = {}) {
    boost::asio::io_context loop;
    smarthost.credentials = source;
    AuthServer* to = &server;
    const auto relay = make_relay(loop.get_executor(), smarthost, memory, [to] { return connect(to); }, PoolLimits());
    return test::run(loop, relay->check(options));
  }
};

void bind(AuthServer& server) {
  server.bindings.emplace_back("tls-exporter", std::string(32, 'x'));
  server.bindings.emplace_back("tls-server-end-point", std::string(32, 'y'));
  server.client_bindings = server.bindings;
}

TEST(Login, SucceedsByEveryMechanism) {
  for (const std::string& name : sasl::known_mechanisms()) {
    SCOPED_TRACE(name);
    Site site;
    site.server.offer = "AUTH " + name;
    if (name.ends_with("-PLUS")) bind(site.server);
    sasl::Credentials credentials = with_password("demo", "secret");
    credentials.token = Secret("token");
    credentials.client_certificate = true;
    site.source->set(credentials);
    site.server.tokens.insert("token");
    site.server.certificate_user = "demo";
    const auto report = site.check();
    EXPECT_FALSE(report.trouble) << report.trouble->text;
    EXPECT_EQ(report.mechanism, name);
    EXPECT_EQ(site.server.logins, 1U);
    EXPECT_THAT(report.order, ElementsAre(name));
  }
}

TEST(Login, UsesTheStrongestOfManyAtOnce) {
  Site site;
  bind(site.server);
  site.server.offer = "AUTH LOGIN PLAIN CRAM-MD5\nAUTH=SCRAM-SHA-1 SCRAM-SHA-256-PLUS SCRAM-SHA-256";
  const auto report = site.check();
  EXPECT_EQ(report.mechanism, "SCRAM-SHA-256-PLUS");
  EXPECT_THAT(site.server.tried, ElementsAre("SCRAM-SHA-256-PLUS"));
  EXPECT_EQ(report.credentials, "password");
}

TEST(Login, EndsTheSessionWhenTheServerSeesAnotherChannel) {
  Site site;
  bind(site.server);
  site.server.client_bindings.front().second = std::string(32, 'm');
  site.server.offer = "AUTH SCRAM-SHA-256-PLUS SCRAM-SHA-256 PLAIN";
  const auto report = site.check();
  ASSERT_TRUE(report.trouble);
  EXPECT_EQ(report.trouble->step, mail::Step::auth);
  EXPECT_EQ(report.trouble->failure, Failure::tls);
  EXPECT_TRUE(report.trouble->login_refused);
  EXPECT_THAT(site.server.tried, ElementsAre("SCRAM-SHA-256-PLUS"));
  EXPECT_THAT(site.server.heard, Not(Contains("*")));
  EXPECT_THAT(site.server.heard, Not(Contains("QUIT")));
  EXPECT_EQ(site.server.connections, 1U);
}

TEST(Login, EndsTheSessionWhenSomebodyTookThePlusAway) {
  Site site;
  bind(site.server);
  site.server.offer = "AUTH SCRAM-SHA-256 PLAIN";  // the server itself can bind
  const auto report = site.check();
  ASSERT_TRUE(report.trouble);
  EXPECT_EQ(report.trouble->failure, Failure::tls);
  EXPECT_THAT(site.server.tried, ElementsAre("SCRAM-SHA-256"));
}

TEST(Login, AsksForTheCredentialsOnceARoundHoweverOftenTheServerHangsUp) {
  Site site;
  site.server.offer = "AUTH SCRAM-SHA-256 SCRAM-SHA-1 PLAIN LOGIN";
  site.server.users["demo"] = "another";
  site.server.hangs_up = true;
  const auto report = site.check();
  ASSERT_TRUE(report.trouble);
  EXPECT_TRUE(report.trouble->login_refused);
  EXPECT_EQ(site.source->reads, 1U);
  EXPECT_EQ(report.tried.size(), 4U);
  EXPECT_THAT(site.server.tried, ElementsAre("SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN", "LOGIN"));
}

Site renewing_site() {
  Site site;
  site.server.offer = "AUTH XOAUTH2";
  site.server.tokens.insert("new");
  site.source->set(with_token("demo", "old"));
  site.source->tokens.emplace_back("new");
  return site;
}

TEST(Login, RenewsARefusedTokenOnce) {
  Site site = renewing_site();
  const auto report = site.check();
  EXPECT_EQ(report.mechanism, "XOAUTH2");
  EXPECT_EQ(site.source->renewals, 1U);
  EXPECT_EQ(site.server.tried.size(), 2U);
}

/// Another connection has renewed the token while this one was being refused.
class SharedSource final : public credentials::Source {
 public:
  Task<Result<sasl::Credentials>> get(Want want) override {
    if (want == Want::renewed) ++renewals;
    co_return with_token("demo", ++reads == 1 ? "old" : "new");
  }
  [[nodiscard]] bool renewable() const override { return true; }
  [[nodiscard]] sasl::Credentials kinds() const override { return with_token("demo", ""); }
  int reads = 0;
  int renewals = 0;
};

TEST(Login, TakesATokenThatSomebodyElseHasRenewedMeanwhile) {
  Site site = renewing_site();
  const auto source = std::make_shared<SharedSource>();
  site.smarthost.credentials = source;
  boost::asio::io_context loop;
  AuthServer* to = &site.server;
  const auto relay =
      make_relay(loop.get_executor(), site.smarthost, nullptr, [to] { return connect(to); }, PoolLimits());
  EXPECT_EQ(test::run(loop, relay->check({})).mechanism, "XOAUTH2");
  EXPECT_EQ(source->renewals, 0);
}

using MakeSite = Site (*)();

Site scram_site() {
  Site site;
  bind(site.server);
  site.server.offer = "AUTH SCRAM-SHA-256-PLUS SCRAM-SHA-256 PLAIN";
  return site;
}

TEST(Login, EndsWellOrInTroubleWhicheverOperationFails) {
  constexpr std::array<MakeSite, 2> kSites{scram_site, renewing_site};
  for (const MakeSite make : kSites) {
    Site whole = make();
    ASSERT_FALSE(whole.check().trouble);
    const std::string best = whole.server.tried.front();
    for (const Failure failure : {Failure::timeout, Failure::closed, Failure::io, Failure::tls}) {
      for (std::size_t at = 1; at <= whole.server.operations; ++at) {
        SCOPED_TRACE(best + ": " + std::string(name(failure)) + " at operation " + std::to_string(at));
        Site site = make();
        site.server.fail_at = at;
        site.server.failure = failure;
        const auto report = site.check();
        EXPECT_LE(site.server.connections, 2U);
        EXPECT_LE(site.server.logins, 2U);
        const bool at_quit = at > whole.server.operations - 2;
        EXPECT_EQ(report.mechanism.empty(), report.trouble.has_value());
        if (failure != Failure::closed) {
          EXPECT_EQ(report.trouble.has_value(), !at_quit);
        }
        if (!report.trouble) continue;
        EXPECT_FALSE(report.trouble->login_refused && site.server.heard.empty());
        if (report.trouble->step != mail::Step::auth) {
          EXPECT_EQ(report.trouble->failure, failure);
        }
      }
    }
  }
}

// H40: every step of every mechanism answered with what makes no sense.
TEST(Login, H40_GoesOnWithTheNextMechanismWhateverNonsenseOneIsMadeOf) {
  const std::array<std::string, 12> nonsense = {
      "334",
      "334 ",
      "334 =",
      "334 ***",
      "334 AAAA",
      "334 AAAAAAAAAAAAAAAA",
      "334 " + base64_encode("e=other-error"),
      "334 " + base64_encode("{\"status\":"),
      "334 " + std::string(4000, 'A'),
      "334 a\rb",
      "334-one\r\n334 two",
      "334 " + base64_encode("m=x,r=y,s=z,i=4096"),
  };
  for (const std::string& name : sasl::known_mechanisms()) {
    for (const std::string& reply : nonsense) {
      SCOPED_TRACE(name + ": " + printable(reply).substr(0, 40));
      Site site;
      const std::string good = name == "PLAIN" ? "LOGIN" : "PLAIN";
      site.server.offer = "AUTH " + name + ' ' + good;
      site.smarthost.mechanisms = {name, good};
      sasl::Credentials credentials = with_password("demo", "secret");
      credentials.token = Secret("token");
      credentials.client_certificate = true;
      site.source->set(credentials);
      if (name.ends_with("-PLUS")) bind(site.server);
      site.server.broken[name] = reply;
      const auto report = site.check();
      EXPECT_EQ(report.mechanism, good);
      EXPECT_THAT(site.server.heard, Contains("*"));
      EXPECT_LE(site.server.heard.size(), 12U);
    }
  }
}

TEST(Login, TriesTheNextChannelBindingWhereTheServerDoesNotKnowTheFirst) {
  Site site;
  bind(site.server);
  site.server.bindings.erase(site.server.bindings.begin());  // no tls-exporter
  site.server.offer = "AUTH SCRAM-SHA-256-PLUS SCRAM-SHA-256 PLAIN";
  const auto report = site.check();
  EXPECT_FALSE(report.trouble) << report.trouble->text;
  EXPECT_EQ(report.mechanism, "SCRAM-SHA-256-PLUS");
  EXPECT_THAT(site.server.tried, ElementsAre("SCRAM-SHA-256-PLUS", "SCRAM-SHA-256-PLUS"));
  EXPECT_EQ(site.server.connections, 1U);
}

TEST(Login, TriesEveryChannelBindingOnceAndThenGoesOnWithTheReasonShown) {
  Site site;
  bind(site.server);
  site.server.bindings = {{"tls-unique", std::string(12, 'u')}};
  site.server.offer = "AUTH SCRAM-SHA-256-PLUS PLAIN";
  const auto report = site.check();
  EXPECT_FALSE(report.trouble) << report.trouble->text;
  EXPECT_EQ(report.mechanism, "PLAIN");
  EXPECT_THAT(site.server.tried, ElementsAre("SCRAM-SHA-256-PLUS", "SCRAM-SHA-256-PLUS", "PLAIN"));
  EXPECT_THAT(report.tried.at(1).reply, testing::HasSubstr("channel-binding"));
}

TEST(Login, H40_GoesOnWithTheNextMechanismAfterAChallengeLongerThanAnyLine) {
  for (const std::size_t length : {12289U, 12290U, 20000U, 100000U}) {
    SCOPED_TRACE(length);
    Site site;
    site.server.offer = "AUTH SCRAM-SHA-256 PLAIN";
    site.server.broken["SCRAM-SHA-256"] = "334 " + std::string(length, 'A');
    const auto report = site.check();
    EXPECT_FALSE(report.trouble) << report.trouble->text;
    EXPECT_EQ(report.mechanism, "PLAIN");
    EXPECT_THAT(site.server.tried, ElementsAre("SCRAM-SHA-256", "PLAIN"));
    // One more than RFC 4954 allows still fits the line with its code: answered with `*`. What is longer ends the
    // session.
    EXPECT_EQ(site.server.connections, length == 12289 ? 1U : 2U);
  }
}

TEST(Login, H11_GivesUpAConnectionWhoseChallengeIsLongerThanAnyLine) {
  for (const std::string& name : sasl::known_mechanisms()) {
    SCOPED_TRACE(name);
    Site site;
    site.server.offer = "AUTH " + name;
    sasl::Credentials credentials = with_password("demo", "secret");
    credentials.token = Secret("token");
    credentials.client_certificate = true;
    site.source->set(credentials);
    if (name.ends_with("-PLUS")) bind(site.server);
    site.server.broken[name] = "334 " + std::string(12299, 'A');
    const auto report = site.check();
    ASSERT_TRUE(report.trouble);
    EXPECT_TRUE(report.trouble->login_refused || report.trouble->login_spent);
    EXPECT_EQ(report.tried.front().end, mail::AuthAttempt::End::nonsense);
  }
}

// Whatever the server repeats, no secret is in what people see.
TEST(Login, ShowsNoSecretInTraceOrReportByAnyMechanism) {
  const std::string password = "pa\\ss w\xC3\xB6rd-0123456789abcdef";
  const std::string token = "ya29.0123456789abcdefghijklmnopqrstuvwxyz";
  for (const std::string& name : sasl::known_mechanisms()) {
    for (const std::string& echo : {password, base64_encode(password), base64_encode("xx" + password),
                                    base64_encode(std::string("\0demo\0", 6) + password), token,
                                    base64_encode("user=demo\x01"
                                                  "auth=Bearer " +
                                                  token),
                                    std::string()}) {
      for (const std::string code : {"334 ", "535 5.7.8 you said ", "535-5.7.8 "}) {
        Site site;
        site.server.offer = "AUTH " + name;
        sasl::Credentials credentials = with_password("demo", password);
        credentials.token = Secret(token);
        credentials.client_certificate = true;
        site.source->set(credentials);
        if (name.ends_with("-PLUS")) bind(site.server);
        site.server.broken[name] = code + echo + (code[3] == '-' ? "\r\n535 no" : "");
        const auto report = site.check({.verbose = true});
        std::string all = report.trouble ? report.trouble->text : std::string();
        for (const std::string& line : report.trace) all += line + '\n';
        for (const auto& tried : report.tried) all += tried.reply + '\n';
        for (const std::string& secret :
             {password, printable(password), token, base64_encode(password).substr(0, 12),
              base64_encode("xx" + password).substr(4, 12), base64_encode(token).substr(0, 12)}) {
          EXPECT_EQ(all.find(secret), std::string::npos) << name << ": " << all;
        }
        EXPECT_THAT(all, HasSubstr("C: AUTH " + name));
      }
    }
  }
}

TEST(Login, ShowsNoPieceOfASecretThatIsCutOffOrGoesOverLines) {
  const std::string password = "hunter-22-x";
  for (const std::string& words :
       {"535 " + std::string(502, 'x') + password, "535 " + std::string(503, '.') + password + " is wrong",
        std::string("535-5.7.8 hunter-\r\n535 5.7.8 22-x"), "xyz " + std::string(50, 'x') + password,
        "334 " + base64_encode(R"({"status":")" + std::string(195, '.') + password + "\"}") + "\r\n535 no"}) {
    for (const std::string name : {"PLAIN", "LOGIN", "XOAUTH2"}) {
      Site site;
      site.server.offer = "AUTH " + name;
      sasl::Credentials credentials = with_password("demo", password);
      credentials.token = Secret("another-token-47");
      site.source->set(credentials);
      site.server.broken[name] = words;
      const auto report = site.check({.verbose = true});
      ASSERT_TRUE(report.trouble);
      std::string all = report.trouble->text;
      for (const std::string& line : report.trace) all += line + '\n';
      for (const auto& tried : report.tried) all += tried.reply + '\n';
      EXPECT_EQ(all.find("hunt"), std::string::npos) << name << ": " << all;
    }
  }
}

TEST(Login, UnderstandsARefusalOfWhichNothingIsShown) {
  Site site;
  site.server.offer = "AUTH PLAIN";
  site.source->set(with_password("demo", "x9"));
  site.server.broken["PLAIN"] = "454 4.7.0 too many concurrent connections";
  const auto report = site.check();
  ASSERT_TRUE(report.trouble);
  EXPECT_THAT(report.trouble->text, HasSubstr(Redactor::kRemark));
  EXPECT_TRUE(report.trouble->crowded);
  EXPECT_FALSE(report.trouble->login_refused);
}

TEST(Login, LogsTheTraceIfTheSettingsSaySo) {
  Site site;
  site.smarthost.trace = true;
  const auto report = site.check();
  EXPECT_TRUE(report.trace.empty());
  EXPECT_THAT(test::logged(), Contains(HasSubstr("trace host=mx[192.0.2.1]:465 line=\"C: AUTH PLAIN (credentials)\"")));
  EXPECT_THAT(test::logged(), Contains(HasSubstr("line=\"S: 235 2.7.0 ok\"")));
}

}  // namespace
}  // namespace postern::relay
