#include "mail/fold.h"

#include "mail/wrap.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace postern::mail {
namespace {

constexpr std::size_t kColumns = 76;
constexpr auto kFieldKinds = {FieldKind::text, FieldKind::addresses, FieldKind::parameters, FieldKind::ids,
                              FieldKind::urls, FieldKind::words,     FieldKind::trace};

std::string unfolded(std::string line) {
  std::erase(line, '\n');
  return line;
}

std::size_t longest_line(std::string_view text) {
  std::size_t longest = 0;
  while (true) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    longest = std::max(longest, end);
    if (end == text.size()) return longest;
    text.remove_prefix(end + 1);
  }
}

std::string folded(const std::string& body, FieldKind kind) { return fold("A: " + body, 2, kind); }

TEST(Fold, BreaksBeforeBlanksAndKeepsThem) {
  for (const FieldKind kind : kFieldKinds) {
    for (std::size_t width = 1; width < 80; ++width) {
      std::string body;
      for (int words = 0; words < 30; ++words) body += std::string(width, 'x') + (words % 3 == 0 ? "  " : " \t ");
      const std::string text = folded(body, kind);
      EXPECT_EQ(unfolded(text), "A: " + body);
      EXPECT_LE(longest_line(text), std::max(kColumns, width + 3) + 3);  // blanks at the end
      EXPECT_EQ(text.find("\n\n"), std::string::npos);
      EXPECT_FALSE(text.starts_with("A:\n"));
    }
  }
}

TEST(Fold, AShortLineStays) {
  for (const FieldKind kind : kFieldKinds) {
    for (const std::string body : {"", " ", "a", "a, b", "a,b;c", "<a><b>", "(a b) \"c d\" "}) {
      EXPECT_EQ(folded(body, kind), "A: " + body);
    }
  }
}

TEST(Fold, SeparatorsWithoutABlankGetOneWhereTheLineBreaks) {
  const std::string long_name(70, 'x');
  EXPECT_EQ(folded(long_name + "@a," + long_name, FieldKind::addresses), "A: " + long_name + "@a,\n " + long_name);
  EXPECT_EQ(folded("a;" + long_name + ";b=c", FieldKind::parameters), "A: a;" + long_name + ";\n b=c");
  EXPECT_EQ(folded("<" + long_name + "><b>", FieldKind::ids), "A: <" + long_name + ">\n <b>");
  EXPECT_EQ(folded("<" + long_name + ",c>,<b,c>", FieldKind::urls), "A: <" + long_name + ",c>,\n <b,c>");
  EXPECT_EQ(folded("<" + long_name + "><b>", FieldKind::urls), "A: <" + long_name + "><b>");
  EXPECT_EQ(folded(long_name + ",;" + long_name, FieldKind::text), "A: " + long_name + ",;" + long_name);
  EXPECT_EQ(folded(long_name + ",;" + long_name, FieldKind::trace), "A: " + long_name + ",;" + long_name);
}

TEST(Fold, ATokenIsBrokenOnlyWhereItMustBe) {
  std::string words;
  while (words.size() < 900) words += "word ";
  const std::string quoted = "\"" + words + "\"";
  EXPECT_EQ(folded(quoted, FieldKind::addresses), "A: " + quoted);
  const std::string longer = "\"" + words + words + "\"";
  EXPECT_LE(longest_line(folded(longer, FieldKind::addresses)), kColumns);
  EXPECT_EQ(unfolded(folded(longer, FieldKind::addresses)), "A: " + longer);
  EXPECT_LE(longest_line(folded("(" + words + ")", FieldKind::words)), kColumns);
  // A word that fits only without the name before it.
  const std::string word(kMaxLine - 1, 'x');
  EXPECT_EQ(folded(word, FieldKind::text), "A:\n " + word);
  EXPECT_EQ(folded(word + "xx", FieldKind::text), "A:\n " + word + "xx");
  // No place at all: neither in a quoted pair, nor before blanks at the end.
  EXPECT_EQ(fold("A:" + word + word + "  ", 2, FieldKind::text), "A:" + word + word + "  ");
  const std::string pair = "\"" + word + "\\ " + word + "\"";
  EXPECT_EQ(folded(pair, FieldKind::addresses), "A:\n " + pair);
}

TEST(Fold, FoldedAgainItIsTheSame) {
  for (const FieldKind kind : kFieldKinds) {
    for (const std::string piece : {"x,", "<x>", "\"a b\" ", "x;", "(a b)", "  ", "xxxxxxxxxxxxxxxxxxxxxxxxxx ,"}) {
      for (std::size_t count = 1; count < 1200; count += count < 100 ? 1 : 97) {
        std::string body;
        for (std::size_t i = 0; i < count; ++i) body += piece;
        const std::string once = folded(body, kind);
        EXPECT_EQ(fold(unfolded(once), 2, kind), once);
      }
    }
  }
}

}  // namespace
}  // namespace postern::mail
