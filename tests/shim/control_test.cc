#include "sendmail-shim/control.h"

#include "sendmail-shim/channel.h"
#include "stand_in_daemon.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace postern::shim {
namespace {

using testing::HasSubstr;

struct Asked {
  Exit exit;
  std::string printed;
};

Asked ask_daemon(const std::string& answer, std::size_t chunk = 0) {
  const StandInDaemon daemon(answer, chunk);
  auto channel = Channel::connect(daemon.path(), std::chrono::seconds(1));
  Asked asked;
  EXPECT_TRUE(channel);
  if (!channel) return asked;
  asked.exit = ask(*channel, "mailq", [&](std::string_view text) {
    asked.printed += text;
    return true;
  });
  EXPECT_THAT(daemon.requests(), testing::ElementsAre("mailq\n"));
  return asked;
}

TEST(Ask, PrintsTheTextAndEndsAsTheDaemonSays) {
  const struct {
    std::string answer, printed;
    int code;
  } cases[] = {
      {"ok\nend 0\n", "", 0},
      {"ok\nline 1\nline 2\nend 0\n", "line 1\nline 2\n", 0},
      {"ok\nx... not an address\nend 65\n", "x... not an address\n", EX_DATAERR},
      {"ok\nend 0\nend 1\n", "end 0\n", 1},
      {"ok\nok\n\n\nerror 1 x\nend 0\n", "ok\n\n\nerror 1 x\n", 0},
  };
  for (const auto& one : cases) {
    for (std::size_t chunk = 0; chunk <= one.answer.size(); ++chunk) {
      const Asked asked = ask_daemon(one.answer, chunk);
      EXPECT_EQ(asked.exit.code, one.code) << one.answer << chunk;
      EXPECT_EQ(asked.exit.text, "") << one.answer << chunk;
      EXPECT_EQ(asked.printed, one.printed) << one.answer << chunk;
    }
  }
}

TEST(Ask, GivesTheDaemonsErrorWhereverItComes) {
  EXPECT_EQ(ask_daemon("error 77 not yours\n").exit.code, EX_NOPERM);
  EXPECT_EQ(ask_daemon("error 77 not yours\n").exit.text, "not yours");
  const Asked late = ask_daemon("ok\nline 1\nerror 74 the disk is broken\n");
  EXPECT_EQ(late.exit.code, EX_IOERR);
  EXPECT_EQ(late.exit.text, "the disk is broken");
  EXPECT_EQ(late.printed, "line 1\n");
  for (const std::string line : {"error \n", "error 0 x\n", "error 256 x\n", "error x\n"}) {
    EXPECT_EQ(ask_daemon(line).exit.code, EX_PROTOCOL) << line;
    EXPECT_EQ(ask_daemon("ok\n" + line).exit.code, EX_PROTOCOL) << line;
  }
}

TEST(Ask, AnAnswerWithoutItsEndIsNoSuccess) {
  for (const std::string answer : {"", "o", "ok", "okay\n", "{}\n", "end 0\n"})
    EXPECT_EQ(ask_daemon(answer).exit.code, EX_TEMPFAIL) << answer;
  const std::string whole = "ok\nline 1\nline 2\nend 0\n";
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const Asked asked = ask_daemon(whole.substr(0, size));
    EXPECT_EQ(asked.exit.code, EX_TEMPFAIL) << size;
    EXPECT_NE(asked.exit.text, "") << size;
    EXPECT_TRUE(whole.substr(3).starts_with(asked.printed)) << size;
  }
}

TEST(Ask, StopsWhereTheTextCannotBePrinted) {
  const StandInDaemon daemon("ok\nline 1\nline 2\nend 0\n");
  auto channel = Channel::connect(daemon.path(), std::chrono::seconds(1));
  ASSERT_TRUE(channel);
  EXPECT_EQ(ask(*channel, "mailq", [](std::string_view) { return false; }).code, EX_IOERR);
}

}  // namespace
}  // namespace postern::shim
