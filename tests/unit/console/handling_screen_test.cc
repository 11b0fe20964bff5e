#include "console/screens.h"

#include "rendered.h"

namespace postern::console {
namespace {

class HandlingScreen : public Render {};

TEST_F(HandlingScreen, SaysOfASelectionWhatBecameOfEachPart) {
  EXPECT_EQ(once({{"kind", "deleted"}, {"count", 2}, {"left", 0}}), "2 messages: deleted\n");
  EXPECT_EQ(once({{"kind", "deleted"}, {"count", 0}, {"left", 0}}), "0 messages: deleted\n");
  EXPECT_EQ(once({{"kind", "retried"}, {"count", 0}, {"left", 1}}), "1 message: left as it was\n");
  EXPECT_EQ(once({{"kind", "bounced"}, {"count", 6}, {"left", 2}, {"told_later", 2}, {"told_never", 3}}),
            "1 message: returned to the sender\n"
            "2 messages: given up; the sender will be told in a digest\n"
            "3 messages: given up; the sender may not be told of it, and so it is kept in failed/\n"
            "2 messages: left as they were\n");
  EXPECT_EQ(once({{"kind", "bounced"}, {"count", 3}, {"left", 0}, {"told_never", 3}}),
            "3 messages: given up; the sender may not be told of it, and so it is kept in failed/\n");
  EXPECT_EQ(once({{"kind", "bounced"}, {"id", "x"}, {"told", "now"}}), "x: returned to the sender\n");
  EXPECT_EQ(once({{"kind", "bounced"}, {"id", "x"}, {"told", "later"}}),
            "x: given up; the sender will be told in a digest\n");
}

}  // namespace
}  // namespace postern::console
