// Storms of rows that name users, while the name service has not said who sent what comes.
#include "queue/queue_impl.h"
#include "queue/storm_keeper.h"
#include "queue/user_book.h"

#include "routed_fixture.h"
#include "stormy.h"
#include "support/expected_log.h"

#include <gmock/gmock.h>

#include <set>

namespace postern::queue {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const std::string kCron = "cron@web1.example.net";

class StormUsersTest : public RoutedTest {
 protected:
  StormUsersTest() {
    users[1000] = {false, "backup", {}};
    users[1001] = {false, "alice", {}};
  }

  /// What backup sends as cron is gathered: three go, then the others wait.
  static StormRule row() {
    StormRule rule = stormy_config().storms.front();
    rule.senders = {kCron};
    rule.line = 12;
    return rule;
  }
  Config gathering(std::vector<RouteRule> routes, std::vector<StormRule> rows) {
    Config made = routed(std::move(routes));
    mail::LocalNames names;
    names.hostname = made.hostname;
    names.domain = made.domain;
    made.storms_of = StormRules(std::move(rows), names);
    return made;
  }
  void begin(std::vector<RouteRule> routes = {}, std::vector<StormRule> rows = {row()}) {
    start(routes);
    queue->configure(gathering(std::move(routes), std::move(rows)), both());
    settle();
  }
  /// Without waiting until nothing is under way.
  void hand_over(std::uint32_t uid = 1000) {
    auto intake = queue->begin(from_user(uid, kCron));
    const std::string text = failing_job(number_++);
    EXPECT_TRUE(run(loop, intake->append(text)));
    EXPECT_TRUE(run(loop, intake->commit(text.size(), mail::BodyType::seven_bit)));
  }
  void come(int count, std::uint32_t uid = 1000) {
    for (int i = 0; i < count; ++i) accept(from_user(uid, kCron), failing_job(number_++));
  }
  void go_on() {
    for (int i = 0; i < 200; ++i) {
      auto nothing = [] { return 0; };
      (void)run(loop, pool.run(spool::Priority::background, std::move(nothing)));
    }
  }
  void later(Milliseconds time) {
    clock.advance(time);
    queue->clock_changed();
    go_on();
  }

