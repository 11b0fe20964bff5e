#include "setup/settings_text.h"

#include "settings/keys.h"
#include "settings/load.h"
#include "support/scratch_dir.h"

#include <gtest/gtest.h>

#include <array>
#include <random>

namespace postern::setup {
namespace {

using settings::Smarthost;

/// What the settings read in the place of a program's argument, which may be any text.
std::string read_back(const std::string& text) {
  const std::string yaml = "hostname: a.example\nnotify: { command: [/bin/true, " + yaml_text(text) + "] }\n";
  const settings::Loaded loaded = settings::parse(yaml, "f.yaml");
  for (const settings::Problem& problem : loaded.problems) ADD_FAILURE() << problem.str() << "\n" << yaml;
  if (!loaded.settings || loaded.settings->queue.notify.command.size() != 2) return "nothing";
  return loaded.settings->queue.notify.command[1];
}

TEST(YamlText, EveryCharacterOfOneByteComesBack) {
  for (int c = 1; c < 0x80; ++c) {
    for (const std::string& text :
         {std::string(1, static_cast<char>(c)), "a" + std::string(1, static_cast<char>(c)),
          std::string(1, static_cast<char>(c)) + "a", "a " + std::string(1, static_cast<char>(c)) + " b",
          std::string(3, static_cast<char>(c))}) {
      EXPECT_EQ(read_back(text), text) << c;
    }
  }
}

TEST(YamlText, EveryPairOfWhatYamlKnowsComesBack) {
  const std::string special = " #:-?,[]{}&*!|>'\"%@`\\=~<./\t\n\r";
  for (const char a : special) {
    for (const char b : special) {
      for (const std::string& text : {std::string{a, b}, std::string{'x', a, b, 'y'}}) EXPECT_EQ(read_back(text), text);
    }
  }
}

TEST(YamlText, WordsThatMeanSomethingElseToYamlComeBack) {
  for (const std::string text : {"",
                                 "null",
                                 "Null",
                                 "NULL",
                                 "~",
                                 "true",
                                 "False",
                                 "yes",
                                 "NO",
                                 "on",
                                 "Off",
                                 "y",
                                 "N",
                                 "1",
                                 "0x1f",
                                 "1e3",
                                 "-1",
                                 "+1",
                                 ".5",
                                 ".nan",
                                 "-.inf",
                                 "---",
                                 "...",
                                 "--- a",
                                 "<<",
                                 "!!str",
                                 "&a",
                                 "*a",
                                 "? a",
                                 "- a",
                                 "a: b",
                                 "a:",
                                 ": a",
                                 "a #b",
                                 "#b",
                                 "%YAML",
                                 "2001:db8::1",
                                 "12:30:45",
                                 "2024-01-01",
                                 "[a]",
                                 "{a: b}",
                                 "a\tb",
                                 " a",
                                 "a ",
                                 "ä",
                                 "пароль",
                                 "密",
                                 "\xf0\x9f\x94\x91",
                                 "\xc2\x85",
                                 "\xc2\xa0",
                                 "\xe2\x80\xa8",
                                 "\xe2\x80\xa9",
                                 "\xef\xbb\xbf",
                                 "\xef\xbf\xbe",
                                 "\\",
                                 "\\n",
                                 "\"",
                                 "''",
                                 "C:\\x",
                                 "abc def # no comment"}) {
    EXPECT_EQ(read_back(text), text);
  }
}

TEST(YamlText, TextsByChanceComeBack) {
  std::mt19937 random(7);
  const std::array<std::string, 40> parts = {"a", "Z", "0", " ",  "  ", "\t", "\n", "\r",   "#",    ":",
                                             "-", "?", ",", "[",  "]",  "{",  "}",  "&",    "*",    "!",
                                             "|", ">", "'", "\"", "%",  "@",  "`",  "\\",   "=",    "~",
                                             "<", ".", "/", "+",  "_",  "ß",  "→",  "\x7f", "\x1b", "\xc2\x9f"};
  for (int i = 0; i < 3000; ++i) {
    std::string text;
    for (std::size_t length = random() % 12; length > 0; --length) text += parts[random() % parts.size()];
    ASSERT_EQ(read_back(text), text);
  }
}

TEST(YamlText, WhatNeedsNoQuotesHasNone) {
  for (const std::string text : {"smtp.example.com", "alerts@example.com", "/etc/postern/password", "a-b_c+d", "25x"}) {
    EXPECT_EQ(yaml_text(text), text);
  }
}

TEST(YamlText, BytesThatAreNoTextAreWrittenVisibly) {
  EXPECT_EQ(read_back("a\xff"
                      "b"),
            "a\\xffb");
}

/// Every member that has a key, each with a value that is not its default.
Smarthost everything(const test::ScratchDir& dir) {
  Smarthost s;
  s.host = "smtp.example.com";
  s.name = "the first";
  s.port = 2525;
  s.tls = relay::Tls::starttls;
  s.tls_ca_file = dir.write("ca.pem", "x");
  s.tls_name = "other.example.com";
  s.tls_pin = {std::string(64, '0'), std::string(64, 'a')};
  s.tls_min_version = net::TlsVersion::v1_0;
  s.tls_ciphers = "DEFAULT:!MD5:@SECLEVEL=1";
  s.user = "alerts: \"x\" #y";
  s.client_certificate = dir.write("client.pem", "x");
  s.client_key = dir.write("client.key", "x");
  s.mechanisms = {"SCRAM-SHA-256", "PLAIN", "XOAUTH2"};
  s.auth_downgrade = relay::Downgrade::refuse;
  s.allow_cleartext_auth = true;
  s.try_at_start = false;
  s.messages_per_connection = 7;
  s.from.policy = relay::SenderPolicyOptions::Policy::rewrite;
  s.from.address = "alerts@example.com";
  s.from.rewrite = {{"root", "ops@example.com"}, {"*@web1.example.com", "web1@example.com"}};
  s.from.name = "Alerts: web1";
  s.connections = 9;
  using Rate = queue::RateLimit;
  s.rate = {{Rate::Of::messages, Rate::Per::minute, 30},
            {Rate::Of::recipients, Rate::Per::day, 500},
            {Rate::Of::messages, Rate::Per::hour, 5}};
  return s;
}

/// One smarthost for each way to name a secret.
std::vector<Smarthost> all_secrets(const test::ScratchDir& dir) {
  std::vector<Smarthost> all(6, everything(dir));
  all[0].password_file = dir.write("password", "secret");
  all[1].password_credential = "smtp";
  all[2].password_command = {"/bin/sh", "-c", "echo 'a b' | tr ' ' \"#\""};
  all[3].token_file = dir.write("token", "x");
  all[4].token_command = {"/bin/true", ""};
  all[5].oauth2 = {"https://a.example/token",
                   "https://a.example/device",
                   "https://a.example/auth?a=b&c=d",
                   "id: x",
                   dir.write("client-secret", "x"),
                   dir.path() + "/refresh",
                   "a b",
                   dir.write("oauth-ca", "x")};
  for (std::size_t i = 0; i < all.size(); ++i) all[i].name += std::to_string(i);
  return all;
}

TEST(SettingsText, EveryKeyOfASmarthostComesBack) {
  const test::ScratchDir dir;
  Proposal proposal;
  proposal.names = {"web1.example.net", "example.net"};
  proposal.smarthosts = all_secrets(dir);
  proposal.aliases = {
      {"root", {"admin@example.com"}}, {"*", {"a@example.com", "\"b c\"@example.com"}}, {"null", {"root"}}};
  const std::string text = settings_text(proposal);
  const settings::Loaded loaded = settings::parse(text, "f.yaml");
  for (const settings::Problem& problem : loaded.problems) ADD_FAILURE() << problem.str() << "\n" << text;
  ASSERT_TRUE(loaded.settings);
  EXPECT_EQ(loaded.settings->names, proposal.names);
  EXPECT_EQ(loaded.settings->smarthosts, proposal.smarthosts);
  EXPECT_EQ(loaded.settings->names.aliases, proposal.aliases);
}

TEST(SettingsText, NoKeyOfASmarthostIsForgotten) {
  const test::ScratchDir dir;
  std::string text;
  for (const Smarthost& smarthost : all_secrets(dir)) text += smarthost_text(smarthost);
  for (const settings::KeyInfo& key : settings::all_keys()) {
    const std::string beginning = "smarthosts[].";
    if (!key.path.starts_with(beginning) || key.path == "smarthosts[].password") continue;
    const std::string word = key.path.substr(key.path.find_last_of(".") + 1);
    EXPECT_TRUE(text.find(" " + word + ":") != std::string::npos) << key.path;
  }
}

TEST(SettingsText, ASmarthostOfDefaultsIsItsHostAlone) {
  Smarthost smarthost;
  smarthost.host = smarthost.name = smarthost.tls_name = "smtp.example.com";
  EXPECT_EQ(smarthost_text(smarthost), "  - host: smtp.example.com\n    tls: implicit\n");
}

TEST(SettingsText, APasswordIsNeverWritten) {
  Proposal proposal;
  proposal.smarthosts.emplace_back().host = "smtp.example.com";
  proposal.smarthosts[0].user = "alerts";
  proposal.smarthosts[0].password = Secret("correct horse");
  EXPECT_EQ(settings_text(proposal).find("correct"), std::string::npos);
}

TEST(SettingsText, WithoutASmarthostTheFileIsGoodAllTheSame) {
  const settings::Loaded loaded = settings::parse(settings_text(Proposal()), "f.yaml");
  EXPECT_TRUE(loaded.settings);
  EXPECT_TRUE(loaded.problems.empty());
}

TEST(SettingsText, NotesAreCommentsWhateverStandsInThem) {
  Proposal proposal;
  proposal.origin = "postern import\nfrom x";
  proposal.notes = {{"/etc/a\nb", 3, "line\nhostname: evil.example\r\x1b[31m"},
                    {"/etc/" + std::string(300, 'x'), 0, std::string(5000, 'y') + " " + std::string(200, 'z')}};
  const std::string text = settings_text(proposal);
  const settings::Loaded loaded = settings::parse(text, "f.yaml");
  ASSERT_TRUE(loaded.settings) << text;
  EXPECT_NE(loaded.settings->names.hostname, "evil.example");
  EXPECT_NE(text.find("# * /etc/a\\x0ab:3: line\\x0ahostname:"), std::string::npos) << text;
}

}  // namespace
}  // namespace postern::setup
