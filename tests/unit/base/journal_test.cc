#include "base/journal.h"

#include "support/tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace postern {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::Not;
using testing::StartsWith;

std::vector<std::string> fields_of(Level level, std::string_view event, const std::vector<LogField>& fields) {
  const LogRecord record{level, event, fields};
  return journal_fields(record, format(record), message_id_of(event));
}

TEST(Journal, HasTheLineForAPersonAndEachFieldByItself) {
  EXPECT_THAT(fields_of(Level::info, "delivered",
                        {{"id", "A1"},
                         {"to", "b@x"},
                         {"orig_to", "root@y"},
                         {"from", "<a@y>"},
                         {"site", "main"},
                         {"queue-id", "x y"},
                         {"tries", 3},
                         {"delay", Milliseconds(1'500)}}),
              ElementsAre("MESSAGE=id=A1 delivered to=b@x orig_to=root@y from=<a@y> site=main queue-id=\"x y\" tries=3 "
                          "delay=1s",
                          "PRIORITY=6", "SYSLOG_FACILITY=2", "SYSLOG_IDENTIFIER=posternd",
                          "MESSAGE_ID=" + message_id_of("delivered"), "POSTERN_EVENT=delivered",
                          "POSTERN_STATUS=delivered", "POSTERN_QUEUE_ID=A1", "POSTERN_RECIPIENT=b@x",
                          "POSTERN_ORIGINAL_RECIPIENT=root@y", "POSTERN_SENDER=a@y", "POSTERN_SITE=main",
                          "POSTERN_QUEUE_ID=x y", "POSTERN_TRIES=3", "POSTERN_DELAY=1.500"));
}

TEST(Journal, NoValueMakesAFieldOfItsOwn) {
  EXPECT_EQ(fields_of(Level::info, "accepted", {{"helo", "a\nPRIORITY=0"}}).back(), "POSTERN_HELO=a\\x0aPRIORITY=0");
}

TEST(Journal, HasEachOfAListByItself) {
  const LogField to("to", "a@x,b@x and 1 more", {"a@x", "b@x\n"});
  EXPECT_THAT(fields_of(Level::info, "accepted", {to, {"recipients", 3}}),
              AllOf(Contains("POSTERN_RECIPIENT=a@x"), Contains("POSTERN_RECIPIENT=b@x\\x0a"),
                    Not(Contains(testing::HasSubstr("RECIPIENT=a@x,"))), Contains("POSTERN_RECIPIENTS=3")));
}

TEST(Journal, TheNullSenderIsTheOnlyOneInBrackets) {
  EXPECT_EQ(fields_of(Level::info, "accepted", {{"from", "<>"}}).back(), "POSTERN_SENDER=<>");
  EXPECT_EQ(fields_of(Level::info, "accepted", {{"from", "<a@x>"}}).back(), "POSTERN_SENDER=a@x");
}

TEST(Journal, HasTheLevelsOfSyslog) {
  const std::vector<std::pair<Level, std::string>> levels{
      {Level::debug, "7"}, {Level::info, "6"}, {Level::notice, "5"}, {Level::warning, "4"}, {Level::error, "3"}};
  for (const auto& [level, number] : levels) EXPECT_EQ(fields_of(level, "x", {})[1], "PRIORITY=" + number);
}

TEST(Journal, OnlyWhatBecameOfAMessageIsAStatus) {
  EXPECT_THAT(fields_of(Level::warning, "failed", {}), Contains("POSTERN_STATUS=failed"));
  EXPECT_THAT(fields_of(Level::warning, "site down", {}), Not(Contains(StartsWith("POSTERN_STATUS="))));
}

TEST(Journal, AFurtherLineIsFoundByTheQueueIdAndCountsForNothingElse) {
  const std::vector<LogField> fields{{"id", "A1"}, {"to", "b@x"}};
  EXPECT_THAT(further_journal_fields(LogRecord{Level::info, "delivered", fields}, "A1: removed", "postfix/qmgr"),
              ElementsAre("MESSAGE=A1: removed", "PRIORITY=6", "SYSLOG_FACILITY=2", "SYSLOG_IDENTIFIER=postfix/qmgr",
                          "POSTERN_QUEUE_ID=A1"));
}

TEST(Journal, AFurtherLineIsOfNoLevelThatAsksForSomebody) {
  const std::vector<LogField> fields{{"id", "A1"}};
  for (const Level level : {Level::error, Level::warning, Level::notice, Level::info}) {
    EXPECT_EQ(further_journal_fields(LogRecord{level, "failed", fields}, "x", "y")[1], "PRIORITY=6");
  }
  EXPECT_EQ(further_journal_fields(LogRecord{Level::debug, "x", fields}, "x", "y")[1], "PRIORITY=7");
}

TEST(Journal, WithoutAnIdOfItsKindALineHasNone) {
  const std::vector<LogField> none;
  const LogRecord record{Level::info, "delivered", none};
  EXPECT_THAT(journal_fields(record, "x", ""), Not(Contains(StartsWith("MESSAGE_ID="))));
}

TEST(Journal, EachKindHasAnIdThatStays) {
  EXPECT_EQ(message_id_of("delivered"), "4d9d7d526db28c83ac8d49cccce9b8d9");
  EXPECT_NE(message_id_of("delivered"), message_id_of("deferred"));
  for (const std::string event : {"delivered", "", "site down", "\xff"}) {
    const std::string id = message_id_of(event);
    EXPECT_EQ(id.size(), 32U);
    EXPECT_EQ(id[12], '8') << "a UUID of version 8";
    EXPECT_NE(std::string("89ab").find(id[16]), std::string::npos);
  }
}

/// "# event" stands before "-- id".
TEST(Journal, TheCatalogIsOfTheKindsThatItNames) {
  std::ifstream catalog(test::tree("../packaging/systemd/postern.catalog"));
  ASSERT_TRUE(catalog);
  std::string line;
  std::string before;
  std::set<std::string> ids;
  for (; std::getline(catalog, line); before = line) {
    if (!line.starts_with("-- ")) continue;
    ASSERT_TRUE(before.starts_with("# ")) << line;
    EXPECT_EQ(line, "-- " + message_id_of(before.substr(2))) << before;
    EXPECT_TRUE(ids.insert(line).second) << before;
  }
  EXPECT_GE(ids.size(), 30U);
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
