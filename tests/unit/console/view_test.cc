#include "console/view.h"

#include <gtest/gtest.h>

#include <string>

namespace postern::console {
namespace {

TEST(View, CountsWhatATerminalShows) {
  EXPECT_EQ(columns(""), 0U);
  EXPECT_EQ(columns("abc"), 3U);
  EXPECT_EQ(columns("J\u00fcrgen"), 6U);
  EXPECT_EQ(columns("\u65e5\u672c\u8a9e"), 6U) << "two columns each";
  EXPECT_EQ(columns("e\u0301"), 1U) << "an accent that is set on a letter";
  EXPECT_EQ(columns("\U0001f4e7!"), 3U);
  EXPECT_EQ(columns("a\xff"), 2U) << "what is no character counts as a byte";
  EXPECT_EQ(front_columns("\u65e5\u672c\u8a9e", 5), "\u65e5\u672c") << "none is cut in two";
  EXPECT_EQ(front_columns("abc", 0), "");
  EXPECT_EQ(front_columns("abc", 9), "abc");
}

TEST(View, FoldsAtBlanksAloneAndLeavesLongWordsWhole) {
  EXPECT_EQ(folded("one two three", 0, "  "), "one two three\n");
  EXPECT_EQ(folded("one two three", 7, "  "), "one two\n  three\n");
  EXPECT_EQ(folded("one two three", 8, "  "), "one two\n  three\n");
  EXPECT_EQ(folded("  one two", 6, "    "), "  one\n    two\n");
  EXPECT_EQ(folded("  someone@example.com", 6, "    "), "  someone@example.com\n");
  EXPECT_EQ(folded("a someone@example.com b", 6, ""), "a\nsomeone@example.com\nb\n");
  EXPECT_EQ(folded("\u65e5\u672c \u8a9e", 6, ""), "\u65e5\u672c\n\u8a9e\n");
  EXPECT_EQ(folded("", 6, "  "), "\n");
}

TEST(View, BreaksNoCommandInBackquotesThatFitsInALine) {
  EXPECT_EQ(folded("then run `postern check main`: wait", 24, "  "), "then run\n  `postern check main`:\n  wait\n");
  EXPECT_EQ(folded("then run `postern check main`: wait", 20, "  "), "then run `postern\n  check main`: wait\n")
      << "it fits in no line";
  EXPECT_EQ(folded("it said `foo' and no more", 12, ""), "it said\n`foo' and no\nmore\n")
      << "one alone encloses nothing";
}

TEST(View, FoldsSoThatEveryLineOfShortWordsFits) {
  const std::string text = "3 messages wait since 14:02: smtp.example.com refuses the login; what to do: try again";
  for (std::size_t width = 20; width < 100; ++width) {
    std::string joined;
    const std::string lines = folded(text, width, "  ");
    for (std::size_t begin = 0; begin < lines.size();) {
      const std::size_t end = lines.find('\n', begin);
      EXPECT_LE(end - begin, width);
      joined += (begin == 0 ? "" : " ") + lines.substr(begin == 0 ? 0 : begin + 2, end - begin - (begin == 0 ? 0 : 2));
      begin = end + 1;
    }
    EXPECT_EQ(joined, text) << width;
  }
}

TEST(View, PutsWhatDoesNotFitBelowTheTextOfItsLabel) {
  const std::string lines = "site\n  label  one two three\nx\n";
  EXPECT_EQ(hanging(lines, 9, 0), lines);
  EXPECT_EQ(hanging(lines, 9, 40), lines);
  EXPECT_EQ(hanging(lines, 9, 17), "site\n  label  one two\n         three\nx\n");
  EXPECT_EQ(hanging("alongerlabel and text\n", 9, 20), "alongerlabel\n         and text\n");
  EXPECT_EQ(hanging(lines, 9, 9), lines) << "no room at all";
}

TEST(View, BreaksAWordOfWideCharactersThatFitsInNoLine) {
  std::string text;
  for (int i = 0; i < 46; ++i) text += "\u90ae";
  const std::string lines = folded("550 " + text + "!", 60, "  ");
  std::string joined;
  for (std::size_t begin = 0; begin < lines.size();) {
    const std::size_t end = lines.find('\n', begin);
    EXPECT_LE(columns(lines.substr(begin, end - begin)), 60U);
    joined += lines.substr(begin == 0 ? 0 : begin + 2, end - begin - (begin == 0 ? 0 : 2));
    begin = end + 1;
  }
  EXPECT_EQ(joined, "550 " + text + "!");
  EXPECT_EQ(folded("a\u65e5\u672cb \u8a9e\u8a9e", 5, ""), "a\u65e5\n\u672cb\n\u8a9e\u8a9e\n") << "the second fits";
  EXPECT_EQ(folded("\u65e5\u0301\u672c", 3, ""), "\u65e5\u0301\n\u672c\n") << "an accent stays with its letter";
  EXPECT_EQ(folded("someone@\u4f8b.example", 6, ""), "someone@\u4f8b.example\n") << "one alone is no place to break";
}

TEST(View, KeepsTheFirstLinesInASmallWindow) {
  EXPECT_EQ(first_lines("a\nb\nc\n", 0, 80), "a\nb\nc\n");
  EXPECT_EQ(first_lines("a\nb\nc\n", 4, 80), "a\nb\nc\n");
  EXPECT_EQ(first_lines("a\nb\nc\n", 3, 80), "a\n...\n");
  EXPECT_EQ(first_lines("a\nb\nc\n", 1, 80), "...\n");
  EXPECT_EQ(first_lines("a\nb\nc\n", 4, 0), "a\nb\nc\n");
  EXPECT_EQ(first_lines("", 4, 80), "");
}

TEST(View, CountsTheRowsOfALineThatIsWiderThanTheWindow) {
  EXPECT_EQ(first_lines("a\nbbbbbb\nc\n", 5, 3), "a\nbbbbbb\nc\n") << "it fits";
  EXPECT_EQ(first_lines("a\nbbbbbb\nc\nd\n", 5, 3), "a\nbbbbbb\n...\n");
  EXPECT_EQ(first_lines("a\nbbbbbb\nc\n", 4, 3), "a\n...\n");
  EXPECT_EQ(first_lines("a\nbbb\nc\n", 4, 3), "a\nbbb\nc\n") << "it fits";
  EXPECT_EQ(first_lines("aaaaaaaaaa\nb\n", 3, 3), "aaaaaaaaaa\n...\n") << "what is said first stays";
  EXPECT_EQ(first_lines("\033[31maaa\033[0m\nb\nc\n", 4, 3), "\033[31maaa\033[0m\nb\nc\n") << "colours take no place";
  EXPECT_EQ(first_lines("\u65e5\u672c\nb\nc\n", 4, 3), "\u65e5\u672c\n...\n");
}

TEST(View, FoldsEachLineOfSeveralByItself) {
  EXPECT_EQ(folded("one two\nthree four five\n  six seven", 11, "    "),
            "one two\nthree four\n    five\n  six seven\n");
  EXPECT_EQ(folded("one\n\ntwo", 80, "  "), "one\n\ntwo\n");
  EXPECT_EQ(folded("a `b\nc` d", 4, ""), "a `b\nc` d\n") << "no word goes on in the next line";
  EXPECT_EQ(folded("one two\nthree", 0, "  "), "one two\nthree\n");
}

TEST(View, PutsLinesInThePlaceOfOthersAndWipesWhatWasThere) {
  View view;
  view.width = 3;
  view.height = 4;
  EXPECT_EQ(in_place("", view), "\033[H\033[0m\033[J");
  EXPECT_EQ(in_place("abc\nd\n", view), "\033[H\033[Kabc\n\033[Kd\n\033[0m\033[J") << "before the last column is full";
  EXPECT_EQ(in_place("abcd\ne\n", view), "\033[H\033[Jabcd\n\033[Ke\n\033[0m\033[J") << "and in every row";
  EXPECT_EQ(in_place("\033[31ma\nb\nc\nd\n\033[0m", view), "\033[H\033[K\033[31ma\n\033[Kb\n\033[K...\n\033[0m\033[J")
      << "no colour goes on behind a cut";
}

TEST(View, PaintsOnlyWhereColourHelps) {
  View view;
  EXPECT_EQ(painted("x\n", 2, view), "x\n");
  view.colour = true;
  EXPECT_EQ(painted("x\n", 2, view), "\033[31mx\033[0m\n");
  EXPECT_EQ(painted("x", 0, view), "\033[32mx\033[0m");
}

}  // namespace
}  // namespace postern::console
