#include "control/history.h"

#include "session.h"

#include "history/answers.h"
#include "support/expected_log.h"
#include "support/scratch_dir.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace postern::control {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// Each step takes so long.
struct Finder {
  test::FakeClock& clock;
  Milliseconds takes{0};
  std::size_t steps = 0;
  std::function<void()> after{};  ///< is done behind the next one

  Task<Result<history::Search::Found>> find(std::function<Result<history::Search::Found>()> step) {
    ++steps;
    clock.advance(takes);
    Result<history::Search::Found> found = step();
    if (const auto then = std::exchange(after, nullptr)) then();
    co_return found;
  }
};

class ControlHistory : public Control {
 protected:
  ControlHistory() { context->history = &answers; }

  void note(unsigned number, history::Kind kind, uid_t owner, const std::string& to = "admin@example.com") {
    history::Record record;
    record[history::Field::kind] = history::name(kind);
    record[history::Field::id] = id(number).text();
    record[history::Field::owner] = record[history::Field::uid] = std::to_string(owner);
    record[history::Field::from] = "root@web1.example.net";
    record[history::Field::to] = to;
    record[history::Field::subject] = "Backup " + std::to_string(number);
    record[history::Field::reply] = "250 2.0.0 Ok";
    clock.advance(Seconds(1));
    kept.note(std::move(record));
  }
  /// "delivered Backup 1", in the order of the answer.
  std::vector<std::string> told(const std::string& request, uid_t uid = kRoot) {
    std::vector<std::string> all;
    for (const auto& line : ask_json(request, uid)) {
      const auto* const kind = line.if_contains("kind");
      if (kind == nullptr) continue;
      if (*kind == "kept") continue;
      if (*kind != "record") {
        all.emplace_back(kind->as_string());
        continue;
      }
      all.push_back(std::string(line.at("state").as_string()) + " " + std::string(line.at("subject").as_string()));
    }
    return all;
  }
  std::string error_of(const std::string& request, uid_t uid = kRoot) {
    const std::vector<boost::json::object> lines = ask_json(request, uid);
    const auto* const error = lines.back().if_contains("error");
    return error == nullptr ? std::string() : std::string(error->as_string());
  }

  /// What is told of what is not there; empty: nothing.
  boost::json::object kept_of(const std::string& filter, uid_t uid = kRoot) {
    for (const auto& line : ask_json(R"({"command":"history","limit":100000,"filter":)" + filter + "}", uid)) {
      const auto* const kind = line.if_contains("kind");
      if (kind != nullptr && *kind == "kept") return line;
    }
    return {};
  }

  /// Since when there is one, as far as that is told.
  std::string begins_of(const std::string& filter, uid_t uid = kRoot) {
    return std::string(kept_of(filter, uid).at("begins").as_string());
  }

  /// A file of the history that stands before all others, and was written to now.
  void spoil(int number = 0) const {
    const std::string path = fmt::format("{}/history/000000000{}.history", scratch.path(), number);
    std::ofstream(path) << "no record at all";
    const timespec now{std::chrono::system_clock::to_time_t(clock.wall()), 0};
    const std::array<timespec, 2> times{now, now};
    EXPECT_EQ(::utimensat(AT_FDCWD, path.c_str(), times.data(), 0), 0);
  }

  test::ScratchDir scratch;
  boost::asio::io_context loop;
  history::History kept{
      loop.get_executor(), [](const std::function<void()>& job) { job(); }, clock, scratch.path() + "/history", {}};
  Finder finder{clock};
  history::Answers answers{
      kept, [this](std::function<Result<history::Search::Found>()> step) { return finder.find(std::move(step)); }};
};

TEST_F(ControlHistory, TellsTheNewestFirstAndOfEachMessageHowItEnded) {
  note(1, history::Kind::accepted, kAlice);
  note(1, history::Kind::deferred, kAlice);
  note(2, history::Kind::accepted, kBob);
  note(1, history::Kind::delivered, kAlice);
  EXPECT_THAT(told(R"({"command":"history"})"), ElementsAre("delivered Backup 1", "accepted Backup 2"));
  EXPECT_THAT(told(R"({"command":"history","filter":{"state":"all"}})"),
              ElementsAre("delivered Backup 1", "accepted Backup 2", "deferred Backup 1", "accepted Backup 1"));
  EXPECT_THAT(told(R"({"command":"history","filter":{"state":"deferred"}})"), ElementsAre("deferred Backup 1"));
  EXPECT_THAT(told(R"({"command":"history","limit":1})"), ElementsAre("delivered Backup 1", "more"));
  EXPECT_THAT(told(R"({"command":"history","limit":2})"), ElementsAre("delivered Backup 1", "accepted Backup 2"));
}

