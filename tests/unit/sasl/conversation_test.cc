// Every client against its server, with every kind of name and password.
#include "base/text.h"
#include "exchange.h"
#include "sasl/saslprep.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace postern::sasl {
namespace {

using namespace std::string_literals;
using test::Initial;

const std::vector<std::string>& names() {
  static const std::vector<std::string> all{
      "tim",
      "tim@example.com",
      "a,b",
      "a=b=",
      "=2C=3D",
      " two words ",
      "n=x,r=y",
      std::string(1000, 'n'),
      "\xEF\xAC\x81"
      "sh"s /* ligature fi */,
      "J\xC3\xB6rg",
      "a\xC2\xA0"
      "b"s,
  };
  return all;
}

const std::vector<std::string>& secrets() {
  static const std::vector<std::string> all{
      "secret",
      "",
      ",",
      "=",
      "p=x,v=y",
      " ",
      "tab\tand\x7F",
      std::string(1000, 'p'),
      "\xE2\x85\xA8 \xC2\xAA",
      "a\xE2\x80\x89"
      "b\xE3\x80\x80"
      "c"s,
      "\xE4\xF6\xFC Latin-1",
      "\xF0\x9F\x98\x80",
      "\xD8\xA7\x31",
  };
  return all;
}

/// A server that knows one user by his prepared name, as RFC 5802 wants it.
ServerSide server_of(const Credentials& known) {
  ServerSide side = test::server_of(known);
  side.password_of = [known](std::string_view user) -> std::optional<std::string> {
    if (prepare_name(user) != prepare_name(known.user) || !known.password) return std::nullopt;
    return std::string(known.password->reveal());
  };
  side.certificate_user = known.user;
  side.challenge_seed = "<1896.697170952@postoffice.reston.mci.net>";
  return side;
}

Credentials everything(const std::string& user, const std::string& secret) {
  Credentials credentials = test::with_password(user, secret);
  credentials.token = Secret(secret);
  credentials.client_certificate = true;
  return credentials;
}

/// Both ends of one channel that can be bound.
test::End converse(const std::string& name, const Credentials& credentials, ServerSide side, Initial initial) {
  Situation situation;
  situation.host = "mx.example.com";
  situation.port = 587;
  if (name.ends_with("-PLUS")) {
    situation.bindings = {test::binding("tls-exporter", "\0\1\2,="s), test::binding("tls-unique", "other")};
    situation.binding_offered = true;
    side.bindings = {test::binding("tls-unique", "other"), test::binding("tls-exporter", "\0\1\2,="s)};
  }
  return test::converse(name, credentials, situation, std::move(side), initial);
}

void expect_login(const std::string& name, const std::string& user, const std::string& secret, Initial initial) {
  const Credentials credentials = everything(user, secret);
  const test::End end = converse(name, credentials, server_of(credentials), initial);
  EXPECT_TRUE(end.accepted) << name << ' ' << printable(user) << ' ' << printable(secret);
  EXPECT_FALSE(end.error) << name << ' ' << end.error->text;
  EXPECT_EQ(end.refusal, "");
}

TEST(Conversation, LogsInWithEveryNameAndSecret) {
  for (const std::string& name : known_mechanisms()) {
    for (const std::string& user : names()) expect_login(name, user, "secret", Initial::with_command);
    for (const std::string& secret : secrets()) expect_login(name, "tim", secret, Initial::when_asked);
    if (name.starts_with("SCRAM")) continue;  // each of its logins costs thousands of rounds of HMAC
    for (const std::string& user : names()) {
      for (const std::string& secret : secrets()) expect_login(name, user, secret, Initial::with_command);
    }
  }
}

TEST(Conversation, IsRefusedWithAnyOtherNameOrSecret) {
  const Credentials known = everything("tim", "secret");
  for (const std::string& name : known_mechanisms()) {
    if (name == "EXTERNAL") continue;
    for (const Initial initial : {Initial::with_command, Initial::when_asked}) {
      for (const auto& wrong : {everything("tim", "Secret"), everything("tim", ""), everything("tim", "secret "),
                                everything("tom", "secret"), everything("", "secret"), everything("TIM", "secret")}) {
        const test::End end = converse(name, wrong, server_of(known), initial);
        EXPECT_FALSE(end.accepted) << name;
        EXPECT_FALSE(end.error) << name << ": a refusal is the server's to say: " << end.error->text;
        EXPECT_EQ(end.refusal.empty(), !uses_token(name) && !name.starts_with("SCRAM")) << name << end.refusal;
      }
    }
  }
}

TEST(Conversation, IsRefusedByAServerThatKnowsNobody) {
  for (const std::string& name : known_mechanisms()) {
    ServerSide nobody;
    nobody.challenge_seed = "seed";
    const test::End end = converse(name, everything("tim", "secret"), nobody, Initial::with_command);
    EXPECT_FALSE(end.accepted) << name;
  }
}

TEST(Conversation, EndsWhereTheClientSpeaksNonsense) {
  for (const std::string& name : known_mechanisms()) {
    const auto server = make_server_mechanism(name, server_of(everything("tim", "secret")));
    ServerMechanism::Outcome outcome = ServerMechanism::Outcome::challenge;
    for (int rounds = 0; rounds < 5; ++rounds) outcome = server->step("\xFF\0 nonsense"s).outcome;
    EXPECT_EQ(outcome, ServerMechanism::Outcome::failure) << name;
    const auto silent = make_server_mechanism(name, server_of(everything("tim", "secret")));
    (void)silent->step(std::nullopt);
    EXPECT_EQ(silent->step(std::nullopt).outcome, ServerMechanism::Outcome::failure) << name;
  }
}

}  // namespace
}  // namespace postern::sasl
