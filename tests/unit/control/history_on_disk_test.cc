#include "control/history_on_disk.h"

#include "history/history.h"
#include "support/fake_clock.h"
#include "support/scratch_dir.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <boost/asio/io_context.hpp>

#include <sys/stat.h>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace postern::control {
namespace {

using history::Field;
using history::Kind;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class HistoryOnDiskTest : public testing::Test {
 protected:
  void note(const std::string& id, Kind kind, const std::string& subject) {
    boost::asio::io_context loop;
    history::History kept(loop.get_executor(), [](const std::function<void()>& job) { job(); }, clock, directory, {});
    history::Record record;
    record[Field::kind] = history::name(kind);
    record[Field::id] = id;
    record[Field::owner] = record[Field::uid] = "1000";
    record[Field::to] = "admin@example.com";
    record[Field::subject] = subject;
    clock.advance(Seconds(1));
    kept.note(std::move(record));
  }
  /// "delivered one", in the order of the answer.
  std::vector<std::string> told(const boost::json::object& request, const history::HistoryOptions& options = {}) {
    std::vector<std::string> lines;
    const auto on_line = [&lines](const boost::json::object& line) {
      const auto* const state = line.if_contains("state");
      lines.push_back(state == nullptr
                          ? std::string(line.at("kind").as_string())
                          : std::string(state->as_string()) + " " + std::string(line.at("subject").as_string()));
    };
    answered = answer_from_disk(directory, options, clock, request, on_line);
    return lines;
  }
  static boost::json::object asking(const std::string& command, const std::string& id = "") {
    boost::json::object request;
    request["command"] = command;
    if (!id.empty()) request["id"] = id;
    return request;
  }
  std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& one : std::filesystem::directory_iterator(directory)) {
      names.push_back(one.path().filename().string() + " " + std::to_string(one.file_size()));
    }
    std::ranges::sort(names);
    return names;
  }

  test::ScratchDir scratch;
  test::FakeClock clock;
  std::string directory = scratch.path() + "/history";
  AnsweredFromDisk answered;
};

constexpr auto kOne = "0p6c9x2m7k4hq100";
constexpr auto kTwo = "0p6c9x2m7k4hq200";

TEST_F(HistoryOnDiskTest, AnswersAsTheDaemonAnswersAnAdministrator) {
  note(kOne, Kind::accepted, "one");
  note(kOne, Kind::delivered, "one");
  note(kTwo, Kind::accepted, "two");
  EXPECT_THAT(told(asking("history")), ElementsAre("accepted two", "delivered one"));
  EXPECT_EQ(answered.exit, 0);
  EXPECT_EQ(answered.error, "");
  boost::json::object narrowed = asking("history");
  narrowed["filter"] = {{"subject", "TWO"}};
  EXPECT_THAT(told(narrowed), ElementsAre("accepted two"));
  narrowed["filter"] = {{"subject", "three"}};
  EXPECT_THAT(told(narrowed), ElementsAre("kept"));
  EXPECT_EQ(answered.exit, 0);
  boost::json::object limited = asking("history");
  limited["limit"] = 1;
  EXPECT_THAT(told(limited), ElementsAre("accepted two", "more"));
  for (const std::string command : {"history show", "queue show"}) {
    EXPECT_THAT(told(asking(command, kOne)), ElementsAre("accepted one", "delivered one")) << command;
    EXPECT_EQ(answered.exit, 0);
  }
}

TEST_F(HistoryOnDiskTest, WhatCannotBeAnsweredIsToldWithTheExitCodeOfTheDaemon) {
  note(kOne, Kind::accepted, "one");
  EXPECT_THAT(told(asking("history show", "0000000000000000")), IsEmpty());
  EXPECT_EQ(answered.exit, 66);
  EXPECT_THAT(answered.error, HasSubstr("the history knows no message 0000000000000000"));
  told(asking("history show", "x"));
  EXPECT_EQ(answered.exit, 64);
  told(asking("queue list"));
  EXPECT_EQ(answered.exit, 64);
  boost::json::object narrowed = asking("history");
  narrowed["filter"] = {{"colour", "red"}};
  told(narrowed);
  EXPECT_EQ(answered.exit, 64);
  history::HistoryOptions off;
  off.size = 0;
  told(asking("history"), off);
  EXPECT_EQ(answered.exit, 66);
  EXPECT_THAT(answered.error, HasSubstr("history: off"));
}

