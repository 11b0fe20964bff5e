#include "sendmail-shim/queue_list.h"

#include "stand_in_daemon.h"
#include "support/scratch_dir.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

#include <unistd.h>

namespace postern::shim {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

struct Listed {
  Exit exit;
  std::string text;
};

Listed list(const std::string& socket, Reader reader, const std::string& spool = "") {
  Listed listed;
  listed.exit = list_queue(socket, spool, reader, [&](std::string_view text) {
    listed.text += text;
    return true;
  });
  return listed;
}

/// As check_mailq counts for nullmailer.
std::size_t tally(const std::string& text) {
  std::size_t count = 0;
  for (std::size_t at = text.find(" 0 bytes "); at != std::string::npos; at = text.find(" 0 bytes ", at + 1)) ++count;
  return count;
}

TEST(QueueList, APersonGetsTheListAndAProgramTheTallyToo) {
  for (const Reader reader : {Reader::person, Reader::program}) {
    const StandInDaemon daemon("ok\nMail queue is empty\nend 0\n");
    const Listed listed = list(daemon.path(), reader);
    EXPECT_EQ(listed.exit.code, EX_OK);
    EXPECT_EQ(listed.text, "Mail queue is empty\n");
    EXPECT_THAT(daemon.requests(), ElementsAre(reader == Reader::person ? "mailq\n" : "mailq\ttally\n"));
  }
}

/// No program may take what is left of a list for a short queue.
TEST(QueueList, AListThatIsNotWholeCountsAsALongQueue) {
  const std::string whole = "ok\none\n\n-- 1 Kbytes in 1 Request.\nend 0\n";
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const StandInDaemon daemon(whole.substr(0, size));
    const Listed person = list(daemon.path(), Reader::person);
    EXPECT_NE(person.exit.code, EX_OK) << size;
    EXPECT_THAT(person.text, HasSubstr("not whole")) << size;
    EXPECT_EQ(tally(person.text), 0U) << size;
    const Listed program = list(daemon.path(), Reader::program);
    EXPECT_NE(program.exit.code, EX_OK) << size;
    EXPECT_EQ(tally(program.text), kTallyOfUnknown) << size;
  }
}

TEST(QueueList, AListThatEndsWithAnErrorCountsAsALongQueue) {
  for (const std::string answer : {"error 74 the disk is broken\n", "ok\none\nerror 74 the disk is broken\n"}) {
    const StandInDaemon daemon(answer);
    const Listed program = list(daemon.path(), Reader::program);
    EXPECT_EQ(program.exit.code, EX_IOERR) << answer;
    EXPECT_EQ(program.exit.text, "the disk is broken") << answer;
    EXPECT_EQ(tally(program.text), kTallyOfUnknown) << answer;
  }
}

TEST(QueueList, ADaemonThatIsDownIsNoEmptyQueue) {
  for (const Reader reader : {Reader::person, Reader::program}) {
    const Listed listed = list("/nonexistent/control.sock", reader);
    EXPECT_EQ(listed.exit.code, EX_UNAVAILABLE);
    EXPECT_THAT(listed.exit.text, HasSubstr("/nonexistent/control.sock"));
    EXPECT_THAT(listed.text, HasSubstr("cannot be reached"));
    EXPECT_THAT(listed.text, Not(HasSubstr("empty")));
    EXPECT_EQ(tally(listed.text), reader == Reader::program ? kTallyOfUnknown : 0U);
  }
}

TEST(QueueList, WithoutADaemonRootReadsHowMuchLiesWhere) {
  const test::ScratchDir dir;
  for (const char* name : {"queue", "drop", "hold", "failed", "corrupt", "tmp"})
    std::filesystem::create_directory(dir.path() + "/" + name);
  const auto text = [&] { return list("/nonexistent/control.sock", Reader::person, dir.path()).text; };
  EXPECT_THAT(text(), HasSubstr("No mail waits in " + dir.path() + ".\n"));
  const auto put = [&](const std::string& name) { std::ofstream(dir.path() + "/" + name) << "x"; };
  put("tmp/unfinished");
  put("drop/.unfinished");
  EXPECT_THAT(text(), HasSubstr("No mail waits"));
  put("drop/a");
  EXPECT_THAT(text(), HasSubstr("1 message waits in " + dir.path() + ": 1 in drop.\n"));
  put("queue/a");
  put("queue/b");
  put("hold/a");
  EXPECT_THAT(text(), HasSubstr("4 messages wait in " + dir.path() + ": 2 in queue, 1 in drop, 1 in hold.\n"));
}

TEST(QueueList, WhatCannotBeLookedIntoIsNotCalledEmpty) {
  EXPECT_THAT(list("/nonexistent/control.sock", Reader::person, "/nonexistent").text,
              HasSubstr("Whether mail waits in /nonexistent is for root to see.\n"));
}

}  // namespace
}  // namespace postern::shim
