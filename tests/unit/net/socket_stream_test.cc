#include "net/socket_stream.h"

#include <gtest/gtest.h>

namespace postern::net {
namespace {

/// A block of message text with the dot behind it is one write.
TEST(SocketStream, Fault20_LeavesNoCrumbForAWriteOfItsOwn) {
  constexpr std::size_t kBlock = 64 * std::size_t{1024};
  for (std::size_t size = 1; size < 5 * kBlock; ++size) {
    std::size_t left = size;
    while (left > 0) {
      const std::size_t piece = piece_of(left);
      ASSERT_GT(piece, 0U);
      ASSERT_LT(piece, 2 * kBlock);
      left -= piece;
      ASSERT_TRUE(left == 0 || left >= kBlock) << size;
    }
  }
}

}  // namespace
}  // namespace postern::net
