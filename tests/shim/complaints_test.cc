#include "sendmail-shim/complaints.h"

#include "base/fd.h"

#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <climits>
#include <cstddef>
#include <string>

#include <fcntl.h>
#include <unistd.h>

namespace postern::shim {
namespace {

struct ErrorPipe {
  UniqueFd reader;
  UniqueFd writer;
  ErrorPipe() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK), 0);
    reader.reset(ends[0]);
    writer.reset(ends[1]);
  }
  /// By blocks, so that no room is left in any.
  void fill() const {
    const std::string block(PIPE_BUF, 'x');
    while (::write(writer.get(), block.data(), block.size()) > 0) continue;
    EXPECT_EQ(errno, EAGAIN);
  }
  [[nodiscard]] std::string read() const {
    std::string text;
    std::array<char, 4096> piece{};
    for (;;) {
      const ssize_t count = ::read(reader.get(), piece.data(), piece.size());
      if (count <= 0) return text;
      text.append(piece.data(), static_cast<std::size_t>(count));
    }
  }
};

TEST(Complaints, AFullPipeHoldsThemUpForASecondInAllAndTheyAreLost) {
  for (const int blocking : {0, O_NONBLOCK}) {
    const ErrorPipe pipe;
    pipe.fill();
    ASSERT_EQ(::fcntl(pipe.writer.get(), F_SETFL, blocking), 0);
    Complaints complaints(pipe.writer.get());
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < 100; ++i) complaints.say("sendmail: a complaint\n");
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(30));
    EXPECT_EQ(pipe.read().find("complaint"), std::string::npos);
    complaints.say("sendmail: there is room again\n");
    EXPECT_EQ(pipe.read(), "sendmail: there is room again\n");
  }
}

TEST(Complaints, ALongOneIsWholeWhereThereIsRoom) {
  const ErrorPipe pipe;
  const std::string text = std::string(std::size_t{3} * PIPE_BUF, 'y') + "\n";
  Complaints(pipe.writer.get()).say(text);
  EXPECT_EQ(pipe.read(), text);
}

TEST(Complaints, AnEndThatNobodyCanWriteToIsLeft) {
  const UniqueFd read_only(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  Complaints(read_only.get()).say("sendmail: a complaint\n");
}

}  // namespace
}  // namespace postern::shim
