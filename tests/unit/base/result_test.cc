#include "base/result.h"

#include "base/secret.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace postern {
namespace {

TEST(Result, TellsFullDisksFromOtherErrors) {
  for (const int full : {ENOSPC, EDQUOT, EFBIG}) EXPECT_EQ(system_error(full, "write").failure, Failure::no_space);
  for (const int other : {EIO, EROFS, EMFILE, ENOMEM}) EXPECT_EQ(system_error(other, "write").failure, Failure::io);
  EXPECT_EQ(system_error(EIO, "write queue/x").text, "write queue/x: Input/output error");
  EXPECT_EQ(system_error(EIO, "write").code, EIO);
}

TEST(Result, ThrowsWhenAnErrorIsTakenForAValue) {
  const Result<int> broken = Error{Failure::io, "disk", 5};
  EXPECT_THROW((void)broken.value(), std::logic_error);
}

TEST(Secret, LeavesNothingBehindInAMovedFromObject) {
  Secret first(std::string("short"));
  const Secret second = std::move(first);
  EXPECT_EQ(second.reveal(), "short");
  EXPECT_TRUE(first.empty());  // NOLINT(bugprone-use-after-move): the point of the test
}

TEST(Secret, WipesTheBytesOfAString) {
  std::string text(100, 'p');
  const char* bytes = text.data();
  wipe(text);
  EXPECT_TRUE(text.empty());
  for (std::size_t i = 0; i < 100; ++i) EXPECT_EQ(bytes[i], '\0') << i;  // the capacity is still ours
}

}  // namespace
}  // namespace postern
