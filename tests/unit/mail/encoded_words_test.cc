#include "mail/encoded_words.h"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <string>

namespace postern::mail {
namespace {

TEST(EncodedWords, AreDecodedWhereTheyAreSimpleAndLeftElsewhere) {
  const std::array<std::pair<std::string, std::string>, 24> kTexts{{
      {"", ""},
      {"plain", "plain"},
      {"=?utf-8?q?gr=C3=BCn?=", "gr\xC3\xBCn"},
      {"=?UTF-8?Q?a_b?= c", "a b c"},
      {"=?utf-8?B?R3LDvG4=?=", "Gr\xC3\xBCn"},
      {"=?utf-8*de?b?R3LDvG4=?=", "Gr\xC3\xBCn"},
      {"=?ISO-8859-1?Q?Gr=FCn?=", "Gr\xC3\xBCn"},
      {"=?us-ascii?q?a?=", "a"},
      {"=?utf-8?q?=C3=BC?=", "\xC3\xBC"},
      {"=?utf-8?q?a?= =?utf-8?q?b?=", "ab"},
      {"=?utf-8?q?a?= \t =?utf-8?b?Yg==?= c", "ab c"},
      {"=?utf-8?q?=C3?= =?utf-8?q?=BC?=", "\xC3\xBC"},
      {"x =?utf-8?q?a?= y =?utf-8?q?b?= z", "x a y b z"},
      {"=?utf-8?q?a?= =?koi8-r?q?b?=", "a =?koi8-r?q?b?="},
      {"=?koi8-r?b?8NLJ18XU?=", "=?koi8-r?b?8NLJ18XU?="},
      {"=?utf-8?x?a?=", "=?utf-8?x?a?="},
      {"=?utf-8?b?!?=", "=?utf-8?b?!?="},
      {"=?utf-8?q?=G0?=", "=?utf-8?q?=G0?="},
      {"=?utf-8?q?=C?=", "=?utf-8?q?=C?="},
      {"=?utf-8?q?a b?=", "=?utf-8?q?a b?="},
      {"=?utf-8?q?a", "=?utf-8?q?a"},
      {"=?", "=?"},
      {"=??", "=??"},
      {"=?=?utf-8?q?a?=", "=?a"},
  }};
  for (const auto& [text, decoded] : kTexts) EXPECT_EQ(decode_words(text), decoded) << text;
}

TEST(EncodedWords, AnyTextHasAnEnd) {
  std::mt19937 random(1);  // NOLINT(cert-msc51-cpp): the same each time
  const std::array<std::string, 10> kPieces{"=?", "?=", "?", "=", "utf-8", "q", "b", " ", "C3", "\xFF"};
  for (int round = 0; round < 20000; ++round) {
    std::string text;
    for (auto left = random() % 12; left > 0; --left) text += kPieces.at(random() % kPieces.size());
    EXPECT_LE(decode_words(text).size(), text.size()) << text;
  }
}

}  // namespace
}  // namespace postern::mail