TEST_F(ControlHistory, UsersSeeTheirOwnWhateverTheyAskFor) {
  note(1, history::Kind::delivered, kAlice);
  note(2, history::Kind::delivered, kBob);
  EXPECT_THAT(told(R"({"command":"history"})", kAlice), ElementsAre("delivered Backup 1"));
  EXPECT_THAT(told(R"({"command":"history","filter":{"user":4002}})", kAlice), IsEmpty());
  EXPECT_THAT(told(R"({"command":"history","filter":{"user":4002}})"), ElementsAre("delivered Backup 2"));
  EXPECT_EQ(exit_of(request("history show", 2), kAlice), 66);
  EXPECT_EQ(exit_of(request("history show", 1), kAlice), 0);
  EXPECT_EQ(exit_of(request("history show", 2)), 0);
}

TEST_F(ControlHistory, ShowsTheWayOfAMessageOldestFirstAndByItsBeginning) {
  note(1, history::Kind::accepted, kAlice);
  note(1, history::Kind::delivered, kAlice);
  note(100, history::Kind::accepted, kAlice);
  const std::string beginning = id(1).str().substr(0, 12);
  EXPECT_THAT(told(R"({"command":"history show","id":")" + beginning + "\"}"),
              ElementsAre("accepted Backup 1", "delivered Backup 1"));
  EXPECT_THAT(error_of(R"({"command":"history show","id":")" + id(1).str().substr(0, 4) + "\"}"),
              HasSubstr("several messages begin with"));
  EXPECT_EQ(exit_of(R"({"command":"history show","id":"abc"})"), 64);
  EXPECT_EQ(exit_of(R"({"command":"history show"})"), 64);
}

TEST_F(ControlHistory, OfAMessageThatIsGoneTheQueueShowsItAndOfOneThatIsThereTheMessage) {
  note(1, history::Kind::delivered, kAlice);
  note(2, history::Kind::accepted, kAlice);
  add(2, kAlice);
  queue.files[id(2)] = "size: 1\n\nx";
  EXPECT_THAT(told(request("queue show", 1), kAlice), ElementsAre("delivered Backup 1"));
  EXPECT_EQ(exit_of(request("queue show", 1), kAlice), 0);
  EXPECT_EQ(ask_json(request("queue show", 2), kAlice).front().at("kind"), "message");
  EXPECT_EQ(exit_of(request("queue show", 1), kBob), 66);
  EXPECT_THAT(error_of(request("queue show", 3)), HasSubstr("no message " + id(3).str() + " is in the queue"));
  const std::string beginning = id(1).str().substr(0, 12);
  EXPECT_THAT(told(R"({"command":"queue show","id":")" + beginning + "\"}"), ElementsAre("delivered Backup 1"));
}

TEST_F(ControlHistory, AMessageThatLeavesTheQueueBeforeItsFileIsReadIsShownByTheHistory) {
  note(1, history::Kind::delivered, kAlice);
  add(1, kAlice);
  EXPECT_THAT(told(request("queue show", 1), kAlice), ElementsAre("delivered Backup 1"));
  add(2, kAlice);
  EXPECT_EQ(exit_of(request("queue show", 2), kAlice), 66);
}

TEST_F(ControlHistory, WithAFileThatCannotBeReadTheRestIsToldAndThenWhatIsMissing) {
  note(1, history::Kind::delivered, kAlice);
  note(2, history::Kind::delivered, kAlice);
  const std::string list = R"({"command":"history"})";
  EXPECT_EQ(exit_of(list), 0);  // and there is a directory
  spoil();
  EXPECT_THAT(told(list), ElementsAre("delivered Backup 2", "delivered Backup 1"));
  EXPECT_EQ(exit_of(list), 74);
  EXPECT_THAT(error_of(list), HasSubstr("1 file of the history cannot be read"));
  EXPECT_THAT(error_of(list), HasSubstr("/0000000000.history: its first line is damaged"));
  EXPECT_EQ(exit_of(list, kAlice), 74);
  for (const std::string command : {"history show", "queue show"}) {
    EXPECT_THAT(told(request(command, 1)), ElementsAre("delivered Backup 1")) << command;
    EXPECT_EQ(exit_of(request(command, 1)), 74) << command;
    EXPECT_THAT(told(request(command, 3)), IsEmpty()) << command;
    EXPECT_EQ(exit_of(request(command, 3)), 74) << command;
    EXPECT_THAT(error_of(request(command, 3)), HasSubstr("1 file of the history cannot be read")) << command;
  }
  EXPECT_THAT(error_of(request("queue show", 3)), HasSubstr("no message " + id(3).str() + " is in the queue"));
  EXPECT_THAT(error_of(request("history show", 3)), HasSubstr("the history knows no message " + id(3).str()));
}

