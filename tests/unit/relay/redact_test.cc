// No secret in what servers repeat.
#include "relay/redact.h"

#include "base/base64.h"
#include "base/redactor.h"
#include "base/text.h"
#include "test_source.h"

#include <gtest/gtest.h>

namespace postern::relay {
namespace {

std::string hidden(std::string words, const sasl::Credentials& credentials) {
  hide_secrets(words, credentials);
  return words;
}

constexpr std::string_view kHidden = Redactor::kRemark;

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
  for (const char* password : {"secret", "x9z1", "hunter22", ""}) {
    EXPECT_EQ(hidden("535 5.7.8 Username and Pass not accepted", with_password("demo", password)),
              "535 5.7.8 Username and Pass not accepted");
  }
  EXPECT_EQ(hidden("535 no", sasl::Credentials()), "535 no");
}

}  // namespace
}  // namespace postern::relay
