#include "app/sites.h"

#include "settings/keys.h"
#include "support/run.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace postern::app {
namespace {

/// A relay that only knows whose it is, and tells when it is closed.
class NamedRelay final : public relay::Relay {
 public:
  NamedRelay(std::string name, std::vector<std::string>& closed) : name_(std::move(name)), closed_(closed) {}

  Task<mail::DeliveryReport> deliver(mail::Message&) override { co_return mail::DeliveryReport(); }
  Task<mail::CheckReport> check(mail::CheckOptions options) override {
    mail::CheckReport report = explain();
    if (options.verbose) report.trace = {"C: QUIT"};
    co_return report;
  }
  [[nodiscard]] mail::CheckReport explain() const override {
    mail::CheckReport report;
    report.site = name_;
    return report;
  }
  Task<void> close(Seconds) override {
    closed_.push_back(name_);
    co_return;
  }

 private:
  std::string name_;
  std::vector<std::string>& closed_;
};

class SitesTest : public testing::Test {
 protected:
  void configure(const settings::Settings& settings) {
    sites_.configure(settings);
    loop_.restart();
    loop_.run();
  }
  std::uint64_t generation() { return sites_.configs().at(0).generation; }

  boost::asio::io_context loop_;
  std::vector<std::string> made_;
  std::vector<std::string> closed_;
  Sites sites_{loop_.get_executor(), [this](const settings::Smarthost& smarthost, const std::string& helo) {
                 made_.push_back(smarthost.name + " as " + helo);
                 return std::make_unique<NamedRelay>(smarthost.name, closed_);
               }};
};

settings::Settings one_smarthost() {
  settings::Settings settings;
  settings.hostname = "web1.example.net";
  settings::Smarthost& smarthost = settings.smarthosts.emplace_back();
  smarthost.name = smarthost.host = smarthost.tls_name = "h.example";
  smarthost.port = 465;
  return settings;
}

using Change = std::function<void(settings::Smarthost&)>;

/// One change for each key of a smarthost.
const std::map<std::string, Change>& changes() {
  using H = settings::Smarthost;
  static const std::map<std::string, Change> all = {
      {"name", [](H& h) { h.name = "x"; }},
      {"host", [](H& h) { h.host = "x"; }},
      {"port", [](H& h) { h.port = 1; }},
      {"tls", [](H& h) { h.tls = settings::Tls::starttls; }},
      {"tls_ca_file", [](H& h) { h.tls_ca_file = "x"; }},
      {"tls_name", [](H& h) { h.tls_name = "x"; }},
      {"user", [](H& h) { h.user = "x"; }},
      {"password_file", [](H& h) { h.password_file = "x"; }},
      {"password_credential", [](H& h) { h.password_credential = "x"; }},
      {"password_command", [](H& h) { h.password_command = {"x"}; }},
      {"password", [](H& h) { h.password = Secret("x"); }},
      {"token_file", [](H& h) { h.token_file = "x"; }},
      {"token_command", [](H& h) { h.token_command = {"x"}; }},
      {"oauth2.token_url", [](H& h) { h.oauth2.token_url = "x"; }},
      {"oauth2.device_url", [](H& h) { h.oauth2.device_url = "x"; }},
      {"oauth2.client_id", [](H& h) { h.oauth2.client_id = "x"; }},
      {"oauth2.client_secret_file", [](H& h) { h.oauth2.client_secret_file = "x"; }},
      {"oauth2.refresh_token_file", [](H& h) { h.oauth2.refresh_token_file = "x"; }},
      {"oauth2.scope", [](H& h) { h.oauth2.scope = "x"; }},
      {"oauth2.ca_file", [](H& h) { h.oauth2.ca_file = "x"; }},
      {"client_certificate", [](H& h) { h.client_certificate = "x"; }},
      {"client_key", [](H& h) { h.client_key = "x"; }},
      {"mechanisms", [](H& h) { h.mechanisms = {"PLAIN"}; }},
      {"auth_downgrade", [](H& h) { h.auth_downgrade = settings::Downgrade::refuse; }},
      {"allow_cleartext_auth", [](H& h) { h.allow_cleartext_auth = true; }},
      {"connections", [](H& h) { h.connections = 7; }},
  };
  return all;
}

TEST_F(SitesTest, F12_F13_AChangeOfAnyKeyMakesANewRelayAndEndsTheOldOne) {
  const std::string prefix = "smarthosts[].";
  for (const settings::KeyInfo& key : settings::all_keys()) {
    if (!key.path.starts_with(prefix)) continue;
    const auto change = changes().find(key.path.substr(prefix.size()));
    ASSERT_NE(change, changes().end()) << key.path << " is not tested here";
    configure(one_smarthost());
    const std::uint64_t before = generation();
    made_.clear();
    closed_.clear();
    settings::Settings changed = one_smarthost();
    change->second(changed.smarthosts[0]);
    configure(changed);
    EXPECT_EQ(made_.size(), 1U) << key.path;
    EXPECT_EQ(closed_, std::vector<std::string>{"h.example"}) << key.path;
    EXPECT_NE(generation(), before) << key.path;
  }
}

TEST_F(SitesTest, WithoutAChangeTheRelayStays) {
  configure(one_smarthost());
  const std::uint64_t before = generation();
  settings::Settings others = one_smarthost();
  others.aliases["root"] = {"admin@example.com"};
  others.message_size = 1;
  for (int i = 0; i < 3; ++i) configure(others);
  EXPECT_EQ(made_, std::vector<std::string>{"h.example as web1.example.net"});
  EXPECT_TRUE(closed_.empty());
  EXPECT_EQ(generation(), before);
}

TEST_F(SitesTest, ANewHostNameIsAnotherEhlo) {
  configure(one_smarthost());
  settings::Settings renamed = one_smarthost();
  renamed.hostname = "web2.example.net";
  configure(renamed);
  EXPECT_EQ(made_.back(), "h.example as web2.example.net");
  EXPECT_EQ(closed_.size(), 1U);
}

TEST_F(SitesTest, ChecksAndExplainsByName) {
  configure(one_smarthost());
  EXPECT_EQ(sites_.explain("h.example").site, "h.example");
  EXPECT_FALSE(sites_.explain("h.example").trouble);
  EXPECT_TRUE(test::run(sites_.check("h.example", {})).trace.empty());
  EXPECT_EQ(test::run(sites_.check("h.example", {.verbose = true})).trace.size(), 1U);
  for (const mail::CheckReport& report : {sites_.explain("other"), test::run(sites_.check("other", {}))}) {
    ASSERT_TRUE(report.trouble);
    EXPECT_EQ(report.trouble->failure, Failure::not_found);
    EXPECT_EQ(report.trouble->text, "no smarthost is named other");
    EXPECT_EQ(report.site, "other");
  }
}

}  // namespace
}  // namespace postern::app
