// No secret in what servers repeat.
#include "relay/redact.h"

#include "base/base64.h"
#include "base/redactor.h"
#include "base/text.h"
#include "test_source.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace postern::relay {
namespace {

Redactor knowing(const sasl::Credentials& credentials) {
  Redactor redactor;
  teach(redactor, credentials);
  return redactor;
}

std::string shown_of(std::vector<std::string> lines, const Redactor& redactor) {
  return shown(redactor, smtp::Reply{535, std::move(lines)});
}

const std::string kHidden = "535 " + std::string(Redactor::kRemark);

TEST(Redact, FindsASecretInBase64AtEveryOffsetAndOfEveryLength) {
  for (std::size_t length = 6; length <= 80; ++length) {
    std::string secret;
    for (std::size_t i = 0; i < length; ++i) secret += static_cast<char>('!' + (i * 37 + length) % 90);
    for (const auto& redactor : {knowing(with_password("demo", secret)), knowing(with_token("demo", secret))}) {
      for (std::size_t before = 0; before < 7; ++before) {
        for (std::size_t after = 0; after < 4; ++after) {
          const std::string text = std::string(before, 'x') + secret + std::string(after, 'y');
          const std::string said = "5.7.8 no such line: " + base64_encode(text);
          EXPECT_EQ(shown_of({said}, redactor), kHidden) << secret << ' ' << before << ' ' << after;
        }
      }
      EXPECT_EQ(shown_of({to_upper(secret) + '?'}, redactor), kHidden);
      EXPECT_EQ(shown_of({printable(secret)}, redactor), kHidden);
      EXPECT_EQ(shown_of({hex(secret)}, redactor), kHidden);
      for (std::size_t begin = 500; begin < 512; ++begin) {  // the text is cut off there
        EXPECT_EQ(shown_of({std::string(begin, 'x') + secret}, redactor), kHidden) << begin;
      }
      for (std::size_t cut = 1; cut < length; ++cut) {
        for (const std::string code : {"", "5.7.8 ", "5.7.12 "}) {
          const std::vector<std::string> lines{code + secret.substr(0, cut), code + secret.substr(cut)};
          EXPECT_EQ(shown_of(lines, redactor), kHidden) << secret << ' ' << cut << code;
        }
      }
      if (length > 32) {  // cut off
        EXPECT_EQ(shown_of({secret.substr(0, 20)}, redactor), kHidden);
        EXPECT_EQ(shown_of({base64_encode("a" + secret).substr(0, 30)}, redactor), kHidden);
      }
    }
  }
}

TEST(Redact, LeavesInnocentWordsAlone) {
  for (const char* password : {"secret", "x9z1y", "hunter22", ""}) {
    EXPECT_EQ(shown_of({"5.7.8 Username and Pass not accepted"}, knowing(with_password("demo", password))),
              "535 5.7.8 Username and Pass not accepted");
  }
  EXPECT_EQ(shown_of({"no"}, Redactor()), "535 no");
}

}  // namespace
}  // namespace postern::relay