TEST_F(ControlHistory, AHistoryWithoutAnyFileThatCanBeReadIsNotCalledEmpty) {
  std::filesystem::create_directory(scratch.path() + "/history");
  spoil(1);
  spoil(2);
  const std::string list = R"({"command":"history"})";
  EXPECT_THAT(told(list), IsEmpty());
  EXPECT_EQ(exit_of(list), 74);
  EXPECT_THAT(error_of(list), HasSubstr("2 files of the history cannot be read"));
}

TEST_F(ControlHistory, WhatAShareHadNoRoomForIsToldToWhomItConcerns) {
  const test::ExpectLog log("records are left out of the history");
  history::HistoryOptions small;
  small.size = 1024ULL * 1024;
  kept.configure(small);
  history::Record record;
  record[history::Field::kind] = "delivered";
  record[history::Field::owner] = record[history::Field::uid] = std::to_string(kAlice);
  record[history::Field::to] = std::string(2000, 'x');
  record[history::Field::subject] = "Backup";
  for (int i = 0; i < 300; ++i) {
    record[history::Field::id] = id(static_cast<unsigned>(i)).text();
    kept.note(record, kAlice);
  }
  const WallTime burst = clock.wall();
  clock.advance(std::chrono::hours(1));
  note(1000, history::Kind::delivered, kBob);
  const std::size_t there = told(R"({"command":"history","limit":100000})", kAlice).size();
  for (const uid_t uid : {kRoot, kAlice}) {
    for (const std::string filter : {"{}", R"({"user":4001})", R"({"recipient":"nobody"})"}) {
      const boost::json::object line = kept_of(filter, uid);
      ASSERT_TRUE(line.contains("left_out")) << filter;
      const auto& all = line.at("left_out").as_array();
      ASSERT_EQ(all.size(), 1U);
      EXPECT_EQ(all[0].at("user").as_int64(), std::int64_t{kAlice});
      EXPECT_EQ(static_cast<std::size_t>(all[0].at("number").as_int64()) + there, 300U);
      EXPECT_EQ(std::string(all[0].at("first").as_string()), to_rfc3339(burst));
      EXPECT_EQ(std::string(all[0].at("last").as_string()), to_rfc3339(clock.wall()));
    }
  }
  EXPECT_TRUE(kept_of("{}", kBob).empty());
  EXPECT_FALSE(kept_of(R"({"user":4002})").contains("left_out"));
  EXPECT_FALSE(kept_of(R"({"until":"2000-01-01T00:00:00Z"})").contains("left_out"));
  EXPECT_EQ(exit_of(R"({"command":"history"})"), 0);
  const std::string number = std::to_string(300 - there);
  for (const std::string command : {"history show", "queue show"}) {
    EXPECT_THAT(error_of(request(command, 299)),
                HasSubstr("at least " + number + " records were left out of the history"))
        << command;
    EXPECT_EQ(exit_of(request(command, 299)), 66) << command;
    EXPECT_THAT(error_of(request(command, 299), kBob), testing::Not(HasSubstr("left out"))) << command;
    EXPECT_EQ(error_of(request(command, 0)), "") << command;
  }
}

