// notify.command as the queue runs it: whatever becomes of the program, or of the attempt to start it, is heard once,
// so that an alarm that nobody was told is told again (queue/alarm_backlog).
#include "app/notify.h"

#include "support/scratch_dir.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include <fstream>
#include <optional>
#include <string>
#include <vector>

namespace postern::app {
namespace {

struct Heard {
  std::size_t times = 0;
  std::optional<Result<void>> result;
};

Heard told_by(const std::vector<std::string>& command, const std::string& text = "it is down") {
  boost::asio::io_context loop;
  Heard heard;
  operator_program(loop.get_executor(), command)("trouble", text, [&heard](const Result<void>& result) {
    ++heard.times;
    heard.result.emplace(result);
  });
  loop.run();
  return heard;
}

TEST(Notify, AProgramThatCannotBeStartedHasFailedOnce) {
  const test::ScratchDir dir;
  dir.write("not-executable", "#!/bin/sh\n");
  for (const std::string& program : {dir / "missing", dir / "not-executable", dir / "missing/below", dir.path()}) {
    const Heard heard = told_by({program});
    ASSERT_EQ(heard.times, 1U) << program;
    ASSERT_FALSE(*heard.result) << program;
    EXPECT_EQ(heard.result->error().failure, Failure::io);
    EXPECT_NE(heard.result->error().text.find(program), std::string::npos) << heard.result->error().text;
  }
}

TEST(Notify, WordsThatNoProgramCanBeGivenAreAFailureToStartItToo) {
  const Heard heard = told_by({"/bin/true"}, std::string(300'000, 'x'));
  EXPECT_EQ(heard.times, 1U);
  EXPECT_FALSE(*heard.result);
}

TEST(Notify, OnlyStatusZeroIsSuccessAndTheWordsAreTheLastArguments) {
  const test::ScratchDir dir;
  const std::string file = dir / "said";
  EXPECT_TRUE(*told_by({"/bin/sh", "-c", "printf '%s|' \"$@\" > " + file, "sh"}).result);
  std::string said;
  std::getline(std::ifstream(file), said);
  EXPECT_EQ(said, "trouble|it is down|");
  for (const char* script : {"exit 1", "kill -9 $$", "echo no >&2; exit 75"}) {
    const Heard heard = told_by({"/bin/sh", "-c", script});
    EXPECT_EQ(heard.times, 1U);
    EXPECT_FALSE(*heard.result) << script;
  }
  EXPECT_FALSE(operator_program(boost::asio::io_context().get_executor(), {})) << "no program";
}

}  // namespace
}  // namespace postern::app
