#include "base/text.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

namespace postern {
namespace {

TEST(Text, ComparesAsciiWithoutCaseAndNothingElse) {
  EXPECT_TRUE(iequals("EHLO", "ehlo"));
  EXPECT_FALSE(iequals("EHLO", "EHL"));
  EXPECT_FALSE(iequals("\xC4", "\xE4"));
  EXPECT_TRUE(istarts_with("Auth=PLAIN", "AUTH="));
  EXPECT_FALSE(istarts_with("AU", "AUTH"));
}

TEST(Text, PrintableEscapesEveryControlByte) {
  for (int value = 0; value < 256; ++value) {
    const std::string one(1, static_cast<char>(value));
    const std::string shown = printable(one);
    const bool plain = value >= 0x20 && value < 0x7F && value != '\\';
    EXPECT_EQ(shown.size(), plain ? 1U : 4U) << value;
    EXPECT_FALSE(has_control(shown)) << value;
  }
}

TEST(Text, PrintableEscapesOnceHoweverManyHandsATextPasses) {
  std::vector<std::string> texts{"\x1b[2J", "a\\b",  "\\",     "\\x",           "\\x1",
                                 "\\x1g",   "\\xAB", "\\\x1b", "\xff\\x1b\xc3", "\xe2\x80\xae"};
  for (int first = 0; first < 256; ++first) {
    for (const int second : {0, 27, 34, 92, 120, 49, 127, 200}) {
      texts.push_back({static_cast<char>(first), static_cast<char>(second), 'x', '1', 'b'});
    }
  }
  for (const std::string& text : texts) {
    const std::string once = printable(text);
    EXPECT_EQ(printable(once), once);
    EXPECT_TRUE(is_utf8(once));
    EXPECT_FALSE(has_control(once));
  }
  EXPECT_EQ(printable("a\\b"), "a\\x5cb");
  EXPECT_EQ(printable("\\xAB"), "\\x5cxAB");
  EXPECT_EQ(printable(std::string(1, '\x1b') + "\\x1b"), "\\x1b\\x1b");
}

TEST(Text, PrintableKeepsUtf8AndEscapesWhatMisleads) {
  EXPECT_EQ(printable("gr\xC3\xBC\xC3\x9F"), "gr\xC3\xBC\xC3\x9F");
  EXPECT_EQ(printable("a\xE2\x80\xAE"
                      "b"),
            "a\\xe2\\x80\\xaeb");  // right-to-left override
  for (const std::string_view hidden : {"\xE2\x80\x8B", "\xE2\x81\xA0", "\xEF\xBB\xBF", "\xD8\x9C", "\xE2\x80\xA8"}) {
    EXPECT_TRUE(printable(hidden).starts_with("\\x")) << hex(hidden);
  }
  for (const std::string_view needed : {"\xC2\xA0", "\xE2\x80\x8C", "\xE2\x80\x8D", "\xE2\x80\xAF"}) {
    EXPECT_EQ(printable(needed), needed) << hex(needed);
  }
  EXPECT_EQ(printable("\xC2\x9B"), "\\xc2\\x9b");  // C1 control sequence introducer
  EXPECT_EQ(printable("\xC3"), "\\xc3");           // cut short
}

TEST(Text, APrintableTextIsCutBetweenCharactersAndEscapes) {
  const std::vector<std::string> whole{"a",        "\\x1b", "\\x5c", "x",     "1", "b",
                                       "\xC3\xBC", "\\xe2", "\\x80", "\\xae", " "};
  std::string text;
  std::vector<std::size_t> ends{0};
  for (const std::string& one : whole) {
    text += one;
    ends.push_back(text.size());
  }
  for (std::size_t limit = 0; limit <= text.size() + 1; ++limit) {
    const auto most = std::prev(std::upper_bound(ends.begin(), ends.end(), limit));
    EXPECT_EQ(cut_printable(text, limit), std::string_view(text).substr(0, *most)) << limit;
  }
  EXPECT_EQ(cut_printable("a\\", 1), "a") << "no text of printable(), but no reason to fail";
}

TEST(Text, KnowsUtf8FromWhatOnlyLooksLikeIt) {
  for (const char* good : {"", "a", "\xC2\x80", "\xE0\xA0\x80", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_TRUE(is_utf8(good)) << printable(good);
  }
  for (const char* bad : {"\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF",
                          "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "\xE2\x82"}) {
    EXPECT_FALSE(is_utf8(bad)) << printable(bad);
  }
}

TEST(Text, ParsesDecimalDigitsOnly) {
  EXPECT_EQ(parse_number("0"), 0U);
  EXPECT_EQ(parse_number("18446744073709551615"), 18446744073709551615U);
  for (const char* bad : {"", "+1", "-1", " 1", "1 ", "1e3", "0x1", "18446744073709551616", "1.0"}) {
    EXPECT_FALSE(parse_number(bad)) << bad;
    EXPECT_FALSE(parse_decimal(bad)) << bad;
  }
  EXPECT_EQ(parse_number("025"), 25U);
  EXPECT_FALSE(parse_decimal("025"));
  EXPECT_FALSE(parse_decimal("00"));
  EXPECT_EQ(parse_decimal("0"), 0U);
}

TEST(Text, SplitsWordsAtRunsOfBlanks) {
  const std::vector<std::string_view> words{"PLAIN", "LOGIN"};
  EXPECT_EQ(split_words("  PLAIN\t LOGIN "), words);
  EXPECT_TRUE(split_words(" \t").empty());
  EXPECT_EQ(trim(" a b\r\n"), "a b");
}

TEST(Text, HexIsTwoLowerCaseDigitsForEveryByte) {
  EXPECT_EQ(hex(""), "");
  EXPECT_EQ(hex(std::string("\0\x7f\xFF\xa0", 4)), "007fffa0");
}

TEST(Text, EscapesWhatIsNotPlainWithItsMark) {
  const auto is_letter = [](char c) { return c >= 'a' && c <= 'z'; };
  EXPECT_EQ(hex_escaped("", '%', is_letter), "");
  EXPECT_EQ(hex_escaped("ab/%\xe4z", '%', is_letter), "ab%2F%25%E4z");
  EXPECT_EQ(hex_escaped("A b", '+', is_letter), "+41+20b");
}

}  // namespace
}  // namespace postern