// Of one message the end is left out, of another everything.
TEST_F(ControlHistory, ThatRecordsOfAMessageMayHaveBeenLeftOutIsSaidBeforeAMarkOfThemStands) {
  const test::ExpectLog log("records are left out of the history");
  history::HistoryOptions small;
  small.size = 1024ULL * 1024;
  kept.configure(small);
  history::Record record;
  record[history::Field::owner] = record[history::Field::uid] = std::to_string(kAlice);
  const auto take = [&](unsigned number, history::Kind kind, std::optional<std::uint32_t> party) {
    record[history::Field::kind] = history::name(kind);
    record[history::Field::id] = QueueId::make(clock.wall(), number).text();
    kept.note(record, party);
    return record[history::Field::id];
  };
  record[history::Field::to] = std::string(2000, 'x');
  record[history::Field::subject] = "Backup";
  for (unsigned i = 0; i < 300; ++i) take(i, history::Kind::delivered, kAlice);
  clock.advance(Seconds(20));
  const std::string since = R"({"since":")" + to_rfc3339(clock.wall()) + "\"}";
  EXPECT_FALSE(kept_of(since).contains("left_out"));
  const std::string known = take(1000, history::Kind::accepted, std::nullopt);
  take(1000, history::Kind::delivered, kAlice);
  const std::string unknown = take(1001, history::Kind::accepted, kAlice);
  for (const uid_t uid : {kRoot, kAlice}) {
    EXPECT_TRUE(kept_of(since, uid).contains("left_out"));
    for (const std::string command : {"history show", "queue show"}) {
      const std::string of = R"({"command":")" + command + R"(","id":")";
      EXPECT_THAT(told(of + known + "\"}", uid), testing::SizeIs(1)) << command;
      EXPECT_THAT(error_of(of + known + "\"}", uid), HasSubstr("does not tell how it ended")) << command;
      for (const std::string& id : {known, unknown}) {
        EXPECT_THAT(error_of(of + id + "\"}", uid), HasSubstr("records were left out of the history since")) << command;
      }
    }
  }
  EXPECT_FALSE(kept_of(since, kBob).contains("left_out"));
}

TEST_F(ControlHistory, WhoAsksForMoreThanIsKeptIsToldWhereItBegins) {
  EXPECT_TRUE(kept_of("{}").empty()) << "there is none";
  note(1, history::Kind::delivered, kAlice);
  const WallTime first = clock.wall();
  note(2, history::Kind::delivered, kAlice);
  const auto since = [](WallTime time) { return R"({"since":")" + to_rfc3339(time) + "\"}"; };
  EXPECT_TRUE(kept_of("{}").empty()) << "the last line tells it";
  EXPECT_TRUE(kept_of(since(first)).empty());
  EXPECT_EQ(begins_of(since(first - Milliseconds(1))), to_rfc3339(first));
  EXPECT_EQ(begins_of(R"({"subject":"nothing of that"})"), to_rfc3339(first));
  const WallTime hour = std::chrono::floor<std::chrono::hours>(first);
  EXPECT_TRUE(kept_of(since(hour), kAlice).empty());
  EXPECT_EQ(begins_of(since(hour - Milliseconds(1)), kAlice), to_rfc3339(hour)) << "it may be another's record";
  const std::string early = QueueId::make(first - std::chrono::hours(5), 1).str();
  EXPECT_THAT(error_of(R"({"command":"history show","id":")" + early + "\"}"), HasSubstr("; the history begins at "));
  const std::string soon = QueueId::make(first + Seconds(1), 1).str();
  EXPECT_THAT(error_of(R"({"command":"history show","id":")" + soon + "\"}", kAlice),
              testing::Not(HasSubstr("begins at")))
      << "it came behind that";
  const std::string late = QueueId::make(clock.wall() + std::chrono::hours(5), 1).str();
  EXPECT_THAT(error_of(R"({"command":"history show","id":")" + late + "\"}"), testing::Not(HasSubstr("begins at")));
}

TEST_F(ControlHistory, WhereItCannotBeReadAtAllTheQueueSaysSoBesideThatAMessageIsGone) {
  std::ofstream(scratch.path() + "/history") << "no directory";
  EXPECT_EQ(exit_of(R"({"command":"history"})"), 74);
  EXPECT_EQ(exit_of(request("queue show", 1)), 74);
  EXPECT_THAT(error_of(request("queue show", 1)), HasSubstr("no message " + id(1).str() + " is in the queue"));
  EXPECT_THAT(error_of(request("queue show", 1)), HasSubstr("the history cannot be read: "));
}

