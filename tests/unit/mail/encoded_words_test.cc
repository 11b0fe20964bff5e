#include "mail/encoded_words.h"

#include "base/text.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <string>

namespace postern::mail {
namespace {

bool is_printable_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return (c >= ' ' && c < 0x7F) || c == '\t'; });
}

TEST(EncodedWords, AreWrittenForWhatIsNoAsciiAndReadAgainTheSame) {
  const std::array<std::pair<std::string, std::string>, 10> kTexts{{
      {"", ""},
      {"plain  text", "plain  text"},
      {"gr\xC3\xBCn", "=?utf-8?q?gr=C3=BCn?="},
      {"a gr\xC3\xBCn b", "a =?utf-8?q?gr=C3=BCn?= b"},
      {"\xC3\xBC \xC3\xBC", "=?utf-8?q?=C3=BC?= =?utf-8?q?_=C3=BC?="},
      {"=?utf-8?q?a?= \xC3\xBC", "=?utf-8?q?a?= =?utf-8?q?_=C3=BC?="},
      {"\xC3\xBC =?utf-8?q?a?=", "=?utf-8?q?=C3=BC=20?= =?utf-8?q?a?="},
      {"(gr\xC3\xBCn)_=?", "=?utf-8?q?=28gr=C3=BCn=29=5F=3D=3F?="},
      {"x \xFF", "x =?unknown-8bit?q?=FF?="},
      {"a\x01\x7F", "a??"},
  }};
  for (const auto& [text, written] : kTexts) {
    EXPECT_EQ(encode_words(text, FieldKind::text), written);
    if (written.find("unknown") == std::string::npos && text.find('\x01') == std::string::npos) {
      EXPECT_EQ(decode_words(written), decode_words(text));
    }
  }
  EXPECT_EQ(encode_words("\xC3\x9C. \"J\xC3\xBC\" J\xC3\xBCrgen <j@x>", FieldKind::structured),
            "??. \"J??\" =?utf-8?q?J=C3=BCrgen?= <j@x>");
}

TEST(EncodedWords, AreShortWhateverTheLength) {
  for (const std::string letter : {"\xC3\xBC", "\xF0\x9F\x93\xA7", "\xFF", "x"}) {
    std::string text = "\xC3\xBC";
    for (std::size_t length = 1; length < 200; ++length) {
      text += letter;
      const std::string written = encode_words(text, FieldKind::text);
      EXPECT_TRUE(is_printable_ascii(written));
      if (is_utf8(text)) {
        EXPECT_EQ(decode_words(written), text);
      }
      for (const std::string_view word : split_words(written)) EXPECT_LE(word.size(), 75U);
    }
  }
}

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
