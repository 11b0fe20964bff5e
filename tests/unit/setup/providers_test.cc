#include "setup/providers.h"

#include "settings/load.h"
#include "setup/providers_text.h"
#include "setup/settings_text.h"
#include "support/scratch_dir.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace postern::setup {
namespace {

std::string problems_of(const std::string& text) {
  std::string all;
  for (const settings::Problem& problem : parse_providers(text, "p.yaml").problems) all += problem.str() + "\n";
  return all;
}

const std::string kRow =
    "- name: a\n  title: A\n  domains: [a.example]\n  login: password\n  get: Ask.\n  link: https://a.example\n"
    "  smarthost: { host: smtp.a.example, port: 465 }\n";

TEST(Providers, TheBuiltInRowsAreWithoutProblems) {
  EXPECT_EQ(problems_of(std::string(providers_text())), "");
  EXPECT_GE(providers().size(), 20U);
}

TEST(Providers, EveryRowMakesSettingsWithoutProblemsAndWarnings) {
  const test::ScratchDir dir;
  const std::string password = dir.write("password", "secret\n");
  for (const Provider& row : providers()) {
    Proposal proposal;
    proposal.names.hostname = "web1.example.net";
    proposal.aliases["root"] = {"admin@example.com"};
    settings::Smarthost smarthost = row.smarthost;
    smarthost.user = row.user.empty() ? "alerts@example.com" : row.user;
    smarthost.from.address = "alerts@example.com";
    if (smarthost.from.policy == relay::SenderPolicyOptions::Policy::keep) smarthost.from.address.clear();
    if (row.login == LoginKind::oauth2) {
      smarthost.oauth2.client_id = "11111111-2222-3333-4444-555555555555";
      smarthost.oauth2.refresh_token_file = dir.write("refresh-" + row.name, "token\n");
    } else {
      smarthost.password_file = password;
    }
    proposal.smarthosts = {smarthost};
    const settings::Loaded loaded = settings::parse(settings_text(proposal), "postern.yaml");
    for (const settings::Problem& each : loaded.problems) ADD_FAILURE() << row.name << ": " << each.str();
    for (const settings::Problem& each : loaded.warnings) ADD_FAILURE() << row.name << ": " << each.str();
    ASSERT_TRUE(loaded.settings) << row.name;
    EXPECT_EQ(loaded.settings->smarthosts.front().host, row.smarthost.host);
    EXPECT_TRUE(row.link.starts_with("https://")) << row.name;
    EXPECT_TRUE(row.get.ends_with('.')) << row.name;
  }
}

TEST(Providers, LimitsStandOnlyWhereTheProviderPublishesThem) {
  const std::set<std::string> with = {"gmail", "gmail-oauth2", "google-workspace", "google-workspace-relay",
                                      "microsoft365"};
  for (const Provider& row : providers()) {
    const bool limited = !row.smarthost.rate.empty() || row.smarthost.connections != queue::SiteOptions().connections;
    EXPECT_EQ(limited, with.contains(row.name)) << row.name;
  }
}

TEST(Providers, AreFoundByNameDomainAndMailServer) {
  for (const Provider& row : providers()) {
    EXPECT_EQ(provider_named(row.name), &row);
    for (const std::string& domain : row.domains) EXPECT_EQ(provider_of_domain(domain), &row) << domain;
    for (const std::string& end : row.mx) EXPECT_EQ(provider_of_mx("mx1." + end + "."), &row) << end;
  }
  EXPECT_EQ(provider_of_domain("GMail.com"), provider_named("gmail"));
  EXPECT_EQ(provider_of_domain("notgmail.com"), nullptr);
  EXPECT_EQ(provider_of_mx("aspmx.l.google.com"), provider_named("google-workspace"));
  EXPECT_EQ(provider_of_mx("example-com.mail.protection.outlook.com"), provider_named("microsoft365"));
  EXPECT_EQ(provider_of_mx("x.olc.protection.outlook.com"), provider_named("outlook"));
  EXPECT_EQ(provider_of_domain("zoho.com")->smarthost.host, "smtp.zoho.com");
  EXPECT_EQ(provider_of_mx("mx2.zoho.com")->smarthost.host, "smtppro.zoho.com");
  EXPECT_EQ(provider_of_mx("evilgoogle.com"), nullptr);
  EXPECT_EQ(provider_of_mx(""), nullptr);
}

TEST(Providers, ARowIsReadStrictly) {
  EXPECT_EQ(problems_of(kRow), "");
  const std::vector<std::pair<std::string, std::string>> slips = {
      {"name: a", "nam: a"},           {"[a.example]", "a.example"},         {"[a.example]", "['-']"},
      {"login: password", "login: x"}, {"host: smtp.a.example, ", ""},       {", port: 465", ""},
      {"port: 465", "port: 70000"},    {"port: 465", "prot: 465"},           {"  get: Ask.\n", ""},
      {"link: https", "title: https"}, {"login: password", "login: oauth2"}, {"title: A", "title: [A]"}};
  for (const auto& [from, to] : slips) {
    std::string text = kRow;
    text.replace(text.find(from), from.size(), to);
    EXPECT_TRUE(problems_of(text).starts_with("p.yaml:")) << to << ": " << problems_of(text);
  }
  EXPECT_NE(problems_of(kRow + kRow).find("stands already in the row of A"), std::string::npos);
  EXPECT_NE(problems_of("a: b\n"), "");
}

}  // namespace
}  // namespace postern::setup
