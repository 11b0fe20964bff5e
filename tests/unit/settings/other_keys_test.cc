// Keys that are none here, and which one is meant.
#include "settings/other_keys.h"

#include "settings/load.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace postern::settings {
namespace {

struct OtherKey {
  std::string before;  ///< the lines above
  std::string keys;    ///< between blanks
  std::string words;   ///< of the advice on each
};

TEST(OtherKeys, EachIsToldWithTheRightOne) {
  const std::string smarthost = "smarthosts:\n  - host: h.example\n    ";
  const std::string route = "routes:\n  - ";
  const std::string storm = "storms:\n  - ";
  const std::vector<OtherKey> rows{
      {smarthost, "client_cert cert_file", "'client_certificate'"},
      {smarthost, "key_file tls_key", "'client_key'"},
      {smarthost, "check_certificate tls_certcheck tls_verify verify insecure_skip_verify", "always checked"},
      {smarthost, "client_id", "did you mean 'oauth2.client_id'?"},
      {smarthost, "smtp_user", "'user'"},
      {smarthost, "smtp_password", "'password_file'"},
      {smarthost, "smtp_port", "'port'"},
      {smarthost, "tls_host_override servername sni", "'tls_name'"},
      {smarthost, "smtp_tls_CAfile", "'tls_ca_file'"},
      {smarthost, "smtp_tls_wrappermode", "'tls: implicit'"},
      {smarthost, "max_connections concurrency", "'connections'"},
      {smarthost, "rate_limit", "'rate'"},
      {smarthost, "maildomain", "'domain'"},
      {smarthost, "helo", "'hostname'"},
      {smarthost, "from_name", "'from: { name: NAME }'"},
      {smarthost, "tls_ca", "did you mean 'tls_ca_file'?"},
      {smarthost, "prot conections", "did you mean '"},
      {"", "from AuthUser AuthPass UseTLS UseSTARTTLS STARTTLS smtp_tls_security_level", "beside its 'host'"},
      {"", "AUTHPATH smtp_sasl_password_maps", "'password_file'"},
      {"", "MASQUERADE smtp_generic_maps", "rewrite"},
      {"", "SPOOLDIR", "'spool'"},
      {"", "adminaddr", "aliases"},
      {"", "me", "'hostname'"},
      {"", "defaultdomain", "'domain'"},
      {"", "minimal_backoff_time retries", "'retry'"},
      {"", "delay_warning_time", "'retry.warn_after'"},
      {"", "sender_dependent_relayhost_maps", "'routes'"},
      {"", "dc_smarthost accounts", "'smarthosts'"},
      {"", "metrics_port metrics_listen", "'metrics'"},
      {"", "message_size", "did you mean 'limits.message_size'?"},
      {route, "from", "'sender'"},
      {route, "to", "'recipient'"},
      {route, "host server via relay site", "'smarthosts'"},
      {storm, "limit count", "'after'"},
      {storm, "period interval", "'window'"},
      {"listen:\n  ", "port", "'smtp'"},
      {"metrics:\n  ", "port", "'listen'"},
      {"limits:\n  ", "user", "'per_user'"},
      {"limits:\n  ", "rate", "did you mean 'limits.per_user.rate'?"},
      {"limits:\n  ", "messages", "did you mean 'limits.per_user.messages'?"},
      {"listen:\n  ", "spool", "did you mean 'spool'?"},
  };
  for (const OtherKey& row : rows) {
    std::istringstream keys(row.keys);
    for (std::string key; keys >> key;) {
      std::string all;
      for (const Problem& problem : parse(row.before + key + ": x\n", "f.yaml").problems) {
        if (problem.text.starts_with("unknown key '")) all += problem.text;
      }
      EXPECT_THAT(all, testing::HasSubstr(row.words)) << row.before << key;
    }
  }
}

TEST(OtherKeys, NoKeyIsThoughtToBeOneThatSharesAWordWithIt) {
  for (const std::string key : {"limits:\n  frob", "client_frob", "frob_file", "metrics_frob"}) {
    const auto problems = parse(key + ": x\n", "f.yaml").problems;
    ASSERT_FALSE(problems.empty()) << key;
    EXPECT_THAT(problems[0].text, testing::HasSubstr("here may stand: ")) << key;
  }
}

TEST(OtherKeys, AGroupOfOneKeyWithoutItsColonIsToldSo) {
  const std::vector<std::pair<std::string, std::string>> slips{
      {"retry:\n  min 1m\n", "f.yaml:2:6: a colon is missing behind the key"},
      {"limits:\n  message_size 50M\n", "f.yaml:2:15: a colon is missing behind the key"},
      {"retry:\n  min:1m\n", "f.yaml:2:6: a blank is missing behind the colon of the key"},
      {"smarthosts:\n  - host: h.example\n    oauth2:\n      client_id=x\n",
       "f.yaml:4:16: a colon belongs behind the key"},
      {"aliases:\n  root a@x.example\n", "f.yaml:2:7: a colon is missing behind the key"},
      {"aliases:\n  root=a@x.example\n", "f.yaml:2:7: a colon belongs behind the key, and no ="},
      {"aliases:\n  root:a@x.example\n", "f.yaml:2:7: a blank is missing behind the colon of the key"},
      {"log: x\n", "f.yaml:1:6: 'log' must be a group of keys"},
  };
  for (const auto& [text, words] : slips) {
    std::string all;
    for (const Problem& problem : parse(text, "f.yaml").problems) all += problem.str() + "\n";
    EXPECT_THAT(all, testing::HasSubstr(words)) << text;
  }
}

}  // namespace
}  // namespace postern::settings
