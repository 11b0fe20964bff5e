#include "base/base64.h"
#include "oauth_bench.h"
#include "support/expected_log.h"

namespace postern::credentials {
namespace {

using test::ExpectLog;
using testing::HasSubstr;
using testing::Not;
using Want = Source::Want;

TEST(OAuth, RefreshesAndKeepsTheTokenUntilShortlyBeforeItExpires) {
  for (const int life : {2, 10, 300, 3600, 86'400}) {
    OAuthBench bench;
    bench.life = life;
    EXPECT_EQ(bench.token(), "access-1");
    EXPECT_EQ(bench.server.requests[0].body, "grant_type=refresh_token&refresh_token=refresh-0&client_id=post%20ern");
    const Milliseconds margin = std::min(Milliseconds(Seconds(life)) / 10, Milliseconds(60'000));
    bench.clock.advance(Seconds(life) - margin - Milliseconds(1));
    EXPECT_EQ(bench.token(), "access-1") << life;
    bench.clock.advance(Milliseconds(1));
    EXPECT_EQ(bench.token(), "access-2") << life;
    EXPECT_EQ(bench.token(), "access-2") << life;
  }
}

TEST(OAuth, AsksOnceForEachTokenHoweverOftenItIsAsked) {
  OAuthBench bench;
  bench.life = 2;
  for (int i = 0; i < 100; ++i) {
    static_cast<void>(bench.token());
    bench.clock.advance(Milliseconds(100));
  }
  // Ten seconds of tokens that last 1.8 each.
  EXPECT_LE(bench.issued, 6);
}

TEST(OAuth, NoticesThatTheMachineSlept) {
  OAuthBench bench;
  EXPECT_EQ(bench.token(), "access-1");
  bench.clock.jump_wall(std::chrono::hours(2));
  EXPECT_EQ(bench.token(), "access-2");
  bench.clock.jump_wall(-std::chrono::hours(48));
  bench.clock.advance(std::chrono::hours(2));
  EXPECT_EQ(bench.token(), "access-3");
}

TEST(OAuth, TenWhoAskAtTheSameTimeMakeOneRequest) {
  for (const Want want : {Want::current, Want::renewed}) {
    OAuthBench bench;
    bench.make();
    std::vector<Result<Secret>> answers;
    for (int i = 0; i < 10; ++i) {
      boost::asio::co_spawn(bench.loop, bench.origin->get(want),
                            [&](const std::exception_ptr&, Result<Secret> secret) { answers.push_back(secret); });
    }
    while (answers.size() < 10 && bench.loop.run_one() > 0) {
    }
    for (const auto& answer : answers) EXPECT_EQ(answer->reveal(), "access-1");
    EXPECT_EQ(bench.issued, 1);
  }
}

TEST(OAuth, GoesOnForTheOthersWhenTheSourceIsLetGo) {
  OAuthBench bench;
  bench.make();
  std::optional<Result<Secret>> answer;
  Origin origin;
  origin.oauth2 = bench.client;
  auto source = make_source(bench.loop.get_executor(), bench.clock, origin, at_once);
  std::optional<Result<sasl::Credentials>> credentials;
  boost::asio::co_spawn(bench.loop, source->get(Want::current),
                        [&](const std::exception_ptr&, Result<sasl::Credentials> got) { credentials = got; });
  source.reset();
  while (!credentials && bench.loop.run_one() > 0) {
  }
  ASSERT_TRUE(credentials && *credentials);
  EXPECT_EQ((*credentials)->token->reveal(), "access-1");
}

TEST(OAuth, ARefusedTokenIsRenewedBeforeItsTime) {
  OAuthBench bench;
  EXPECT_EQ(bench.token(), "access-1");
  EXPECT_EQ(bench.token(Want::renewed), "access-2");
  EXPECT_EQ(bench.token(), "access-2");
}

TEST(OAuth, WhoWasRefusedWithTheTokenBeforeGetsTheOneThatSomebodyElseJustRenewed) {
  OAuthBench bench;
  EXPECT_EQ(bench.token(), "access-1");
  bench.clock.advance(Seconds(100));
  EXPECT_EQ(bench.token(Want::renewed), "access-2");
  bench.clock.advance(Milliseconds(999));
  EXPECT_EQ(bench.token(Want::renewed), "access-2");
  bench.clock.advance(Milliseconds(1));
  EXPECT_EQ(bench.token(Want::renewed), "access-3");
}

TEST(OAuth, WithoutAnExpiryATokenIsGoodUntilItIsRefused) {
  OAuthBench bench;
  bench.always(http_answer("200 OK", R"({"access_token":"a","token_type":"bearer"})"));
  EXPECT_EQ(bench.token(), "a");
  bench.clock.advance(std::chrono::hours(1000));
  EXPECT_EQ(bench.token(), "a");
  EXPECT_EQ(bench.server.requests.size(), 1U);
  EXPECT_EQ(bench.token(Want::renewed), "a");
  EXPECT_EQ(bench.server.requests.size(), 2U);
}

TEST(OAuth, UsesClientCredentialsWithoutARefreshTokenFile) {
  OAuthBench bench;
  bench.client.refresh_token_file.clear();
  bench.client.scope = "smtp.send a/b";
  bench.client.client_secret_file = bench.dir.write("secret", "s:e cret+\n");
  EXPECT_EQ(bench.token(), "access-1");
  const Request& request = bench.server.requests.at(0);
  EXPECT_EQ(request.body, "grant_type=client_credentials&scope=smtp.send%20a%2Fb");
  EXPECT_THAT(request.head, HasSubstr("Authorization: Basic " + base64_encode("post%20ern:s%3Ae%20cret%2B") + "\r\n"));
}

TEST(OAuth, GivesTheSecretInTheBodyWhereTheServerDoesNotKnowTheHeader) {
  for (const std::string& refused : {http_answer("401 Unauthorized", R"({"error":"invalid_client"})"),
                                     refusal("invalid_client"), http_answer("401 Unauthorized", "<html>")}) {
    OAuthBench bench;
    bench.client.client_secret_file = bench.dir.write("secret", "s&cret");
    bench.server.answer_with([&](const Request& request) {
      return request.head.find("Authorization") == std::string::npos ? bench.issue() : refused;
    });
    EXPECT_EQ(bench.token(), "access-1");
    ASSERT_EQ(bench.server.requests.size(), 2U);
    EXPECT_THAT(bench.server.requests[1].body, testing::EndsWith("&client_id=post%20ern&client_secret=s%26cret"));
    // What worked is remembered.
    EXPECT_EQ(bench.token(Want::renewed), "access-2");
    EXPECT_EQ(bench.server.requests.size(), 3U);
  }
}

TEST(OAuth, RefusalsForGoodSayWhatToDo) {
  const std::vector<std::pair<std::string, std::string>> rows{{"invalid_grant", "run `postern login`"},
                                                              {"invalid_client", "client_secret_file"},
                                                              {"unauthorized_client", "provider must allow"},
                                                              {"unsupported_grant_type", "token_url"},
                                                              {"invalid_scope", "check scope"},
                                                              {"invalid_request", "check token_url"},
                                                              {"strange", "oauth2 settings"}};
  for (const auto& [error, advice] : rows) {
    OAuthBench bench;
    bench.client.client_secret_file = bench.dir.write("secret", "secret");
    bench.always(http_answer("400 Bad Request", R"({"error":")" + error + R"(","error_description":"It \r\n is so"})"));
    const auto secret = bench.get();
    ASSERT_FALSE(secret) << error;
    EXPECT_EQ(secret.error().failure, Failure::rejected) << error;
    EXPECT_THAT(secret.error().text,
                HasSubstr(bench.client.token_url + " refused: " + error + " (It \\x0d\\x0a is so)"));
    EXPECT_THAT(secret.error().text, HasSubstr(advice));
    EXPECT_THAT(secret.error().text, Not(HasSubstr("refresh-0")));
    EXPECT_EQ(bench.server.requests.size(), error == "invalid_client" ? 2U : 1U);
  }
}

TEST(OAuth, WhatIsHiddenOfARefusalIsUnderstood) {
  for (const std::string secret : {"x9", "invalid_grant", "secret"}) {
    OAuthBench bench;
    bench.client.client_secret_file = bench.dir.write("secret", secret);
    bench.always(http_answer("400 Bad Request", R"({"error":"invalid_grant","error_description":"x9 secret"})"));
    const auto got = bench.get();
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().failure, Failure::rejected);
    EXPECT_THAT(got.error().text, HasSubstr(Redactor::kRemark)) << secret;
    EXPECT_THAT(got.error().text, HasSubstr("the login has ended or was withdrawn")) << secret;
    bench.always(http_answer("400 Bad Request", R"({"error":"temporarily_unavailable"})"));
    EXPECT_EQ(bench.get().error().failure, Failure::busy) << secret;
  }
}

TEST(OAuth, WhatAServerGivesInPlaceOfATokenHidesNothing) {
  OAuthBench bench;
  bench.always(http_answer("400 Bad Request",
                           R"({"error":"invalid_scope","error_description":"no such scope","refresh_token":"N/A"})"));
  const auto got = bench.get();
  ASSERT_FALSE(got);
  EXPECT_THAT(got.error().text, HasSubstr("invalid_scope (no such scope)"));
}

TEST(OAuth, AWithdrawnLoginIsDeniedEvenWhileTheOldTokenLasts) {
  OAuthBench bench;
  EXPECT_EQ(bench.token(), "access-1");
  bench.always(refusal("invalid_grant"));
  bench.clock.advance(Seconds(3550));
  const auto secret = bench.get();
  ASSERT_FALSE(secret);
  EXPECT_EQ(secret.error().failure, Failure::rejected);
}

TEST(OAuth, AServerInTroubleIsNoRefusal) {
  const std::vector<std::pair<std::string, Failure>> rows{
      {http_answer("500 Oops", "<html>"), Failure::busy},
      {http_answer("503 Later", R"({"error":"invalid_grant"})"), Failure::busy},
      {http_answer("429 Slowly", ""), Failure::busy},
      {refusal("temporarily_unavailable"), Failure::busy},
      {refusal("server_error"), Failure::busy},
      {http_answer("200 OK", "<html>welcome</html>"), Failure::protocol},
      {http_answer("200 OK", "[]"), Failure::protocol},
      {http_answer("200 OK", "{}"), Failure::protocol},
      {http_answer("200 OK", R"({"access_token":"a\u0001b"})"), Failure::protocol},
      {http_answer("200 OK", R"({"access_token":"a b"})"), Failure::protocol},
      {http_answer("200 OK", R"({"access_token":"a","token_type":"mac"})"), Failure::protocol},
      {http_answer("400 Bad", "<html>"), Failure::protocol},
      {http_answer("404 Not Found", ""), Failure::not_found},
      {http_answer("302 Found", "", "Location: https://elsewhere.example/token?x=secret\r\n"), Failure::protocol},
      {"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"access_token\"", Failure::closed},
      {http_answer("200 OK", std::string(300'000, ' ')), Failure::limit},
      {"220 smtp.example.com ESMTP\r\n", Failure::protocol},
      {"", Failure::closed}};
  for (const auto& [bytes, failure] : rows) {
    OAuthBench bench;
    bench.always(bytes);
    const auto first = bench.get();
    ASSERT_FALSE(first) << bytes.substr(0, 100);
    EXPECT_EQ(first.error().failure, failure) << bytes.substr(0, 100) << first.error().text;
    EXPECT_THAT(first.error().text, HasSubstr(bench.client.token_url));
    EXPECT_THAT(first.error().text, Not(HasSubstr("x=secret")));

    // The token that is still good is used, and the server is left in peace for a while.
    bench.server.answer_with([&](const Request&) { return bench.issue(); });
    EXPECT_EQ(bench.token(), "access-1");
    bench.always(bytes);
    bench.clock.advance(Seconds(3541));
    const ExpectLog warned("cannot renew the access token");
    SCOPED_TRACE(bytes.substr(0, 100));
    const std::size_t before = bench.server.requests.size();
    EXPECT_EQ(bench.token(), "access-1");
    EXPECT_EQ(bench.token(), "access-1");
    EXPECT_EQ(bench.server.requests.size(), before + 1);
    bench.clock.advance(Seconds(10));
    EXPECT_EQ(bench.token(), "access-1");
    EXPECT_EQ(bench.server.requests.size(), before + 2);
    bench.clock.advance(Seconds(49));
    EXPECT_FALSE(bench.get());
  }
}

TEST(OAuth, ARedirectionIsNotFollowed) {
  OAuthBench bench;
  bench.always(http_answer("307 Temporary", "", "Location: " + bench.server.url("/elsewhere") + "\r\n"));
  const auto secret = bench.get();
  ASSERT_FALSE(secret);
  EXPECT_THAT(secret.error().text, HasSubstr("redirect to " + bench.server.url("/elsewhere")));
  EXPECT_EQ(bench.server.requests.size(), 1U);
  bench.always(http_answer("307 Temporary", "", "Location: https://elsewhere.example/#access\r\n"));
  EXPECT_THAT(bench.get().error().text, HasSubstr("redirect to https://elsewhere.example/, which"));
}

TEST(OAuth, ASlowServerIsGivenUpAndTheOldTokenUsedOnlyIfNobodyRefusedIt) {
  OAuthBench bench;
  bench.http.timeout = Milliseconds(3000);
  EXPECT_EQ(bench.token(), "access-1");
  bench.server.answer_with([](const Request&) { return std::nullopt; });
  const ExpectLog warned("cannot renew the access token");
  const auto refused = bench.get(Want::renewed);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().failure, Failure::timeout);
  bench.clock.advance(Seconds(3545));
  EXPECT_EQ(bench.token(), "access-1");
}

TEST(OAuth, NoSecretReachesTheLogOrAnError) {
  OAuthBench bench;
  bench.client.client_secret_file = bench.dir.write("secret", "client-s3cret");
  EXPECT_EQ(bench.token(), "access-1");
  bench.always(refusal("invalid_client"));
  const auto refused = bench.get(Want::renewed);
  ASSERT_FALSE(refused);
  std::vector<std::string> lines = test::logged();
  lines.push_back(refused.error().text);
  for (const std::string secret : {"client-s3cret", "refresh-0", "access-1"}) {
    EXPECT_THAT(lines, Not(testing::Contains(HasSubstr(secret))));
    EXPECT_THAT(lines, Not(testing::Contains(HasSubstr(base64_encode(secret)))));
  }
}

TEST(OAuth, UrlsThatWouldShowTheSecretAreRefused) {
  OAuthBench bench;
  bench.client.token_url = "http://login.example.com/token";
  const auto secret = bench.get();
  ASSERT_FALSE(secret);
  EXPECT_EQ(secret.error().failure, Failure::invalid);
}

}  // namespace
}  // namespace postern::credentials
