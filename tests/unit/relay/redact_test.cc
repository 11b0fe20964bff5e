// No secret in what servers repeat.
#include "relay/redact.h"

#include "base/base64.h"
#include "base/text.h"
#include "relay/auth_refusal.h"
#include "test_source.h"

#include <gtest/gtest.h>

namespace postern::relay {
namespace {

std::string hidden(std::string words, const sasl::Credentials& credentials) {
  hide_secrets(words, credentials);
  return words;
}

constexpr std::string_view kHidden = "(words that repeat the login are not shown)";

TEST(Redact, FindsASecretInBase64AtEveryOffsetAndOfEveryLength) {
  for (std::size_t length = 6; length <= 80; ++length) {
    std::string secret;
    for (std::size_t i = 0; i < length; ++i) secret += static_cast<char>('!' + (i * 37 + length) % 90);
    for (const auto& credentials : {with_password("demo", secret), with_token("demo", secret)}) {
      for (std::size_t before = 0; before < 7; ++before) {
        for (std::size_t after = 0; after < 4; ++after) {
          const std::string text = std::string(before, 'x') + secret + std::string(after, 'y');
          const std::string said = "535 5.7.8 no such line: " + base64_encode(text);
          EXPECT_EQ(hidden(said, credentials), "535 " + std::string(kHidden))
              << secret << ' ' << before << ' ' << after;
        }
      }
      EXPECT_EQ(hidden("500 " + to_upper(secret) + '?', credentials), "500 " + std::string(kHidden));
      EXPECT_EQ(hidden(printable(secret), credentials), kHidden);
      EXPECT_EQ(hidden("500 " + hex(secret), credentials), "500 " + std::string(kHidden));
      if (length > 32) {  // cut off
        EXPECT_EQ(hidden("500 " + secret.substr(0, 20), credentials), "500 " + std::string(kHidden));
        EXPECT_EQ(hidden("500 " + base64_encode("a" + secret).substr(0, 30), credentials),
                  "500 " + std::string(kHidden));
      }
    }
  }
}

TEST(Redact, LeavesInnocentWordsAlone) {
  for (const char* password : {"secret", "x9", "hunter22", ""}) {
    EXPECT_EQ(hidden("535 5.7.8 Username and Pass not accepted", with_password("demo", password)),
              "535 5.7.8 Username and Pass not accepted");
  }
  EXPECT_EQ(hidden("535 no", sasl::Credentials()), "535 no");
}

smtp::Reply reply(int code, std::string text) {
  smtp::Reply reply;
  reply.code = code;
  reply.lines.push_back(std::move(text));
  return reply;
}

TEST(AuthRefusal, TellsALimitFromAWrongPassword) {
  EXPECT_TRUE(is_temporary(reply(454, "4.7.0 Too many login attempts, please try again later")));
  EXPECT_TRUE(is_temporary(reply(432, "4.7.12 A password transition is needed")));
  EXPECT_TRUE(is_temporary(reply(535, "5.7.0 Too many bad auth attempts")));
  EXPECT_TRUE(is_temporary(reply(535, "4.7.0 no")));
  EXPECT_TRUE(is_temporary(reply(550, "5.7.1 TEMPORARILY unavailable")));
  for (const char* words : {"5.7.8 Username and Password not accepted", "5.7.139 SmtpClientAuthentication is disabled",
                            "5.7.3 Authentication unsuccessful", "Incorrect authentication data", "", "4.7"}) {
    EXPECT_FALSE(is_temporary(reply(535, words))) << words;
  }
  EXPECT_FALSE(is_temporary(smtp::Reply{535, {}}));
}

TEST(AuthRefusal, KnowsTheCodesThatAreAboutTheCommand) {
  for (const int code : {500, 501, 502, 503, 504, 538}) EXPECT_TRUE(concerns_form(reply(code, "no"))) << code;
  for (const int code : {530, 534, 535, 550, 454}) EXPECT_FALSE(concerns_form(reply(code, "no"))) << code;
}

}  // namespace
}  // namespace postern::relay
