#include "mail/headers.h"

#include <gtest/gtest.h>

#include <string>

namespace postern::mail {
namespace {

TEST(ParseHeaders, EndsAtTheEmptyLine) {
  const std::string_view text = "A: 1\nB : 2\n\t3\n\nC: 4\n";
  const HeaderBlock block = parse_headers(text);
  ASSERT_EQ(block.fields.size(), 2U);
  EXPECT_EQ(block.fields[1].name, "B");
  EXPECT_EQ(block.fields[1].body, " 2\n\t3");
  EXPECT_EQ(block.fields[1].whole, "B : 2\n\t3\n");
  EXPECT_EQ(text.substr(block.size), "\nC: 4\n");
}

TEST(ParseHeaders, EndsAtTheFirstLineThatIsNoField) {
  for (const std::string_view line :
       {"no colon\n", " : x\n", ": x\n", "two words: x\n", "b\x01: x\n", "\xC3\xA4: x\n", "x"}) {
    const std::string text = "A: 1\n" + std::string(line);
    const HeaderBlock block = parse_headers(text);
    // A line that begins with a blank continues the field before it.
    EXPECT_EQ(block.size, line.starts_with(' ') ? text.size() : 5U) << line;
    EXPECT_EQ(parse_headers(line).size, 0U) << line;
  }
}

TEST(ParseHeaders, CoversTheTextWithoutGapsAtEveryCut) {
  const std::string text = "Subject: a\n b\nTo: c\n\td\nX-Empty:\n\nbody: no\n";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    const std::string_view part = std::string_view(text).substr(0, cut);
    const HeaderBlock block = parse_headers(part);
    std::string together;
    for (const HeaderField& field : block.fields) together += field.whole;
    EXPECT_EQ(together, part.substr(0, block.size));
    EXPECT_LE(block.size, text.find("\n\n") + 1);
  }
}

TEST(ParseHeaders, FindsAndCountsWithoutCase) {
  const HeaderBlock block = parse_headers("Received: 1\nSUBJECT: x\nreceived: 2\n");
  EXPECT_EQ(count(block, "Received"), 2U);
  ASSERT_NE(find(block, "subject"), nullptr);
  EXPECT_EQ(find(block, "subject")->body, " x");
  EXPECT_EQ(find(block, "To"), nullptr);
}

TEST(Unfold, RemovesLineEndsOnly) { EXPECT_EQ(unfold(" a\n b\r\n\tc \n"), "a b\tc"); }

}  // namespace
}  // namespace postern::mail