TEST_F(ControlHistory, OfAMessageThatIsGoneWithoutAnEndItIsToldThatTheLogMayKnow) {
  note(1, history::Kind::accepted, kAlice);
  note(2, history::Kind::accepted, kAlice);
  note(2, history::Kind::deferred, kAlice);
  for (const std::string command : {"history show", "queue show"}) {
    EXPECT_THAT(told(request(command, 1), kAlice), ElementsAre("accepted Backup 1")) << command;
    for (const unsigned number : {1U, 2U}) {
      EXPECT_EQ(exit_of(request(command, number), kAlice), 66) << command;
      const std::string said = error_of(request(command, number));
      EXPECT_THAT(said, HasSubstr("message " + id(number).str() + " is not in the queue")) << command;
      EXPECT_THAT(said, HasSubstr("journalctl POSTERN_QUEUE_ID=" + id(number).str())) << command;
    }
  }
  add(1, kAlice);
  EXPECT_EQ(exit_of(request("history show", 1), kAlice), 0) << "it waits";
  EXPECT_EQ(error_of(request("history show", 1)), "");
  note(2, history::Kind::failed, kAlice);
  EXPECT_EQ(exit_of(request("history show", 2)), 0);
  EXPECT_EQ(exit_of(request("queue show", 2)), 0);
}

// Between the look into the history and that into the queue it is delivered.
TEST_F(ControlHistory, AMessageThatLeavesTheQueueMeanwhileIsShownWithItsEnd) {
  note(1, history::Kind::accepted, kAlice);
  finder.after = [this] { note(1, history::Kind::delivered, kAlice); };
  EXPECT_THAT(told(request("history show", 1)), ElementsAre("accepted Backup 1", "delivered Backup 1"));
  EXPECT_EQ(exit_of(request("history show", 1)), 0);
}

TEST_F(ControlHistory, FindsAnAddressHoweverItIsWritten) {
  note(1, history::Kind::delivered, kAlice,
       "bob@b\xc3\xbc"
       "cher.example");
  note(2, history::Kind::delivered, kAlice, "bob@example.com");
  for (const auto& [to, number] : std::vector<std::pair<std::string, int>>{{"<bob@example.com>", 2},
                                                                           {"Bob <Bob@example.com>", 2},
                                                                           {"to=<bob@example.com>,", 2},
                                                                           {"*@example.com", 2},
                                                                           {"bob@xn--bcher-kva.example", 1},
                                                                           {"<bob@b\xc3\xbc"
                                                                            "cher.example>",
                                                                            1}}) {
    EXPECT_THAT(told(R"({"command":"history","filter":{"recipient":")" + to + "\"}}"),
                ElementsAre("delivered Backup " + std::to_string(number)))
        << to;
  }
  EXPECT_EQ(told(R"({"command":"history","filter":{"sender":"Root <root@web1.example.net>"}})").size(), 2U);
  EXPECT_TRUE(told(R"({"command":"history","filter":{"sender":"from=<>"}})").empty());
  for (const std::string to : {"*", "b*b@example.com", "*@*"}) {
    EXPECT_EQ(exit_of(R"({"command":"history","filter":{"recipient":")" + to + "\"}}"), 64) << to;
    EXPECT_EQ(exit_of(R"({"command":"queue list","filter":{"sender":")" + to + "\"}}"), 64) << to;
  }
}

TEST_F(ControlHistory, ASiteThatIsNoneOfTheSettingsNorOfARecordIsTold) {
  queue.site_list.resize(2);
  queue.site_list[0].name = "main";
  queue.site_list[1].name = "backup";
  const std::string of = R"({"command":"history","filter":{"site":")";
  EXPECT_EQ(exit_of(of + "nosuch\"}}"), 64);
  EXPECT_THAT(error_of(of + "nosuch\"}}", kAlice), HasSubstr("main, backup"));
  EXPECT_EQ(exit_of(of + "main\"}}"), 0) << "nothing went there yet";
  history::Record record;
  record[history::Field::kind] = history::name(history::Kind::failed);
  record[history::Field::site] = "of-before";
  kept.note(std::move(record));
  EXPECT_EQ(exit_of(of + "of-before\"}}"), 0);
}

TEST_F(ControlHistory, WhatIsNotUnderstoodIsRefused) {
  for (const std::string filter :
       {R"({"colour":"red"})", R"({"since":"yesterday"})", R"({"since":5})", R"({"user":"root"})", R"({"user":-1})",
        R"({"user":5000000000})", R"({"subject":""})", R"({"subject":null})", R"({"state":"gone"})",
        R"({"state":"left_out"})", R"([])", R"("x")"}) {
    EXPECT_EQ(exit_of(R"({"command":"history","filter":)" + filter + "}"), 64) << filter;
  }
  EXPECT_EQ(exit_of(R"({"command":"history","limit":"many"})"), 64);
}