TEST_F(HistoryOnDiskTest, WhatCannotBeReadIsToldBehindWhatCanBe) {
  note(kOne, Kind::accepted, "one");
  note(kOne, Kind::delivered, "one");
  std::ofstream(directory + "/0000000000.history") << "no record at all";
  EXPECT_THAT(told(asking("history")), ElementsAre("delivered one"));
  EXPECT_EQ(answered.exit, 74);
  EXPECT_THAT(answered.error, HasSubstr("1 file of the history cannot be read"));
  EXPECT_THAT(told(asking("queue show", kOne)), ElementsAre("accepted one", "delivered one"));
  EXPECT_EQ(answered.exit, 74);
  EXPECT_THAT(told(asking("queue show", kTwo)), IsEmpty());
  EXPECT_EQ(answered.exit, 74);
}

TEST_F(HistoryOnDiskTest, OfAMessageWithoutAnEndOnlyTheDaemonKnowsWhetherItWaits) {
  note(kOne, Kind::accepted, "one");
  for (const std::string command : {"history show", "queue show"}) {
    EXPECT_THAT(told(asking(command, kOne)), ElementsAre("accepted one")) << command;
    EXPECT_EQ(answered.exit, 75);
    EXPECT_THAT(answered.error, HasSubstr("may be in the queue, which posternd knows when it runs"));
    EXPECT_THAT(answered.error, HasSubstr(std::string("journalctl POSTERN_QUEUE_ID=") + kOne));
  }
}

TEST_F(HistoryOnDiskTest, ReadingChangesNothingWhateverTheOptionsSay) {
  for (int i = 0; i < 3; ++i) note(kOne, Kind::delivered, "one");
  std::ofstream(directory + "/0000000009.history") << "no record at all";
  const std::vector<std::string> before = files();
  history::HistoryOptions off;
  off.size = 0;
  history::HistoryOptions small;
  small.size = 1;
  small.days = 1;
  clock.advance(std::chrono::days(10));
  EXPECT_THAT(told(asking("history"), off), IsEmpty());
  EXPECT_THAT(told(asking("history"), small), ElementsAre("kept")) << "and where it begins";
  small.keep_all = true;
  EXPECT_THAT(told(asking("history"), small), testing::SizeIs(3)) << "of settings that may not be what was meant";
  EXPECT_EQ(files(), before);
  directory += "-of-nobody";
  EXPECT_THAT(told(asking("history")), IsEmpty());
  EXPECT_FALSE(std::filesystem::exists(directory));
}

TEST_F(HistoryOnDiskTest, OfSeveralDirectoriesTheOneThatWasWrittenToLastIsMeant) {
  const auto make = [this](const std::string& name, time_t written) {
    std::filesystem::create_directories(scratch.path() + "/" + name);
    const std::string path = scratch.path() + "/" + name + "/0000000001.history";
    std::ofstream(path) << "x";
    const timespec times[2] = {{written, 0}, {written, 0}};
    EXPECT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
    return scratch.path() + "/" + name;
  };
  const std::string old = make("old", 1000);
  const std::string young = make("young", 2000);
  std::filesystem::create_symlink("elsewhere", young + "/0000000002.history");  // cannot be read
  std::filesystem::create_directory(scratch.path() + "/empty");
  std::filesystem::create_directories(scratch.path() + "/odd/0000000001.history");
  const std::string odd = scratch.path() + "/odd";
  const std::string empty = scratch.path() + "/empty";
  for (const auto& places : {std::vector{old, young, odd, empty}, std::vector{empty, young, odd, old}}) {
    const auto found = find_history(places);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->directory, young);
    EXPECT_EQ(std::chrono::system_clock::to_time_t(found->written), 2000);
  }
  EXPECT_FALSE(find_history({empty, odd, scratch.path() + "/nowhere"}));
  EXPECT_FALSE(find_history({}));
}

}  // namespace
}  // namespace postern::control