  std::size_t number_ = 0;
};

TEST_F(StormUsersTest, ASilentNameServiceDelaysNoMailThatNoRowOfUsersConcerns) {
  begin();
  silent = true;
  accept(from_user(1000, "root@web1.example.net"));
  accept(from_user(1000, ""));
  accept(envelope({"admin@example.com"}, kCron));  // by TCP, of no user
  EXPECT_THAT(got("one"), SizeIs(3));
  EXPECT_EQ(questions, 0U);
}

TEST_F(StormUsersTest, NobodyIsAskedWhereTheFirstRowThatFitsIsForAll) {
  StormRule all = row();
  all.users = {};
  begin({}, {all, row()});
  silent = true;
  come(5);
  EXPECT_THAT(got("one"), SizeIs(3));
  EXPECT_EQ(queue->totals().storm, 2U);
  EXPECT_EQ(questions, 0U);
}

TEST_F(StormUsersTest, OneQuestionIsAskedForManyAndWithItsAnswerTheyAreJudged) {
  begin();
  silent = true;
  for (int i = 0; i < 8; ++i) hand_over();
  go_on();
  EXPECT_EQ(questions, 1U);
  EXPECT_THAT(got("one"), IsEmpty());
  EXPECT_EQ(queue->totals().active, 8U);
  silent = false;
  settle();
  EXPECT_THAT(got("one"), SizeIs(3));
  EXPECT_EQ(queue->totals().storm, 5U);
  EXPECT_EQ(questions, 1U);
  come(20);
  EXPECT_EQ(queue->totals().storm, 25U);
  EXPECT_EQ(questions, 1U);
}

TEST_F(StormUsersTest, WhoseRowItIsNotGoesWithTheAnswer) {
  begin();
  silent = true;
  for (int i = 0; i < 5; ++i) hand_over(1001);
  go_on();
  EXPECT_THAT(got("one"), IsEmpty());
  silent = false;
  settle();
  EXPECT_THAT(got("one"), SizeIs(5));
  come(5, 1001);
  EXPECT_THAT(got("one"), SizeIs(10));
  EXPECT_EQ(questions, 1U);
}

TEST_F(StormUsersTest, AnAnswerIsWaitedForTenSecondsAndTheQuestionIsOne) {
  begin();
  silent = true;
  for (int i = 0; i < 5; ++i) hand_over();
  later(StormKeeper::kPatience - Seconds(1));
  EXPECT_THAT(got("one"), IsEmpty());
  const auto sleeps = static_cast<const QueueImpl&>(*queue).sleeps_for();
  ASSERT_TRUE(sleeps);
  EXPECT_LE(*sleeps, Seconds(1));
  later(*sleeps);
  EXPECT_THAT(got("one"), SizeIs(5));
  EXPECT_EQ(questions, 1U);
  for (int i = 0; i < 5; ++i) hand_over();
  later(StormKeeper::kPatience);
  EXPECT_THAT(got("one"), SizeIs(10));
  EXPECT_EQ(questions, 1U);
}

TEST_F(StormUsersTest, WhereNobodyAnswersAllGoAtOnceAndItIsAskedNowAndThen) {
  const test::ExpectLog told("nobody says who sent a message");
  begin();
  away = true;
  come(20);
  EXPECT_THAT(got("one"), SizeIs(20));
  EXPECT_EQ(questions, 1U);
  pass(UserBook::kAskAgain + Seconds(1));
  come(5);
  EXPECT_THAT(got("one"), SizeIs(25));
  EXPECT_EQ(questions, 2U);
  for (int minute = 0; minute < 60; ++minute) {
    pass(Seconds(60));
    come(2);
  }
  EXPECT_LT(questions, 20U);
  EXPECT_EQ(queue->totals().storm, 0U);
  EXPECT_EQ(
      std::ranges::count_if(test::logged(),
                            [](const std::string& line) { return line.find("nobody says who") != std::string::npos; }),
      1);
  away = false;
  pass(UserBook::kAskAgainAtMost);
  come(1);
  come(5);
  EXPECT_GE(queue->totals().storm, 2U);
}

TEST_F(StormUsersTest, ANetworkThatComesAsksWithTheNextMessage) {
  const test::ExpectLog told("nobody says who sent a message");
  begin();
  away = true;
  for (int hour = 0; hour < 5; ++hour) {
    come(1);
    pass(Seconds(3600));
  }
  come(1);
  away = false;
  queue->network_came();
  come(1);
  come(5);
  EXPECT_GE(queue->totals().storm, 2U);
}

TEST_F(StormUsersTest, WhoWasKnownIsBelievedWhileItIsAskedAnew) {
  begin();
  come(1);
  pass(UserBook::kFresh + Seconds(1));
  silent = true;
  come(4);
  EXPECT_THAT(got("one"), SizeIs(3));
  EXPECT_EQ(queue->totals().storm, 2U);
  EXPECT_EQ(questions, 2U);
  // And the answer counts from then on.
  users[1000].name = "restore";
  silent = false;
  settle();
  come(4);
  EXPECT_THAT(got("one"), SizeIs(7));
  EXPECT_EQ(questions, 2U);
}

TEST_F(StormUsersTest, MoreThanMayWaitForAnAnswerGoAsTheyCome) {
  begin();
  silent = true;
  for (std::size_t i = 0; i < StormKeeper::kMostAsking; ++i) hand_over();
  go_on();
  EXPECT_THAT(got("one"), IsEmpty());
  hand_over();
  go_on();
  EXPECT_THAT(got("one"), SizeIs(1));
  EXPECT_EQ(queue->totals().active, StormKeeper::kMostAsking);
  later(StormKeeper::kPatience);
  settle();
  EXPECT_THAT(got("one"), SizeIs(StormKeeper::kMostAsking + 1));
  EXPECT_THAT(files(), IsEmpty());
}

TEST_F(StormUsersTest, FewAreAskedForAtOnceAndTheOthersInOrder) {
  begin();
  silent = true;
  for (std::uint32_t uid = 2000; uid < 2040; ++uid) hand_over(uid);
  go_on();
  EXPECT_EQ(questions, UserBook::kMostOpen);
  silent = false;
  settle();
  EXPECT_EQ(questions, 40U);
  EXPECT_THAT(got("one"), SizeIs(40));
}

TEST_F(StormUsersTest, RoutesAndStormsAskOneQuestion) {
  RouteRule own;
  own.users = {"backup"};
  own.smarthosts = {"two"};
  begin({own});
  silent = true;
  for (int i = 0; i < 5; ++i) hand_over();
  go_on();
  EXPECT_EQ(questions, 1U);
  silent = false;
  settle();
  pass(Seconds(1));
  EXPECT_THAT(got("two"), SizeIs(3));
  EXPECT_EQ(queue->totals().storm, 2U);
  EXPECT_EQ(questions, 1U);
}

TEST_F(StormUsersTest, AReloadWithoutSuchRowsLetsThemGoWithTheAnswer) {
  begin();
  silent = true;
  for (int i = 0; i < 5; ++i) hand_over();
  go_on();
  queue->configure(gathering({}, {}), both());
  silent = false;
  settle();
  EXPECT_THAT(got("one"), SizeIs(5));
}

TEST_F(StormUsersTest, WhatWaitsForAnAnswerWhenItEndsIsNotLost) {
  begin();
  silent = true;
  for (int i = 0; i < 5; ++i) hand_over();
  go_on();
  silent = false;
  close();
  EXPECT_THAT(files(), SizeIs(5));
  begin();
  // With an answer that came just before the end some are gathered.
  pass(Seconds(600));
  std::multiset<std::size_t> arrived;
  for (const std::string& text : hosts["one"].texts) arrived.merge(words_in(text));
  EXPECT_EQ(arrived, (std::multiset<std::size_t>{0, 1, 2, 3, 4}));
  EXPECT_THAT(files(), IsEmpty());
}

TEST_F(StormUsersTest, WhichRowWouldGatherItIsToldWithWhatTheNameServiceSays) {
  begin();
  const auto choice = [&](std::uint32_t uid, const std::string& sender) {
    return *run(loop, queue->storm_for(from_user(uid, sender)));
  };
  EXPECT_EQ(choice(1000, kCron).row, 0U);
  EXPECT_EQ(choice(1000, kCron).rule, row());
  EXPECT_EQ(choice(1000, kCron).rule.line, 12U);
  EXPECT_EQ(choice(1001, kCron).row, std::nullopt);
  EXPECT_EQ(choice(1000, "root@web1.example.net").row, std::nullopt);
  away = true;
  EXPECT_THAT(choice(1000, kCron).unanswered, HasSubstr("the name service does not say"));
  EXPECT_EQ(choice(1000, kCron).row, std::nullopt);
  EXPECT_EQ(choice(1000, "root@web1.example.net").unanswered, "");
  queue->configure(gathering({}, {}), both());
  EXPECT_EQ(run(loop, queue->storm_for(from_user(1000, kCron))), std::nullopt);
}

}  // namespace
}  // namespace postern::queue
