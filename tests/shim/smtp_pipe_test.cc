#include "sendmail-shim/smtp_pipe.h"

#include "scripted_daemon.h"
#include "sendmail-shim/channel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <csignal>
#include <future>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace postern::shim {
namespace {

using testing::HasSubstr;

constexpr Silence kLong{std::chrono::minutes(1), std::chrono::minutes(1)};

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
    const Exit exit = pipe_smtp(channel, caller[0].get(), caller[0].get(), kLong);
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
  const Exit exit = pipe_smtp(channel, input[0].get(), output.get(), kLong);
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

struct Unanswered {
  Exit exit;
  std::string told;  ///< the caller
};

/// A session with a daemon that gives so many answers and then nothing more, without an end.
Unanswered unanswered(const std::vector<std::string>& replies, const std::string& words, bool client_ends,
                      Silence longest) {
  auto daemon = make_pair();
  const auto caller = make_pair();
  Script script{replies, "", true};
  std::thread thread(serve, std::ref(script), std::move(daemon[1]));
  EXPECT_EQ(::send(caller[1].get(), words.data(), words.size(), 0), static_cast<ssize_t>(words.size()));
  if (client_ends) ::shutdown(caller[1].get(), SHUT_WR);
  Unanswered result;
  {
    Channel channel(std::move(daemon[0]));
    result.exit = pipe_smtp(channel, caller[0].get(), caller[0].get(), longest);
  }
  thread.join();
  std::array<char, 4096> piece{};
  const ssize_t count = ::recv(caller[1].get(), piece.data(), piece.size(), MSG_DONTWAIT);
  if (count > 0) result.told.assign(piece.data(), static_cast<std::size_t>(count));
  return result;
}

const std::string kMessage = "EHLO h\r\nMAIL FROM:<a>\r\nRCPT TO:<b>\r\nDATA\r\nhi\r\n.\r\n";
const std::vector<std::string> kAnswers = {"220 hi",       "250 h",  "250 2.1.0 ok",
                                           "250 2.1.5 ok", "354 go", "250 2.0.0 ok x"};
// Long enough for a thread that answers on a loaded machine; so the sessions wait for it all at once.
constexpr Silence kNoMore{kLong.greeting, std::chrono::seconds(3)};

std::future<Unanswered> left_alone(const std::vector<std::string>& replies, const std::string& words,
                                   bool client_ends) {
  return std::async(std::launch::async,
                    [replies, words, client_ends] { return unanswered(replies, words, client_ends, kNoMore); });
}

TEST(PipeSmtp, ADaemonThatIsSilentIsNotWaitedForWithoutEnd) {
  constexpr Silence kNotGreeted{std::chrono::milliseconds(50), kLong.answer};
  for (const std::string& words :
       {std::string(), std::string("EHLO h\r\n"), kMessage + "QUIT\r\n", std::string("GET / HTTP/1.1\r\n\r\n")}) {
    for (const bool ends : {true, false}) {
      const Unanswered result = unanswered({}, words, ends, kNotGreeted);
      EXPECT_EQ(result.exit.code, EX_TEMPFAIL) << words;
      EXPECT_EQ(result.exit.text, "the mail daemon did not answer in time; nothing was stored") << words;
      EXPECT_EQ(result.told, "421 4.3.2 the mail daemon did not answer in time\r\n") << words;
    }
  }
  std::vector<std::future<Unanswered>> sessions;
  for (std::size_t given = 1; given < kAnswers.size(); ++given) {
    const std::vector<std::string> replies(kAnswers.begin(), kAnswers.begin() + static_cast<std::ptrdiff_t>(given));
    sessions.push_back(left_alone(replies, kMessage, given % 2 == 0));
  }
  for (std::size_t given = 1; given < kAnswers.size(); ++given) {
    const Unanswered result = sessions[given - 1].get();
    EXPECT_EQ(result.exit.code, EX_TEMPFAIL) << given;
    EXPECT_THAT(result.exit.text, HasSubstr("did not answer in time")) << given;
    const bool unknown = given + 1 == kAnswers.size();
    EXPECT_THAT(result.exit.text, HasSubstr(unknown ? "may or may not be in the queue" : "nothing was stored"))
        << given;
    EXPECT_THAT(result.told, testing::EndsWith("421 4.3.2 the mail daemon did not answer in time\r\n")) << given;
  }
}

TEST(PipeSmtp, AMessageThatIsStoredIsSoWhateverBecomesOfTheDaemonAfterwards) {
  auto quits = left_alone(kAnswers, kMessage + "QUIT\r\n", true);
  auto ends = left_alone(kAnswers, kMessage, true);
  auto begins_another = left_alone(kAnswers, kMessage + "MAIL FROM:<a>\r\n", true);
  EXPECT_EQ(quits.get().exit.code, EX_OK);
  EXPECT_EQ(ends.get().exit.code, EX_OK);
  EXPECT_EQ(begins_another.get().exit.code, EX_TEMPFAIL);
}

TEST(PipeSmtp, AClientMayTakeItsTime) {
  auto daemon = make_pair();
  auto caller = make_pair();
  Script script{{"220 hi", "250 h", "250 2.1.0 ok", "250 2.1.5 ok", "354 go", "250 2.0.0 queued as x", "221 bye"}, ""};
  std::thread thread(serve, std::ref(script), std::move(daemon[1]));
  constexpr std::chrono::seconds kLimit(4);
  std::thread client([&] {
    for (const std::string_view words : {"EHLO h\r\nMAIL FROM:<a>\r\nRCPT TO:<b>\r\nDATA\r\nhi\r\n", ".\r\nQUIT\r\n"}) {
      std::this_thread::sleep_for(kLimit * 9 / 8);
      EXPECT_EQ(::send(caller[1].get(), words.data(), words.size(), 0), static_cast<ssize_t>(words.size()));
    }
    ::shutdown(caller[1].get(), SHUT_WR);
  });
  {
    Channel channel(std::move(daemon[0]));
    const Exit exit = pipe_smtp(channel, caller[0].get(), caller[0].get(), {kLong.greeting, kLimit});
    EXPECT_EQ(exit.code, EX_OK) << exit.text;
  }
  client.join();
  thread.join();
}

TEST(PipeSmtp, AnInputThatCannotBeReadIsAnError) {
  auto daemon = make_pair();
  Script script{{"220 hi"}, ""};
  std::thread thread(serve, std::ref(script), std::move(daemon[1]));
  const UniqueFd input(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  const UniqueFd output(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  {
    Channel channel(std::move(daemon[0]));
    const Exit exit = pipe_smtp(channel, input.get(), output.get(), kLong);
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
  EXPECT_EQ(pipe_smtp(channel, caller[0].get(), caller[0].get(), kLong).code, EX_PROTOCOL) << "an echo is no SMTP";
  caller[0].reset();
  thread.join();
  speaker.join();
  listener.join();
  EXPECT_EQ(echoed, words);
}

}  // namespace
}  // namespace postern::shim
