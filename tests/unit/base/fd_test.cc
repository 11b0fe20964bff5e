#include "base/fd.h"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <thread>

namespace postern {
namespace {

struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    out.reset(ends[0]);
    in.reset(ends[1]);
  }
  UniqueFd out;
  UniqueFd in;
};

TEST(UniqueFd, ClosesWhatItHoldsOnceAndGivesItAwayOpen) {
  Pipe pipe;
  const int number = pipe.out.get();
  UniqueFd other = std::move(pipe.out);
  EXPECT_EQ(other.get(), number);
  EXPECT_GE(::fcntl(number, F_GETFD), 0);
  other.reset();
  EXPECT_FALSE(other);
  EXPECT_LT(::fcntl(number, F_GETFD), 0);
}

TEST(WriteAll, WritesWhatNoPipeTakesAtOnceAlsoToOneThatDoesNotBlock) {
  for (const int flags : {0, O_NONBLOCK}) {
    Pipe pipe;
    ASSERT_EQ(::fcntl(pipe.in.get(), F_SETFL, flags), 0);
    const std::string text(1U << 20U, 'x');
    std::size_t came = 0;
    std::thread reader([&] {
      std::array<char, 4096> piece{};
      for (ssize_t count = 0; (count = ::read(pipe.out.get(), piece.data(), piece.size())) > 0;)
        came += static_cast<std::size_t>(count);
    });
    EXPECT_TRUE(write_all(pipe.in.get(), text));
    pipe.in.reset();
    reader.join();
    EXPECT_EQ(came, text.size());
  }
}

TEST(WriteAll, TellsWhyItCannot) {
  EXPECT_TRUE(write_all(-1, ""));
  EXPECT_FALSE(write_all(-1, "x"));
  EXPECT_EQ(errno, EBADF);
}

}  // namespace
}  // namespace postern
