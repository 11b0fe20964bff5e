#include "sendmail-shim/smtp_pipe.h"

#include "scripted_daemon.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <csignal>
#include <string>
#include <thread>
#include <vector>

#include <sys/socket.h>
#include <unistd.h>

namespace postern::shim {
namespace {

using testing::HasSubstr;

TEST(PipeSmtp, EndsWithTheDaemonsWordsIfTheMessageIsNotStored) {
  for (const bool stored : {true, false}) {
    auto daemon = make_pair();
    auto caller = make_pair();
    std::vector<std::string> replies = {"220 hi", "250 h", "250 2.1.0 ok", "250 2.1.5 ok", "354 go"};
    replies.emplace_back(stored ? "250 2.0.0 queued as x" : "550 5.6.0 no such text");
    Script script{replies, ""};
    std::thread thread(serve, std::ref(script), std::move(daemon[1]));
    const std::string words = "EHLO h\r\nMAIL FROM:<a>\r\nRCPT TO:<b>\r\nDATA\r\nhi\r\n.\r\n";
    ASSERT_EQ(::send(caller[1].get(), words.data(), words.size(), 0), static_cast<ssize_t>(words.size()));
    ::shutdown(caller[1].get(), SHUT_WR);
    Channel channel(std::move(daemon[0]));
    const Exit exit = pipe_smtp(channel, caller[0].get(), caller[0].get());
    EXPECT_EQ(exit.code, stored ? EX_OK : EX_DATAERR);
    EXPECT_EQ(exit.text.find("550 5.6.0 no such text") != std::string::npos, !stored);
    thread.join();
    EXPECT_EQ(script.heard, words);
  }
}

/// A whole session of a caller that reads no answer, or only so many bytes of them.
Exit unheard(const std::vector<std::string>& replies, const std::string& words, std::size_t heard_bytes) {
  std::signal(SIGPIPE, SIG_IGN);
  auto daemon = make_pair();
  Script script{replies, ""};
  std::thread thread(serve, std::ref(script), std::move(daemon[1]));
  auto input = make_pair();
  EXPECT_EQ(::send(input[1].get(), words.data(), words.size(), 0), static_cast<ssize_t>(words.size()));
  ::shutdown(input[1].get(), SHUT_WR);
  std::array<int, 2> ends{};
  EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  UniqueFd output(ends[1]);
  std::thread reader([answers = UniqueFd(ends[0]), heard_bytes]() mutable {
    char c = 0;
    for (std::size_t i = 0; i < heard_bytes && ::read(answers.get(), &c, 1) == 1; ++i) continue;
  });
  if (heard_bytes == 0) reader.join();
  Channel channel(std::move(daemon[0]));
  const Exit exit = pipe_smtp(channel, input[0].get(), output.get());
  output.reset();
  thread.join();
  if (reader.joinable()) reader.join();
  return exit;
}

TEST(PipeSmtp, GoesOnWhereNobodyReadsTheAnswers) {
  const std::string words = "EHLO h\r\nMAIL FROM:<a>\r\nRCPT TO:<b>\r\nDATA\r\nhi\r\n.\r\nQUIT\r\n";
  for (std::size_t heard = 0; heard < 90; ++heard) {
    std::vector<std::string> replies = {"220 hi", "250 h", "250 2.1.0 ok", "250 2.1.5 ok", "354 go"};
    replies.insert(replies.end(), {"250 2.0.0 queued as x", "221 bye"});
    const Exit stored = unheard(replies, words, heard);
    EXPECT_EQ(stored.code, EX_OK) << heard << stored.text;
    replies[5] = "550 5.6.0 no such text";
    const Exit refused = unheard(replies, words, heard);
    EXPECT_EQ(refused.code, EX_DATAERR) << heard;
    EXPECT_THAT(refused.text, HasSubstr("not stored; the mail daemon said: 550 5.6.0"));
  }
  const Exit nothing = unheard({"220 hi", "250 h", "221 bye"}, "EHLO h\r\nQUIT\r\n", 0);
  EXPECT_EQ(nothing.code, EX_IOERR);
  EXPECT_THAT(nothing.text, HasSubstr("nothing was stored"));
}

TEST(PipeSmtp, AnInputThatCannotBeReadIsAnError) {
  auto daemon = make_pair();
  Script script{{"220 hi"}, ""};
  std::thread thread(serve, std::ref(script), std::move(daemon[1]));
  const UniqueFd input(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  const UniqueFd output(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  {
    Channel channel(std::move(daemon[0]));
    const Exit exit = pipe_smtp(channel, input.get(), output.get());
    EXPECT_EQ(exit.code, EX_IOERR);
    EXPECT_THAT(exit.text, HasSubstr("standard input cannot be read"));
  }
  thread.join();
}

TEST(PipeSmtp, CopiesBothWaysUntilTheDaemonHangsUp) {
  auto daemon = make_pair();
  auto caller = make_pair();
  std::thread thread([socket = std::move(daemon[1])]() mutable {
    std::string heard;
    std::array<char, 4096> piece{};
    while (true) {
      const ssize_t count = ::recv(socket.get(), piece.data(), piece.size(), 0);
      if (count <= 0) break;
      heard.append(piece.data(), static_cast<std::size_t>(count));
    }
    EXPECT_EQ(::send(socket.get(), heard.data(), heard.size(), MSG_NOSIGNAL), static_cast<ssize_t>(heard.size()));
  });
  const std::string words(100'000, 'w');
  std::thread speaker([&] {
    EXPECT_EQ(::send(caller[1].get(), words.data(), words.size(), 0), static_cast<ssize_t>(words.size()));
    ::shutdown(caller[1].get(), SHUT_WR);
  });
  std::string echoed;
  std::thread listener([&] {
    std::array<char, 4096> piece{};
    for (ssize_t count = 0; (count = ::recv(caller[1].get(), piece.data(), piece.size(), 0)) > 0;) {
      echoed.append(piece.data(), static_cast<std::size_t>(count));
    }
  });
  Channel channel(std::move(daemon[0]));
  EXPECT_EQ(pipe_smtp(channel, caller[0].get(), caller[0].get()).code, EX_PROTOCOL) << "an echo is no SMTP";
  caller[0].reset();
  thread.join();
  speaker.join();
  listener.join();
  EXPECT_EQ(echoed, words);
}

}  // namespace
}  // namespace postern::shim
