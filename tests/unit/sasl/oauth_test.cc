#include "exchange.h"

#include <gtest/gtest.h>

#include <string>

namespace postern::sasl {
namespace {

using namespace std::string_literals;

constexpr const char* kRfcToken = "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==";

Situation at(std::string host, std::uint16_t port) {
  Situation situation;
  situation.host = std::move(host);
  situation.port = port;
  return situation;
}

std::unique_ptr<Mechanism> bearer() {
  return make_mechanism("OAUTHBEARER", test::with_token("user@example.com", kRfcToken), at("server.example.com", 587));
}

std::unique_ptr<Mechanism> xoauth2() {
  const auto google = test::with_token("someuser@example.com", "ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg");
  return make_mechanism("XOAUTH2", google, Situation());
}

TEST(OAuthBearer, GivesTheMessagesOfRfc7628Section4) {
  const auto imap =
      make_mechanism("OAUTHBEARER", test::with_token("user@example.com", kRfcToken), at("server.example.com", 143));
  EXPECT_EQ(base64_encode(*imap->initial()),  // 4.1
            "bixhPXVzZXJAZXhhbXBsZS5jb20sAWhvc3Q9c2VydmVyLmV4YW1wbGUuY29tAXBvcnQ9MTQzAWF1dGg9QmVhcmVyIHZGOWRmdDRxbVRjMk"
            "52YjNSbGNrQmhiSFJoZG1semRHRXVZMjl0Q2c9PQEB");
  EXPECT_EQ(base64_encode(*bearer()->initial()),  // SMTP
            "bixhPXVzZXJAZXhhbXBsZS5jb20sAWhvc3Q9c2VydmVyLmV4YW1wbGUuY29tAXBvcnQ9NTg3AWF1dGg9QmVhcmVyIHZGOWRmdDRxbVRjMk"
            "52YjNSbGNrQmhiSFJoZG1semRHRXVZMjl0Q2c9PQEB");
}

TEST(OAuthBearer, AnswersTheErrorOfRfc7628WithABreakAndRemembersIt) {
  const auto mechanism = bearer();
  const auto response = mechanism->step(test::raw(
      "eyJzdGF0dXMiOiJpbnZhbGlkX3Rva2VuIiwic2NvcGUiOiJleGFtcGxlX3Njb3BlIiwib3BlbmlkLWNvbmZpZ3VyYXRpb24iOiJodHRwcz"
      "ovL2V4YW1wbGUuY29tLy53ZWxsLWtub3duL29wZW5pZC1jb25maWd1cmF0aW9uIn0="));
  ASSERT_TRUE(response);
  EXPECT_EQ(base64_encode(response->bytes), "AQ==");
  EXPECT_TRUE(response->encoded);
  EXPECT_EQ(mechanism->refusal(), "invalid_token, scope example_scope");
  EXPECT_EQ(mechanism->step(test::encoded("{}")).error().failure, Failure::protocol);
}

TEST(OAuthBearer, LeavesOutWhatItDoesNotKnowAndEscapesTheName) {
  EXPECT_EQ(make_mechanism("OAUTHBEARER", test::with_token("", "t"), Situation())->initial(), "n,,\1auth=Bearer t\1\1");
  EXPECT_EQ(make_mechanism("OAUTHBEARER", test::with_token("a,b=c", "t"), at("mx", 0))->initial(),
            "n,a=a=2Cb=3Dc,\1host=mx\1auth=Bearer t\1\1");
}

TEST(XOAuth2, GivesGooglesDocumentedExample) {
  EXPECT_EQ(
      base64_encode(*xoauth2()->initial()),
      "dXNlcj1zb21ldXNlckBleGFtcGxlLmNvbQFhdXRoPUJlYXJlciB5YTI5LnZGOWRmdDRxbVRjMk52YjNSbGNrQmhkSFJoZG1semRHRXVZMjl"
      "0Q2cBAQ==");
}

TEST(XOAuth2, AnswersGooglesDocumentedErrorWithNothingAndRemembersIt) {
  const auto mechanism = xoauth2();
  const auto response = mechanism->step(test::raw(
      "eyJzdGF0dXMiOiI0MDEiLCJzY2hlbWVzIjoiYmVhcmVyIG1hYyIsInNjb3BlIjoiaHR0cHM6Ly9tYWlsLmdvb2dsZS5jb20vIn0K"));
  ASSERT_TRUE(response);
  EXPECT_EQ(response->bytes, "");
  EXPECT_EQ(mechanism->refusal(), "401, scope https://mail.google.com/");
}

TEST(OAuth, RepeatsTheMessageOnceForAPrompt) {
  for (const bool google : {false, true}) {
    for (const char* prompt : {"", "go on", "Z28gb24="}) {
      const auto mechanism = google ? xoauth2() : bearer();
      const auto response = mechanism->step(test::raw(prompt));
      ASSERT_TRUE(response);
      EXPECT_EQ(response->bytes, mechanism->initial());
      EXPECT_EQ(mechanism->refusal(), "");
      EXPECT_EQ(mechanism->step(test::raw(prompt))->bytes, google ? "" : "\1") << "a second one is the server's error";
      EXPECT_NE(mechanism->refusal(), "");
      EXPECT_FALSE(mechanism->step(test::raw(prompt)));
    }
  }
}

TEST(OAuth, ReadsWhateverAServerPutsIntoItsError) {
  const std::vector<std::pair<std::string, std::string>> errors{
      {R"({"status":401})", "401"},
      {R"({"error":"invalid_grant","error_description":"expired"})", "invalid_grant, expired"},
      {R"( {"status":"400","scope":"a b"} )", "400, scope a b"},
      {R"({"status":"a\u001b[2J"})", "a\\x1b[2J"},
      {R"({"status":null,"scope":[]})", R"({"status":null,"scope":[]})"},
      {R"({"status":"unfinished)", R"({"status":"unfinished)"},
      {"{", "{"},
      {"{}", "{}"},
      {std::string(5000, '{'), std::string(200, '{')},
      {R"({"status":")" + std::string(5000, 'x') + R"("})", std::string(200, 'x')},
      {R"({"status":"bad )" + std::string(kRfcToken) + R"("})", "the token is refused"},
  };
  for (const auto& [text, words] : errors) {
    const auto mechanism = bearer();
    ASSERT_TRUE(mechanism->step(test::encoded(text))) << text;
    EXPECT_EQ(mechanism->refusal(), words);
  }
  const auto clear = bearer();
  EXPECT_EQ(clear->step(test::raw(R"({"status":"401"})"))->bytes, "\1");
  EXPECT_EQ(clear->refusal(), "401");
  EXPECT_EQ(bearer()->step(test::raw("{" + std::string(100'000, ' '))).error().failure, Failure::protocol);
}

TEST(OAuthServer, RefusesEveryMalformedMessageAfterAnError) {
  using Outcome = ServerMechanism::Outcome;
  ServerSide side;
  side.token_valid = [](std::string_view, std::string_view) { return true; };
  for (const std::string& message :
       {""s, "\1"s, "n"s, "n,\1auth=Bearer t\1\1"s, "n,,"s, "n,,auth=Bearer t\1\1"s, "p=x,,\1auth=Bearer t\1\1"s,
        "n,a=u=,\1auth=Bearer t\1\1"s, "n,u,\1auth=Bearer t\1\1"s, "n,,\1auth=Bearer t\1"s, "n,,\1junk\1\1"s}) {
    const auto server = make_server_mechanism("OAUTHBEARER", side);
    EXPECT_EQ(server->step(message).challenge, R"({"status":"invalid_token","scope":"mail"})") << message;
    EXPECT_EQ(server->step("\1").outcome, Outcome::failure);
    EXPECT_EQ(server->step("n,,\1auth=Bearer t\1\1").outcome, Outcome::failure);
  }
  for (const std::string& message : {""s, "user=u"s, "user=u\1auth=Bearer t\1"s, "junk\1\1"s}) {
    const auto server = make_server_mechanism("XOAUTH2", side);
    EXPECT_EQ(server->step(message).challenge, R"({"status":"401","schemes":"bearer","scope":"mail"})") << message;
    EXPECT_EQ(server->step("").outcome, Outcome::failure);
  }
  EXPECT_EQ(make_server_mechanism("XOAUTH2", side)->step("user=u\1auth=Bearer t\1\1").outcome, Outcome::success);
  EXPECT_EQ(make_server_mechanism("XOAUTH2", ServerSide())->step("user=u\1auth=Bearer t\1\1").outcome,
            Outcome::challenge);
}

TEST(External, AnswersNothingOnce) {
  for (const char* prompt : {"", "go on", "Z28gb24="}) {
    const auto mechanism = make_mechanism("EXTERNAL", test::with_certificate(), Situation());
    EXPECT_EQ(mechanism->initial(), "");
    EXPECT_EQ(mechanism->step(test::raw(prompt))->bytes, "");
    EXPECT_EQ(mechanism->step(test::raw(prompt)).error().failure, Failure::protocol);
    EXPECT_TRUE(mechanism->accepted());
  }
}

TEST(ExternalServer, BelievesTheCertificateOnly) {
  using Outcome = ServerMechanism::Outcome;
  ServerSide side;
  EXPECT_EQ(make_server_mechanism("EXTERNAL", side)->step("").outcome, Outcome::failure);
  side.certificate_user = "tim";
  EXPECT_EQ(make_server_mechanism("EXTERNAL", side)->step("").outcome, Outcome::success);
  EXPECT_EQ(make_server_mechanism("EXTERNAL", side)->step("tim").outcome, Outcome::success);
  EXPECT_EQ(make_server_mechanism("EXTERNAL", side)->step("tom").outcome, Outcome::failure);
}

}  // namespace
}  // namespace postern::sasl
