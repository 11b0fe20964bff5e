#include "base/journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <string>
#include <vector>

namespace postern {
namespace {

using testing::ElementsAre;

std::vector<std::string> fields_of(Level level, std::string_view event, const std::vector<LogField>& fields) {
  return journal_fields(LogRecord{level, event, fields});
}

TEST(Journal, HasTheLineForAPersonAndEachFieldByItself) {
  EXPECT_THAT(
      fields_of(Level::info, "delivered", {{"id", "A1"}, {"queue-id", "x y"}, {"tries", 3}}),
      ElementsAre("MESSAGE=id=A1 delivered queue-id=\"x y\" tries=3", "PRIORITY=6", "SYSLOG_IDENTIFIER=posternd",
                  "POSTERN_EVENT=delivered", "POSTERN_ID=A1", "POSTERN_QUEUE_ID=x y", "POSTERN_TRIES=3"));
}

TEST(Journal, NoValueMakesAFieldOfItsOwn) {
  EXPECT_EQ(fields_of(Level::info, "accepted", {{"helo", "a\nPRIORITY=0"}}).back(), "POSTERN_HELO=a\\x0aPRIORITY=0");
}

TEST(Journal, HasTheLevelsOfSyslog) {
  const std::vector<std::pair<Level, std::string>> levels{
      {Level::debug, "7"}, {Level::info, "6"}, {Level::notice, "5"}, {Level::warning, "4"}, {Level::error, "3"}};
  for (const auto& [level, number] : levels) EXPECT_EQ(fields_of(level, "x", {})[1], "PRIORITY=" + number);
}

TEST(Journal, IsThereWhereTheServiceManagerNamesThisVeryStream) {
  struct stat status{};
  ASSERT_EQ(::fstat(0, &status), 0);
  const std::string here = std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
  ::unsetenv("JOURNAL_STREAM");
  EXPECT_FALSE(is_journal_stream(0));
  ::setenv("JOURNAL_STREAM", here.c_str(), 1);
  EXPECT_TRUE(is_journal_stream(0));
  EXPECT_FALSE(is_journal_stream(-1));
  ::setenv("JOURNAL_STREAM", (here + "0").c_str(), 1);
  EXPECT_FALSE(is_journal_stream(0));
  ::unsetenv("JOURNAL_STREAM");
}

}  // namespace
}  // namespace postern
