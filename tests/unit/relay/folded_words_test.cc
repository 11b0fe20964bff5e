#include "relay/folded_words.h"

#include "answer_table.h"

#include <gtest/gtest.h>

#include <string>

namespace postern::relay {
namespace {

TEST(FoldedWords, AreInLowerCaseOnOneLineWithoutAddresses) {
  EXPECT_EQ(folded_words(reply_of("550 5.7.1 One-Two|5.7.1  three_FOUR")), " one two three four ");
  EXPECT_EQ(folded_words(reply_of("550 <a@b>: E-Mail a.b@c.d, \"q x\"@y \"kept\" (p@q)")), " <>: email , \"kept\" () ");
  EXPECT_EQ(folded_words(reply_of("550 <\"a> b\\\" c\"@d> end <open")), " <> end <open ");
  EXPECT_EQ(folded_words(smtp::Reply{550, {}}), " ");
  EXPECT_EQ(folded_words(reply_of("550 \"open")), " \"open ");
  EXPECT_LT(folded_words(reply_of("550 " + std::string(100'000, 'x'))).size(), 5000U);
}

}  // namespace
}  // namespace postern::relay
