#include "history/unread.h"

#include <gtest/gtest.h>

namespace postern::history {
namespace {

TEST(Unread, WhereAllWasReadThereIsNothingToSay) {
  Unread unread;
  unread.add({});
  EXPECT_EQ(unread.text(), "");
}

TEST(Unread, TheNewestAreNamedAndTheOthersCounted) {
  Unread unread;
  unread.add({"/h/9: damaged"});
  EXPECT_EQ(unread.text(),
            "1 file of the history cannot be read as a whole, and what it has may be missing here: /h/9: damaged");
  unread.add({"/h/8: gone bad", "/h/7: worse"});
  EXPECT_EQ(unread.text(),
            "3 files of the history cannot be read as a whole, and what they have may be missing here: /h/9: damaged; "
            "/h/8: gone bad; /h/7: worse");
  unread.add({"/h/6: x", "/h/5: y"});
  EXPECT_TRUE(unread.text().starts_with("5 files "));
  EXPECT_TRUE(unread.text().ends_with("/h/7: worse; and 2 more"));
}

}  // namespace
}  // namespace postern::history
