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
  const std::array<std::pair<std::string, std::string>, 13> kTexts{{
      {"", ""},
      {"plain  text", "plain  text"},
      {"gr\xC3\xBCn", "=?utf-8?q?gr=C3=BCn?="},
      {"a gr\xC3\xBCn b", "a =?utf-8?q?gr=C3=BCn?= b"},
      {"\xC3\xBC \t\xC3\xBC", "=?utf-8?q?=C3=BC_=09=C3=BC?="},
      {"\xC3\xBC \xFF", "=?utf-8?q?=C3=BC?= =?unknown-8bit?q?_=FF?="},
      {"=?utf-8?q?a?= \xC3\xBC", "=?utf-8?q?a?= =?utf-8?q?_=C3=BC?="},
      {"\xC3\xBC =?utf-8?q?a?=", "=?utf-8?q?=C3=BC_?= =?utf-8?q?a?="},
      {"(gr\xC3\xBCn)_=?", "=?utf-8?q?=28gr=C3=BCn=29=5F=3D=3F?="},
      {"x \xFF", "x =?unknown-8bit?q?=FF?="},
      {"a\x01\x7F", "a??"},
      {"\xC3\xBC =?x", "=?utf-8?q?=C3=BC?= =?x"},
      {"\xC3\xBC =?koi8-r?b?8A==?=", "=?utf-8?q?=C3=BC_?= =?koi8-r?b?8A==?="},
  }};
  for (const auto& [text, written] : kTexts) {
    EXPECT_EQ(encode_words(text), written);
    if (written.find("unknown") == std::string::npos && text.find("koi8") == std::string::npos &&
        text.find('\x01') == std::string::npos) {
      EXPECT_EQ(decode_words(written), decode_words(text));
    }
  }
}

TEST(EncodedWords, AreShortWhateverTheLength) {
  for (const std::string letter : {"\xC3\xBC", "\xF0\x9F\x93\xA7", "\xFF", "x"}) {
    std::string text = "\xC3\xBC";
    for (std::size_t length = 1; length < 200; ++length) {
      text += letter;
      const std::string written = encode_words(text);
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

TEST(EncodedWords, AreToldByTheirForm) {
  for (const std::string word : {"=?utf-8?q?a?=", "=?koi8-r?B?8A==?=",
                                 "=?x?q?"
                                 "?=",
                                 "=?utf-8*de?q?a?b?="}) {
    EXPECT_TRUE(is_encoded_word(word)) << word;
    EXPECT_FALSE(is_encoded_word(word + "x"));
    EXPECT_FALSE(is_encoded_word("x" + word));
    for (std::size_t cut = 0; cut < word.size(); ++cut) EXPECT_FALSE(is_encoded_word(word.substr(0, cut))) << cut;
  }
  for (const std::string text : {"=??q?a?=", "=?x?y?a?=", "=?x?qq?a?=", "=?x y?q?a?=", "=?x?q?a b?=", "=?x?q?=G0?="}) {
    EXPECT_FALSE(is_encoded_word(text)) << text;
  }
}

TEST(EncodedWords, CostWhatTheirLengthCosts) {
  for (const std::string begin : {"=?u?q?", "=?u?b?", "=?", "=?utf-8?q?a", "=?utf-8?b?====", "=?u?q?=3F?"}) {
    std::string text;
    while (text.size() < 262144) text += begin;
    EXPECT_LE(decode_words(text + " ").size(), text.size() + 1);
    EXPECT_LE(decode_words(text + "?=").size(), text.size() + 2);
  }
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