TEST_F(ControlHistory, WhereNoneIsKeptItSaysSo) {
  history::HistoryOptions off;
  off.size = 0;
  kept.configure(off);
  EXPECT_EQ(exit_of(R"({"command":"history"})"), 66);
  EXPECT_THAT(error_of(R"({"command":"history"})"), HasSubstr("history: off"));
  EXPECT_THAT(error_of(request("queue show", 3)), HasSubstr("is in the queue"));
  context->history = nullptr;
  EXPECT_EQ(exit_of(R"({"command":"history"})"), 66);
  EXPECT_EQ(exit_of(request("history show", 1)), 66);
  EXPECT_THAT(error_of(request("queue show", 3)), HasSubstr("is in the queue"));
}

TEST_F(ControlHistory, AClientThatHasGoneIsNotSearchedForOn) {
  for (unsigned i = 0; i < 500; ++i) note(i, history::Kind::delivered, kAlice);
  test::ScriptedStream::Options gone;
  gone.fail_at = 2;  // behind the request
  EXPECT_EQ(ask("{\"command\":\"history\",\"limit\":100000}\n", kRoot, gone), "");
  EXPECT_LT(finder.steps, 5U) << "what fills a write is found by then";
  finder.steps = 0;
  EXPECT_EQ(exit_of(R"({"command":"history","limit":100000})"), 0);
  EXPECT_GT(finder.steps, 10U);
}

TEST_F(ControlHistory, NorIsTheWayOfAMessage) {
  for (unsigned i = 0; i < 500; ++i) note(1, history::Kind::deferred, kAlice);
  note(1, history::Kind::delivered, kAlice);
  finder.takes = Milliseconds(1000);
  EXPECT_EQ(exit_of(request("history show", 1)), 0);
  EXPECT_GT(finder.steps, 10U);
  for (const std::string command : {"history show", "queue show"}) {
    finder.steps = 0;
    test::ScriptedStream::Options gone;
    gone.fail_at = 2;
    EXPECT_EQ(ask(request(command, 1) + "\n", kRoot, gone), "");
    EXPECT_EQ(finder.steps, 1U) << command;
  }
}

TEST_F(ControlHistory, WhoWaitsForTheWayOfAMessageIsToldThatItIsLookedFor) {
  for (unsigned i = 0; i < 100; ++i) note(1, history::Kind::deferred, kAlice);
  add(1, kAlice);
  finder.takes = Milliseconds(1000);
  const std::vector<std::string> lines = told(request("history show", 1));
  EXPECT_EQ(std::ranges::count(lines, "searching"), 3);
  EXPECT_EQ(std::ranges::count(lines, "deferred Backup 1"), 100);
}

// Behind the last result there may be a long history with nothing more.
TEST_F(ControlHistory, AtTheLimitNoMoreIsLookedForThanWhetherThereIsOneMore) {
  note(2, history::Kind::delivered, kAlice);
  for (unsigned i = 0; i < 500; ++i) note(1, history::Kind::deferred, kAlice);
  note(1, history::Kind::delivered, kAlice);
  const std::string one = R"({"command":"history","limit":1})";
  EXPECT_THAT(told(one), ElementsAre("delivered Backup 1", "more")) << "as far as that is known at once";
  EXPECT_GT(finder.steps, 10U);
  finder.steps = 0;
  finder.takes = Milliseconds(300);
  const std::vector<boost::json::object> lines = ask_json(one, kRoot);
  EXPECT_LT(finder.steps, 7U);
  ASSERT_GE(lines.size(), 3U);
  const boost::json::object& more = lines[lines.size() - 2];
  EXPECT_EQ(more.at("kind"), "more");
  EXPECT_TRUE(parse_rfc3339(more.at("reached").as_string())) << "so far back there is none";
  EXPECT_EQ(lines.front().at("state"), "delivered");
  finder.steps = 0;
  EXPECT_EQ(told(R"({"command":"history","limit":3})").front(), "delivered Backup 1");
  EXPECT_GT(finder.steps, 10U) << "what is still wanted is looked for to the end";
}

TEST_F(ControlHistory, WhatIsBehindTheLimitIsNotLookedAt) {
  for (unsigned i = 0; i < 500; ++i) note(i, history::Kind::delivered, kAlice);
  for (const auto& [limit, steps] : std::map<std::string, std::size_t>{{"1", 1}, {"31", 1}, {"32", 2}, {"100", 4}}) {
    finder.steps = 0;
    EXPECT_EQ(told(R"({"command":"history","limit":)" + limit + "}").back(), "more") << limit;
    EXPECT_EQ(finder.steps, steps) << limit;
  }
}

}  // namespace
}  // namespace postern::control
