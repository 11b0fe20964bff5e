// The hosts of smarthosts as people and programs write them.
#include "one_smarthost.h"
#include "settings/load.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace postern::settings {
namespace {

std::string told_of_host(const std::string& host) {
  std::string all;
  const Loaded loaded = parse("hostname: web1.example.net\nsmarthosts:\n  - host: " + host + "\n", "f.yaml");
  for (const Problem& problem : loaded.problems) all += problem.text + "\n";
  return all;
}

TEST(HostValue, WhatBelongsUnderOtherKeysIsToldWithTheHost) {
  const std::vector<std::pair<std::string, std::string>> forms{
      {"\"[smtp.example.com]:submission\"",
       "'smtp.example.com', not '[smtp.example.com]:submission'; write 'port: 587'"},
      {"smtp.example.com:submissions", "write 'port: 465'"},
      {"smtp.example.com:smtps", "write 'port: 465'"},
      {"smtp:[smtp.example.com]:587", "'smtp.example.com', not 'smtp:[smtp.example.com]:587'; write 'port: 587'"},
      {"\"relay:[192.0.2.1]\"", "must be the host alone: '192.0.2.1'"},
      {"smtp.example.com 587", "write 'port: 587'"},
      {"smtp.example.com;465", "write 'port: 465'"},
      {"smtp:25", "must be the host alone: 'smtp', not 'smtp:25'; write 'port: 25'"},
      {"smtps://x:hun/ter2@smtp.example.com:465/", "must be the host alone: 'smtp.example.com'; write"},
      {"smtps://x:hunter2@smtp.example.com:99999",
       "must be the host alone, such as smtp.example.com; its port belongs"},
      {"smtp://x:hunter2@", "and the password under 'password'"},
      {"smtp://x:hun@ter2", "and the password under 'password'"},
      {"smtp.example.com:http", "must be a host name such as mail.example.com, not 'smtp.example.com...'"},
  };
  for (const auto& [host, words] : forms) EXPECT_THAT(told_of_host(host), testing::HasSubstr(words)) << host;
}

// As keys of other programs have it, or as a line was put together: "HOST USER:PASSWORD".
TEST(HostValue, WhatStandsBehindTheHostIsNotShown) {
  const std::vector<std::pair<std::string, std::string>> forms{
      {"\"[smtp.example.com]:587 apikey:SG.hunter2\"", "not '[smtp.example.com]:587...'"},
      {"smtp.example.com apikey:SG.hunter2", "not 'smtp.example.com...'"},
      {"smtp.example.com apikey:SG.hunter.2", "not 'smtp.example.com...'"},
      {"smtp.example.com:587:apikey:SG.hunter2", "not 'smtp.example.com:587...'"},
      {"smtp.example.com,587,apikey,hunter2", "not 'smtp.example.com,587...'"},
      {"smtp.example.com|587|apikey|hunter2", "not 'smtp.example.com|587...'"},
      {"smtp.example.com:hunter2", "not 'smtp.example.com...'"},
      {"smtp.example.com,hunter2", "not 'smtp.example.com...'"},
      {"apikey:hunter2", "not 'apikey...'"},
      {"smtp.example.com:5hunter2", "not 'smtp.example.com...'"},
      {"\"[2001:db8::1]:hunter2\"", "not '[2001:db8::1]...'"},
      {"srv:_submission._tcp.example.com:hunter2", "not 'srv:_submission._tcp.example.com...'"},
      {"\"[smtp.example.com:587:apikey:hunter2\"", "not '[smtp.example.com:587...'"},
      {"\"[2001:db8::1]:587:apikey:hunter2\"", "not '[2001:db8::1]:587...'"},
      {"smtps://smtp.example.com:465/apikey:hunter2", "must be the host alone: 'smtp.example.com'; write"},
      {"smtps://smtp.example.com:465/", "not 'smtps://smtp.example.com:465/'; write"},
      {"srv:_submission._tcp.example.com apikey:hunter2", "not 'srv:_submission._tcp.example.com...'"},
  };
  for (const auto& [host, words] : forms) {
    EXPECT_THAT(told_of_host(host), testing::HasSubstr(words)) << host;
    EXPECT_THAT(told_of_host(host), testing::Not(testing::HasSubstr("hunter"))) << host;
  }
  for (const auto& [key, words] : std::vector<std::pair<std::string, std::string>>{
           {"tls_name: h.example apikey:hunter2", "not 'h.example...'"},
           {"port: 587 apikey:hunter2", "must be a whole number, not '587...'"},
           {"port: 587:apikey:hunter2", "not '587...'"},
           {"tls: starttls apikey:hunter2", "must be implicit, starttls or none, not 'starttls...'"},
           {"auth_downgrade: warn:hunter2", "not 'warn...'"},
           {"allow_cleartext_auth: no apikey:hunter2", "not 'no...'"},
           {"tls_min_version: 1.2 apikey:hunter2", "not '1.2...'"},
           {"rate: 500 recipients/day apikey:hunter2", "not '500...'"},
           {"mechanisms: [PLAIN hunter2]", "lists 'PLAIN...'"},
           {"from: a@b.example hunter2", "must be one address alone, not 'a@b.example...'"},
           {"from: { address: \"a@b.example:hunter2\" }", "not 'a@b.example...'"},
           {"from: { rewrite: { root: a@b.example hunter2 } }", "not 'a@b.example...'"}}) {
    EXPECT_THAT(problems("    " + key + "\n"), testing::HasSubstr(words)) << key;
    EXPECT_THAT(problems("    " + key + "\n"), testing::Not(testing::HasSubstr("hunter"))) << key;
  }
}

TEST(HostValue, NumbersAreAWholeAddressOrNothing) {
  for (const std::string host :
       {"300.1.1.1", "1.2.3", "2130706433", "192.0.2.256", "\"127.1\"", "smtp.example.1", "1.2.3:25"}) {
    EXPECT_FALSE(told_of_host(host).empty()) << host;
  }
  for (const std::string host :
       {"192.0.2.1", "\"2001:db8::1\"", "smtp1", "1and1.example", "smtp.1und1.example", "3com"}) {
    EXPECT_EQ(told_of_host(host), "") << host;
  }
}

TEST(HostValue, AServiceThatLacksAPartOrTakesNoMailIsRefused) {
  const std::vector<std::pair<std::string, std::string>> forms{
      {"srv:_submissions._tcp", "write 'srv:_submissions._tcp.example.com'"},
      {"srv:_submission", "write 'srv:_submission._tcp.example.com'"},
      {"srv:submissions.tcp.example.com", "write 'srv:_submissions._tcp.example.com'"},
      {"srv:submission._tcp.corp.example", "write 'srv:_submission._tcp.corp.example'"},
      {"srv:Submissions.corp.example", "write 'srv:_submissions._tcp.corp.example'"},
      {"srv:_imaps._tcp.example.com", "'_imaps' is another"},
      {"srv:_POP3._tcp.example.com", "'_pop3' is another"},
  };
  for (const auto& [host, words] : forms) EXPECT_THAT(told_of_host(host), testing::HasSubstr(words)) << host;
}

}  // namespace
}  // namespace postern::settings
