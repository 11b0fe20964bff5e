#include "base/base64.h"
#include "sasl/negotiate.h"

#include <gtest/gtest.h>

#include <array>
#include <utility>

namespace postern::sasl {
namespace {

using namespace std::string_literals;

Credentials credentials(std::string user, std::string password) {
  Credentials result;
  result.user = std::move(user);
  result.password = Secret(std::move(password));
  return result;
}

Challenge encoded(std::string_view text) {
  Challenge challenge;
  challenge.raw = base64_encode(text);
  challenge.decoded = text;
  return challenge;
}

Challenge raw(std::string text) {
  Challenge challenge;
  challenge.raw = std::move(text);
  challenge.decoded = base64_decode(challenge.raw);
  return challenge;
}

constexpr std::string_view kChallenge = "<1896.697170952@postoffice.reston.mci.net>";

TEST(Plain, SpeaksFirstAsInRfc4616) {
  const auto mechanism = make_mechanism("PLAIN", credentials("tim", "tanstaaftanstaaf"));
  EXPECT_EQ(mechanism->initial(), "\0tim\0tanstaaftanstaaf"s);
  EXPECT_EQ(base64_encode(*mechanism->initial()), "AHRpbQB0YW5zdGFhZnRhbnN0YWFm");
}

TEST(Plain, AnswersAnyChatterWithTheWholeMessageOnce) {
  for (const char* chatter : {"", "ok, go on", "GSSAPI supported", "Z28gb24="}) {
    const auto mechanism = make_mechanism("PLAIN", credentials("tim", "secret"));
    const auto response = mechanism->step(raw(chatter));
    ASSERT_TRUE(response) << chatter;
    EXPECT_EQ(response->bytes, "\0tim\0secret"s);
    EXPECT_TRUE(response->encoded);
    EXPECT_EQ(mechanism->step(raw(chatter)).error().failure, Failure::protocol);
  }
}

TEST(Plain, AnswersPromptsInTheFormTheyCame) {
  const auto clear = make_mechanism("PLAIN", credentials("tim", "secret"));
  auto response = clear->step(raw("Username:"));
  ASSERT_TRUE(response);
  EXPECT_EQ(response->bytes, "tim");
  EXPECT_FALSE(response->encoded);
  response = clear->step(raw("Password:"));
  ASSERT_TRUE(response);
  EXPECT_EQ(response->bytes, "secret");
  EXPECT_FALSE(response->encoded);
  EXPECT_FALSE(clear->step(raw("Password:")));

  const auto base64 = make_mechanism("PLAIN", credentials("tim", "secret"));
  response = base64->step(encoded("Username:"));
  ASSERT_TRUE(response);
  EXPECT_EQ(response->bytes, "tim");
  EXPECT_TRUE(response->encoded);
}

TEST(CramMd5, GivesTheDigestOfRfc2195) {
  const auto mechanism = make_mechanism("CRAM-MD5", credentials("tim", "tanstaaftanstaaf"));
  EXPECT_FALSE(mechanism->initial());
  const auto response = mechanism->step(encoded(kChallenge));
  ASSERT_TRUE(response);
  EXPECT_EQ(response->bytes, "tim b913a602c7eda7a495b4e6e7334d3890");
}

// The block of MD5 is 64 bytes: longer keys are hashed first. The digests were computed by Python's hmac.
TEST(CramMd5, TakesPasswordsAroundTheBlockSize) {
  constexpr std::array<std::pair<std::size_t, std::string_view>, 5> kDigests{{
      {0, "a00b54b824afa19ec2de0f73cb2a04c2"},
      {63, "7d9e2631b1534151725a16f01a4cc6f3"},
      {64, "c12d5e6ce65e5c7086931040a442da43"},
      {65, "f11a7b40887f1bad7f3dec2fefa666e5"},
      {200, "3a535d330605a7d5996911f1e41c0fc6"},
  }};
  for (const auto& [length, digest] : kDigests) {
    const auto mechanism = make_mechanism("CRAM-MD5", credentials("t t\xC3\xA4", std::string(length, 'p')));
    const auto response = mechanism->step(encoded(kChallenge));
    ASSERT_TRUE(response);
    EXPECT_EQ(response->bytes, "t t\xC3\xA4 " + std::string(digest)) << length;
  }
}

TEST(CramMd5, AnswersTheSeedsChallengeAsReceived) {
  const auto mechanism = make_mechanism("CRAM-MD5", credentials("demo", "secret"));
  const auto response = mechanism->step(raw("PDIzODkxLjEwMTU5ODM0OTNAcGlvbmVlci5ob3N0LXNlcnZlLm5ldApaAj4="));
  ASSERT_TRUE(response);
  EXPECT_EQ(response->bytes, "demo 2cef9b26e683244dd01cddac04380083");
}

TEST(CramMd5, RefusesWhatIsNoChallenge) {
  for (const std::string& text : {""s, "="s, "<1@mx>"s, "a\rb="s, std::string(12292, 'A')}) {
    const auto mechanism = make_mechanism("CRAM-MD5", credentials("tim", "secret"));
    const auto response = mechanism->step(raw(text));
    ASSERT_FALSE(response) << text;
    EXPECT_EQ(response.error().failure, Failure::protocol);
  }
  const auto mechanism = make_mechanism("CRAM-MD5", credentials("tim", "secret"));
  EXPECT_TRUE(mechanism->step(encoded(std::string(10240 - 1024, '\0'))));
  EXPECT_FALSE(mechanism->step(encoded(kChallenge)));
}

TEST(Mechanisms, RefuseAPromptLongerThanALineMayBe) {
  for (const char* name : {"PLAIN", "LOGIN", "CRAM-MD5"}) {
    const auto mechanism = make_mechanism(name, credentials("tim", "secret"));
    EXPECT_FALSE(mechanism->step(raw(std::string(12289, ' ')))) << name;
  }
}

/// Runs both sides against each other as SMTP would.
ServerMechanism::Outcome converse(std::string_view name, const Credentials& client_side, bool initial_response) {
  const auto client = make_mechanism(name, client_side);
  const PasswordOf password_of = [](std::string_view user) -> std::optional<std::string> {
    if (user == "tim") return "secret";
    return std::nullopt;
  };
  const auto server = make_server_mechanism(name, password_of, std::string(kChallenge));
  auto answer = server->step(initial_response ? client->initial() : std::nullopt);
  for (int rounds = 0; answer.outcome == ServerMechanism::Outcome::challenge && rounds < 5; ++rounds) {
    const auto response = client->step(encoded(answer.challenge));
    if (!response) return ServerMechanism::Outcome::failure;
    answer = server->step(response->bytes);
  }
  return answer.outcome;
}

TEST(Mechanisms, ClientAndServerUnderstandEachOther) {
  using Outcome = ServerMechanism::Outcome;
  for (const char* name : {"PLAIN", "LOGIN", "CRAM-MD5"}) {
    for (const bool initial : {false, true}) {
      EXPECT_EQ(converse(name, credentials("tim", "secret"), initial), Outcome::success) << name;
      EXPECT_EQ(converse(name, credentials("tim", "Secret"), initial), Outcome::failure) << name;
      EXPECT_EQ(converse(name, credentials("tim", ""), initial), Outcome::failure) << name;
      EXPECT_EQ(converse(name, credentials("tom", "secret"), initial), Outcome::failure) << name;
    }
  }
}

TEST(PlainServer, RefusesEveryMalformedMessage) {
  for (const std::string& message : {""s, "tim"s, "tim\0secret"s, "\0\0"s, "\0tim\0secret\0"s, "tom\0tim\0secret"s}) {
    const auto server = make_server_mechanism("PLAIN", [](std::string_view) { return "secret"; }, "");
    EXPECT_EQ(server->step(message).outcome, ServerMechanism::Outcome::failure);
  }
}

}  // namespace
}  // namespace postern::sasl
