#include "net/socket_stream.h"

#include "base/fd.h"

#include <gtest/gtest.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include <sys/socket.h>

#include <array>

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

TEST(SocketStream, TellsAPeerThatHasGoneFromOneThatOnlySendsNoMore) {
  boost::asio::io_context loop;
  std::array<int, 2> ends{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
  UniqueFd peer(ends[1]);
  SocketStream stream(
      Socket(boost::asio::local::stream_protocol::socket(loop, boost::asio::local::stream_protocol(), ends[0])));
  EXPECT_FALSE(stream.abandoned());
  ASSERT_EQ(::send(peer.get(), "mailq\n", 6, 0), 6);
  ASSERT_EQ(::shutdown(peer.get(), SHUT_WR), 0);
  EXPECT_FALSE(stream.abandoned()) << "it may still read";
  peer.reset();
  EXPECT_TRUE(stream.abandoned()) << "be there still something to read";
}

}  // namespace
}  // namespace postern::net
