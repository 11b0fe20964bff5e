#include "app/smarthosts.h"

#include "settings/document.h"
#include "settings/keys.h"
#include "settings/report.h"
#include "support/run.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include <map>
#include <memory>
#include <string>
#include <tuple>
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
  Smarthosts sites_{loop_.get_executor(), [this](const settings::Smarthost& smarthost, const OurNames& names) {
                      made_.push_back(smarthost.name + " as " + names.machine.hostname);
                      return std::make_unique<NamedRelay>(smarthost.name, closed_);
                    }};
};

/// The smarthost h.example, with one key more or another value for one.
settings::Settings one_smarthost(const std::string& key = {}, const std::string& value = {}) {
  std::map<std::string, std::string> keys = {
      {"host", "h.example"}, {"name", "h.example"}, {"tls_name", "h.example"}, {"port", "465"}};
  const std::size_t dot = key.find('.');
  if (dot == std::string::npos) {
    keys[key.empty() ? "port" : key] = key.empty() ? "465" : value;
  } else {
    keys[key.substr(0, dot)] = "{" + key.substr(dot + 1) + ": " + value + "}";
  }
  std::string text = "hostname: web1.example.net\nsmarthosts:\n";
  for (const auto& [name, held] : keys)
    text += (text.ends_with("smarthosts:\n") ? "  - " : "    ") + name + ": " + held + "\n";
  settings::Report report("f.yaml");
  settings::Settings settings;
  const auto root = settings::read_document(text, report);
  if (root) settings::read_keys(*root, settings, report);
  EXPECT_TRUE(report.clean()) << text;
  return settings;
}

/// A value of this type that one_smarthost() does not have.
std::string other_value(const std::string& type) {
  static const std::map<std::string, std::string> values = {{"text", "x"},
                                                            {"host name or address", "x.example"},
                                                            {"host name, address or srv:SERVICE", "x.example"},
                                                            {"path", "/x"},
                                                            {"name", "x"},
                                                            {"implicit | starttls | none", "starttls"},
                                                            {"list of texts", "[/x]"},
                                                            {"URL", "https://x/"},
                                                            {"list of names", "[PLAIN]"},
                                                            {"list of limits", "[7 messages/day]"},
                                                            {"keep | account | rewrite", "account"},
                                                            {"address", "x@x.example"},
                                                            {"map", "{root: x@x.example}"},
                                                            {"SHA-256, or list of them", std::string(64, 'a')},
                                                            {"1.0 | 1.1 | 1.2 | 1.3", "1.3"},
                                                            {"boolean", "true"},
                                                            {"warn | refuse", "refuse"}};
  if (type.starts_with("number")) return "7";
  const auto value = values.find(type);
  return value == values.end() ? std::string() : value->second;
}

TEST_F(SitesTest, F12_F13_AChangeOfAnyKeyMakesANewRelayAndEndsTheOldOne) {
  const std::string prefix = "smarthosts[].";
  for (const settings::KeyInfo& key : settings::all_keys()) {
    if (!key.path.starts_with(prefix)) continue;
    const std::string value = key.standard == "true" ? "false" : other_value(key.type);
    ASSERT_NE(value, "") << key.type << " is not tested here";
    configure(one_smarthost());
    const std::uint64_t before = generation();
    made_.clear();
    closed_.clear();
    configure(one_smarthost(key.path.substr(prefix.size()), value));
    EXPECT_EQ(made_.size(), 1U) << key.path;
    EXPECT_EQ(closed_, std::vector<std::string>{"h.example"}) << key.path;
    EXPECT_NE(generation(), before) << key.path;
  }
}

TEST_F(SitesTest, WithoutAChangeTheRelayStays) {
  configure(one_smarthost());
  const std::uint64_t before = generation();
  settings::Settings others = one_smarthost();
  others.names.aliases["root"] = {"admin@example.com"};
  others.submission.message_size = 1;
  for (int i = 0; i < 3; ++i) configure(others);
  EXPECT_EQ(made_, std::vector<std::string>{"h.example as web1.example.net"});
  EXPECT_TRUE(closed_.empty());
  EXPECT_EQ(generation(), before);
}

TEST_F(SitesTest, ANewHostNameIsAnotherEhlo) {
  configure(one_smarthost());
  settings::Settings renamed = one_smarthost();
  renamed.names.hostname = "web2.example.net";
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
  const Result<void> login = test::run(sites_.login("other", LoginFlow::standard, {}));
  EXPECT_EQ(login.error().text, "no smarthost is named other");
  EXPECT_NE(
      test::run(sites_.login("h.example", LoginFlow::standard, {})).error().text.find("h.example has no 'oauth2'"),
      std::string::npos);
}

TEST_F(SitesTest, ACheckWarnsWhereMailOfOurOwnMayHaveNoSender) {
  for (const auto& [user, from, warns] :
       {std::tuple("apikey", "", true), std::tuple("apikey", "a@example.com", false),
        std::tuple("a@example.com", "", false), std::tuple("", "", false), std::tuple("root", "", true)}) {
    settings::Settings settings = one_smarthost();
    settings.smarthosts[0].user = user;
    settings.queue.bounces.from = from;
    configure(settings);
    const std::vector<std::string> warnings = test::run(sites_.check("h.example", {})).warnings;
    ASSERT_EQ(warnings.size(), warns ? 1U : 0U) << user << " " << from;
    if (!warns) continue;
    EXPECT_NE(warnings[0].find("'" + std::string(user) + "' is no address"), std::string::npos) << warnings[0];
    EXPECT_NE(warnings[0].find("set 'bounces.from'"), std::string::npos) << warnings[0];
    settings.queue.bounces.from = "a@example.com";
    configure(settings);
    EXPECT_TRUE(test::run(sites_.check("h.example", {})).warnings.empty()) << "since the reload";
  }
}

}  // namespace
}  // namespace postern::app
