#include "mail/wrap.h"

#include "base/text.h"

#include <gtest/gtest.h>

#include <random>
#include <sstream>

namespace postern::mail {
namespace {

TEST(Wrap, BreaksAtBlanksAndIndentsWhatFollows) {
  EXPECT_EQ(wrap("", "  "), "");
  EXPECT_EQ(wrap("one line", "  "), "one line");
  const std::string word(40, 'x');
  EXPECT_EQ(wrap("    " + word + "   " + word + " end ", "  "), "    " + word + "\n  " + word + " end");
  EXPECT_EQ(wrap(std::string(78, 'x'), " "), std::string(78, 'x'));
  EXPECT_EQ(wrap(std::string(100, 'x') + " y", " "), std::string(100, 'x') + "\n y") << "a word stays whole";
  EXPECT_EQ(wrap(std::string(2000, ' '), " "), "");
}

TEST(Wrap, CountsCharactersAndNotOctets) {
  std::string text;
  for (int i = 0; i < 39; ++i) text += i == 0 ? "\xC3\xA4" : " \xC3\xA4";
  EXPECT_EQ(text.size(), 116U);
  EXPECT_EQ(wrap(text, " "), text);
  EXPECT_EQ(wrap(text + " xx", " "), text + "\n xx");
}

TEST(Wrap, NoLineIsTooLongAndNothingIsLost) {
  std::mt19937 random(1);  // NOLINT(cert-msc51-cpp): the same each time
  const std::string_view pieces[] = {" ", "x", "\xC3\xA4", "\xF0\x9F\x93\xA7", "xxxxxxxxxx", "   "};
  for (int round = 0; round < 500; ++round) {
    std::string text;
    const std::size_t kinds = round % 5 == 0 ? 2 : std::size(pieces);
    const bool solid = round % 7 == 0;
    for (auto left = random() % 3000; left > 0; --left) {
      text += pieces[solid ? 1 + random() % 4 : random() % kinds];
    }
    const std::string lines = wrap(text, "\t");
    ASSERT_TRUE(lines_fit(lines));
    ASSERT_TRUE(is_utf8(lines));
    std::istringstream read(lines);
    for (std::string line; std::getline(read, line);) {
      ASSERT_NE(line.find_first_not_of(" \t"), std::string::npos) << "a line of blanks";
    }
    std::string before = text;
    std::string after = lines;
    std::erase_if(before, [](char c) { return c == ' '; });
    std::erase_if(after, [](char c) { return c == ' ' || c == '\t' || c == '\n'; });
    ASSERT_EQ(after, before);
  }
}

TEST(Cut, IsBetweenCharactersAndSaysSo) {
  EXPECT_EQ(cut("abcdef", 6), "abcdef");
  EXPECT_EQ(cut("abcdefg", 6), "abc...");
  EXPECT_EQ(cut("ab\xC3\xA4xxx", 6), "ab...");
  EXPECT_EQ(cut("ab\\x1bcd", 7), "ab...") << "nor in the middle of an escape";
  for (std::size_t limit = 3; limit < 8; ++limit) EXPECT_EQ(cut("abcdefghijk", limit).size(), limit);
}

TEST(LinesFit, CountsEachLine) {
  EXPECT_TRUE(lines_fit(""));
  EXPECT_TRUE(lines_fit(std::string(998, 'x') + "\n" + std::string(998, 'x')));
  EXPECT_FALSE(lines_fit("a\n" + std::string(999, 'x') + "\n"));
  EXPECT_FALSE(lines_fit(std::string(999, 'x')));
}

}  // namespace
}  // namespace postern::mail
