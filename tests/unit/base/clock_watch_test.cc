#include "base/clock_watch.h"

#include <gtest/gtest.h>
#include <boost/asio/io_context.hpp>

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>

namespace postern {
namespace {

void poll_all(boost::asio::io_context& loop) {
  loop.restart();
  while (loop.poll() > 0) {
  }
}

void ring(int fd) {
  const std::uint64_t one = 1;
  ASSERT_EQ(::write(fd, &one, sizeof one), static_cast<ssize_t>(sizeof one));
}

TEST(ClockWatch, TellsOfEachChangeUntilItIsStopped) {
  boost::asio::io_context loop;
  std::size_t times = 0;
  ClockWatch watch(loop.get_executor(), [&times] { ++times; });
  UniqueFd bell(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  watch.start(UniqueFd(::dup(bell.get())));
  poll_all(loop);
  EXPECT_EQ(times, 0U);
  for (std::size_t i = 1; i < 4; ++i) {
    ring(bell.get());
    poll_all(loop);
    EXPECT_EQ(times, i);
  }
  watch.stop();
  ring(bell.get());
  poll_all(loop);
  EXPECT_EQ(times, 3U);
}

TEST(ClockWatch, TheKernelsTimerIsSilentWhileNothingHappens) {
  boost::asio::io_context loop;
  std::size_t times = 0;
  ClockWatch watch(loop.get_executor(), [&times] { ++times; });
  watch.start();
  poll_all(loop);
  EXPECT_EQ(times, 0U);
}

}  // namespace
}  // namespace postern
