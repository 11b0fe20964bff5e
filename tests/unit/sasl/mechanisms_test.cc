#include "exchange.h"

#include <gtest/gtest.h>

#include <array>
#include <utility>

namespace postern::sasl {
namespace {

using namespace std::string_literals;

using test::encoded;
using test::raw;

std::unique_ptr<Mechanism> client(std::string_view name, const Credentials& credentials) {
  return make_mechanism(name, credentials, Situation());
}

constexpr std::string_view kChallenge = "<1896.697170952@postoffice.reston.mci.net>";

TEST(Plain, SpeaksFirstAsInRfc4616) {
  const auto mechanism = client("PLAIN", test::with_password("tim", "tanstaaftanstaaf"));
  EXPECT_EQ(mechanism->initial(), "\0tim\0tanstaaftanstaaf"s);
  EXPECT_EQ(base64_encode(*mechanism->initial()), "AHRpbQB0YW5zdGFhZnRhbnN0YWFm");
}

TEST(Plain, AnswersAnyChatterWithTheWholeMessageOnce) {
  for (const char* chatter : {"", "ok, go on", "GSSAPI supported", "Z28gb24="}) {
    const auto mechanism = client("PLAIN", test::with_password("tim", "secret"));
    const auto response = mechanism->step(raw(chatter));
    ASSERT_TRUE(response) << chatter;
    EXPECT_EQ(response->bytes, "\0tim\0secret"s);
    EXPECT_TRUE(response->encoded);
    EXPECT_EQ(mechanism->step(raw(chatter)).error().failure, Failure::protocol);
  }
}

TEST(Plain, AnswersPromptsInTheFormTheyCame) {
  const auto clear = client("PLAIN", test::with_password("tim", "secret"));
  auto response = clear->step(raw("Username:"));
  ASSERT_TRUE(response);
  EXPECT_EQ(response->bytes, "tim");
  EXPECT_FALSE(response->encoded);
  response = clear->step(raw("Password:"));
  ASSERT_TRUE(response);
  EXPECT_EQ(response->bytes, "secret");
  EXPECT_FALSE(response->encoded);
  EXPECT_FALSE(clear->step(raw("Password:")));

  const auto base64 = client("PLAIN", test::with_password("tim", "secret"));
  response = base64->step(encoded("Username:"));
  ASSERT_TRUE(response);
  EXPECT_EQ(response->bytes, "tim");
  EXPECT_TRUE(response->encoded);
}

TEST(CramMd5, GivesTheDigestOfRfc2195) {
  const auto mechanism = client("CRAM-MD5", test::with_password("tim", "tanstaaftanstaaf"));
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
    const auto mechanism = client("CRAM-MD5", test::with_password("t t\xC3\xA4", std::string(length, 'p')));
    const auto response = mechanism->step(encoded(kChallenge));
    ASSERT_TRUE(response);
    EXPECT_EQ(response->bytes, "t t\xC3\xA4 " + std::string(digest)) << length;
  }
}

TEST(CramMd5, AnswersTheSeedsChallengeAsReceived) {
  const auto mechanism = client("CRAM-MD5", test::with_password("demo", "secret"));
  const auto response = mechanism->step(raw("PDIzODkxLjEwMTU5ODM0OTNAcGlvbmVlci5ob3N0LXNlcnZlLm5ldApaAj4="));
  ASSERT_TRUE(response);
  EXPECT_EQ(response->bytes, "demo 2cef9b26e683244dd01cddac04380083");
}

TEST(CramMd5, RefusesWhatIsNoChallenge) {
  for (const std::string& text : {""s, "="s, "<1@mx>"s, "a\rb="s, std::string(12292, 'A')}) {
    const auto mechanism = client("CRAM-MD5", test::with_password("tim", "secret"));
    const auto response = mechanism->step(raw(text));
    ASSERT_FALSE(response) << text;
    EXPECT_EQ(response.error().failure, Failure::protocol);
  }
  const auto mechanism = client("CRAM-MD5", test::with_password("tim", "secret"));
  EXPECT_TRUE(mechanism->step(encoded(std::string(10240 - 1024, '\0'))));
  EXPECT_FALSE(mechanism->step(encoded(kChallenge)));
}

TEST(Mechanisms, RefuseAPromptLongerThanALineMayBe) {
  for (const char* name : {"PLAIN", "LOGIN", "CRAM-MD5"}) {
    const auto mechanism = client(name, test::with_password("tim", "secret"));
    EXPECT_FALSE(mechanism->step(raw(std::string(12289, ' ')))) << name;
  }
}

TEST(Mechanisms, AreNotMadeWithoutTheirCredential) {
  for (const std::string& name : known_mechanisms()) {
    Situation situation;
    situation.bindings = {test::binding("tls-exporter", "x")};
    EXPECT_EQ(make_mechanism(name, Credentials(), situation), nullptr) << name;
    const bool made = make_mechanism(name, test::with_password("tim", "secret"), situation) != nullptr;
    EXPECT_EQ(made, !uses_token(name) && name != "EXTERNAL") << name;
    EXPECT_EQ(make_mechanism(name, test::with_token("tim", "t"), situation) != nullptr, uses_token(name)) << name;
    EXPECT_EQ(make_mechanism(name, test::with_certificate(), situation) != nullptr, name == "EXTERNAL") << name;
  }
}

TEST(PlainServer, RefusesEveryMalformedMessage) {
  for (const std::string& message : {""s, "tim"s, "tim\0secret"s, "\0\0"s, "\0tim\0secret\0"s, "tom\0tim\0secret"s}) {
    const auto server = make_server_mechanism("PLAIN", test::server_of(test::with_password("tim", "secret")));
    EXPECT_EQ(server->step(message).outcome, ServerMechanism::Outcome::failure);
  }
}

}  // namespace
}  // namespace postern::sasl
