#include "app/ask_history.h"

#include "support/fake_clock.h"
#include "support/run.h"
#include "support/scratch_dir.h"

#include <boost/asio/io_context.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace postern::app {
namespace {

using testing::ElementsAre;

Task<Result<history::Search::Found>> found_now(std::function<Result<history::Search::Found>()> step) {
  co_return step();
}

class AskHistoryTest : public testing::Test {
 protected:
  void note(history::Kind kind) {
    history::Record record;
    record[history::Field::kind] = history::name(kind);
    record[history::Field::id] = "0p6c9x2m7k4hq10" + std::to_string(noted++);
    record[history::Field::to] = "a@b.example";
    clock.advance(Seconds(60));
    kept.note(std::move(record));
  }
  /// The states of what is answered.
  std::vector<std::string> told(HistoryQuestion question) {
    const Result<HistoryRecords> records = test::wait(loop, ask_history(answers)(question));
    std::vector<std::string> states;
    if (!records) return {"failure"};
    unread = records->unread;
    for (const auto& one : records->records) states.emplace_back(one.at("state").as_string());
    return states;
  }

  test::FakeClock clock;
  test::ScratchDir scratch;
  boost::asio::io_context loop;
  int noted = 0;
  std::string unread;
  history::History kept{
      loop.get_executor(), [](const std::function<void()>& job) { job(); }, clock, scratch.path() + "/history", {}};
  history::Answers answers{kept, found_now};
};

TEST_F(AskHistoryTest, FailuresAreWhatASmarthostOrAnOperatorGaveUp) {
  for (const history::Kind kind : {history::Kind::delivered, history::Kind::failed, history::Kind::refused,
                                   history::Kind::bounced, history::Kind::deleted}) {
    note(kind);
  }
  EXPECT_THAT(told({.failures = true, .most = 10}), ElementsAre("bounced", "failed"));
  EXPECT_THAT(told({.failures = true, .most = 1}), ElementsAre("bounced"));
  EXPECT_THAT(told({.failures = true, .since = clock.wall() - Seconds(100), .most = 10}), ElementsAre("bounced"));
  EXPECT_THAT(told({.most = 10}), ElementsAre("deleted", "bounced", "refused", "failed", "delivered"));
}

TEST_F(AskHistoryTest, WhatCannotBeReadIsToldBesideWhatCanBe) {
  note(history::Kind::failed);
  EXPECT_THAT(told({.failures = true, .most = 10}), ElementsAre("failed"));
  EXPECT_EQ(unread, "");
  std::ofstream(scratch.path() + "/history/0000000000.history") << "no record at all";
  EXPECT_THAT(told({.failures = true, .most = 10}), ElementsAre("failed"));
  EXPECT_THAT(unread, testing::HasSubstr("0000000000.history: its first line is damaged"));
}

TEST_F(AskHistoryTest, SaysThatNoneIsKept) {
  history::HistoryOptions off;
  off.size = 0;
  kept.configure(off);
  const Result<HistoryRecords> records = test::wait(loop, ask_history(answers)({.most = 1}));
  ASSERT_FALSE(records);
  EXPECT_EQ(records.error().failure, Failure::not_found);
}

}  // namespace
}  // namespace postern::app
