// Mail that goes by rows of users, while the name service has not said who sent it.
#include "queue/user_book.h"

#include "routed_fixture.h"
#include "support/expected_log.h"

#include <gmock/gmock.h>

#include <functional>
#include <vector>

namespace postern::queue {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::uint32_t kWeb = 33;

class AskedTest : public RoutedTest {
 protected:
  AskedTest() { users[kWeb] = {false, "www-data", {}}; }

  /// What www-data sends goes by `two`; what root does by `one`, whoever it is; the rest by any.
  static std::vector<RouteRule> rows() {
    RouteRule web;
    web.users = {"www-data"};
    web.smarthosts = {"two"};
    return {to({"root@one.example"}, {"one"}), web};
  }
  QueueId send(std::vector<std::string> recipients, std::uint32_t uid = kWeb) {
    mail::Envelope made = envelope(std::move(recipients));
    made.source.kind = mail::Source::Kind::local;
    made.source.uid = uid;
    return accept(std::move(made));
  }
  QueueId send_by_tcp(std::vector<std::string> recipients, std::string sender = "alice@example.com") {
    mail::Envelope made = envelope(std::move(recipients), std::move(sender));
    made.source.holder = kWeb;
    return accept(std::move(made));
  }
  /// Without waiting until nothing is under way.
  void begin_one(std::vector<std::string> recipients, std::uint32_t uid = kWeb) {
    mail::Envelope made = envelope(std::move(recipients));
    made.source.kind = mail::Source::Kind::local;
    made.source.uid = uid;
    const std::string text = "Subject: hi\n\nbody\n";
    auto intake = queue->begin(std::move(made));
    EXPECT_TRUE(run(loop, intake->append(text)));
    EXPECT_TRUE(run(loop, intake->commit(text.size(), mail::BodyType::seven_bit)));
  }
  void steps(int count, Seconds each = Seconds(60)) {
    for (int i = 0; i < count; ++i) pass(each);
  }
  void turn_of_the_loop() {
    auto nothing = [] { return 0; };
    (void)run(loop, pool.run(spool::Priority::background, std::move(nothing)));
  }
  /// Nobody says who sent the only message: its sender is warned, and told of its end.
  void warned_and_ended() {
    steps(72, Seconds(250));
    EXPECT_THAT(hosts["one"].texts, Contains(HasSubstr("nobody says who uid 33 is"))) << "a warning";
    EXPECT_THAT(files(), SizeIs(1));
    steps(1800, Seconds(250));
    EXPECT_THAT(hosts["one"].texts, SizeIs(3)) << "and a report";
    EXPECT_THAT(files(), IsEmpty());
    EXPECT_THAT(got("two"), IsEmpty());
  }
};

TEST_F(AskedTest, WhoIsKnownIsAskedForOnceInAWhile) {
  start(rows());
  for (int i = 0; i < 20; ++i) send({"w@example.org"});
  EXPECT_THAT(got("two"), SizeIs(20));
  EXPECT_EQ(questions, 1U);
  steps(10);
  send({"w@example.org"});
  send({"w@example.org"});
  EXPECT_THAT(got("two"), SizeIs(22));
  EXPECT_EQ(questions, 2U);
}

TEST_F(AskedTest, NobodyIsAskedWhereNoRowOfUsersCounts) {
  start(rows());
  send({"root@one.example"});
  EXPECT_THAT(got("one"), ElementsAre("root@one.example"));
  EXPECT_EQ(questions, 0U);
}

TEST_F(AskedTest, WhileNobodySaysWhoSentItAMessageWaitsAndNoOther) {
  const test::ExpectLog told("nobody says who sent a message");
  start(rows());
  away = true;
  const QueueId id = send({"w@example.org"});
  accept(envelope({"x@example.org"}));  // of no user
  EXPECT_THAT(got("one"), ElementsAre("x@example.org"));
  const Entry entry = *run(loop, queue->find(id));
  EXPECT_THAT(entry.reason, HasSubstr("nobody says who uid 33 is, and so by which route this mail goes: the name"));
  EXPECT_GT(*entry.next, clock.wall());
  EXPECT_THAT(entry.routes, ElementsAre("not known"));
  steps(10);
  EXPECT_THAT(got("two"), IsEmpty());
  away = false;
  steps(20);
  EXPECT_THAT(got("two"), ElementsAre("w@example.org"));
  EXPECT_THAT(files(), IsEmpty());
}

TEST_F(AskedTest, OfOneMessageThoseGoForWhomItDoesNotMatter) {
  const test::ExpectLog told("nobody says who sent a message");
  start(rows());
  away = true;
  send({"w@example.org", "root@one.example"});
  EXPECT_THAT(got("one"), ElementsAre("root@one.example"));
  away = false;
  steps(5);
  EXPECT_THAT(got("two"), ElementsAre("w@example.org"));
  EXPECT_THAT(files(), IsEmpty());
}

TEST_F(AskedTest, ARouteThatIsDownDoesNotKeepTheQuestionFromBeingAsked) {
  const test::ExpectLog told("nobody says who sent a message");
  const test::ExpectLog down_told("site down");
  start(rows());
  away = true;
  down("one");
  for (int i = 0; i < 3; ++i) send({"w@example.org", "root@one.example"});
  away = false;
  steps(10);
  EXPECT_THAT(got("two"), SizeIs(3));
  up("one");
  steps(10, Seconds(1000));
  EXPECT_THAT(got("one"), SizeIs(3));
  EXPECT_THAT(files(), IsEmpty());
}

TEST_F(AskedTest, ManyMessagesOfOneUserAreFewQuestionsAndOneLine) {
  const test::ExpectLog told("nobody says who sent a message");
  start(rows());
  away = true;
  for (int i = 0; i < 200; ++i) send({"w@example.org"});
  EXPECT_EQ(questions, 1U);
  const std::size_t reads = disk.calls_of("open");
  steps(60);
  EXPECT_LT(questions, 20U);
  EXPECT_LT(disk.calls_of("open") - reads, 2 * 200U + 20U)
      << "each has its line in the log, and then waits for the answer";
  EXPECT_EQ(std::ranges::count_if(
                test::logged(),
                [](const std::string& line) { return line.find("nobody says who sent") != std::string::npos; }),
            1);
  away = false;
  send({"w@example.org"});
  steps(6);
  EXPECT_THAT(got("two"), SizeIs(201)) << "with the answer all of them go";
}

TEST_F(AskedTest, WhoseQuestionIsOpenHoldsNobodyUp) {
  start(rows(), {{"one", {1}}, {"two", {1}}});
  silent = true;
  for (int i = 0; i < 10; ++i) send({"w@example.org"});
  for (int i = 0; i < 5; ++i) accept(envelope({"x@example.org"}));
  send({"root@one.example"});
  EXPECT_THAT(got("one"), SizeIs(6));
  EXPECT_THAT(run(loop, queue->find(*QueueId::parse(files().front())))->reason, HasSubstr("it is asked who sent this"));
  EXPECT_EQ(questions, 1U);
  silent = false;
  settle();
  steps(1, Seconds(1));
  EXPECT_THAT(got("two"), SizeIs(10)) << "at once, not by a back-off";
}

TEST_F(AskedTest, AfterAStartToo) {
  start(rows());
  silent = true;
  for (int i = 0; i < 10; ++i) send({"w@example.org"});
  down("one");
  const test::ExpectLog down_told("site down");
  accept(envelope({"root@one.example"}));
  silent = false;
  close();
  up("one");
  silent = true;
  start(rows());
  steps(70);
  EXPECT_THAT(got("one"), ElementsAre("root@one.example"));
  EXPECT_THAT(got("two"), IsEmpty());
  silent = false;
  steps(70);
  EXPECT_THAT(got("two"), SizeIs(10));
}

TEST_F(AskedTest, WhoWasKnownIsBelievedWhileNobodyAnswers) {
  start(rows());
  send({"1@example.org"});
  away = true;
  steps(5);
  send({"2@example.org"});
  steps(5);
  send({"3@example.org"});
  EXPECT_THAT(got("two"), ElementsAre("1@example.org", "2@example.org", "3@example.org"));
}

TEST_F(AskedTest, WhatNobodyCanTellIsWarnedOfAndEnds) {
  const test::ExpectLog any("");
  start(rows());
  away = true;
  mail::Envelope made = envelope({"w@example.org", "root@one.example"}, "root@one.example");
  made.source.kind = mail::Source::Kind::local;
  made.source.uid = kWeb;
  accept(std::move(made));
  warned_and_ended();
}

TEST_F(AskedTest, WhatAKnownUserSentByTcpIsWarnedOfAndEnds) {
  const test::ExpectLog any("");
  start(rows());
  away = true;
  send_by_tcp({"w@example.org", "root@one.example"}, "root@one.example");
  warned_and_ended();
}

TEST_F(AskedTest, WhatAKnownUserSentByTcpWaitsQuietlyForTheAnswer) {
  const test::ExpectLog told("nobody says who sent a message");
  start(rows());
  away = true;
  const QueueId id = send_by_tcp({"w@example.org"});
  const QueueId both = send_by_tcp({"w@example.org", "root@one.example"});
  const Entry entry = *run(loop, queue->find(id));
  EXPECT_THAT(entry.reason, HasSubstr("nobody says who uid 33 is"));
  EXPECT_EQ(entry.source.uid, std::nullopt) << "it is nobody's to handle";
  EXPECT_THAT(run(loop, queue->find(both))->routes, ElementsAre("not known"));
  const std::size_t reads = disk.calls_of("open");
  const std::size_t asked = questions;
  for (int i = 0; i < 100; ++i) turn_of_the_loop();
  EXPECT_EQ(questions, asked);
  EXPECT_EQ(disk.calls_of("open"), reads);
  steps(10);
  EXPECT_LT(questions, 12U);
  away = false;
  steps(6);
  EXPECT_THAT(got("two"), ElementsAre("w@example.org", "w@example.org"));
  EXPECT_THAT(files(), IsEmpty());
}

TEST_F(AskedTest, WithTheAnswerItIsReadBeforeTheBacklogOfAnother) {
  const test::ExpectLog down_told("site down");
  start(rows());
  down("one");
  std::vector<QueueId> backlog;
  for (int i = 0; i < 1000; ++i) backlog.push_back(send({"root@one.example"}, 1000));
  close();
  start(rows());
  send({"w@example.org"});
  settle();
  EXPECT_THAT(got("two"), ElementsAre("w@example.org"));
  EXPECT_THAT(run(loop, queue->find(backlog.back()))->routes, IsEmpty()) << "it is not read yet";
}

TEST_F(AskedTest, WhatAnOperatorReroutesOrWantsTriedIsReadBeforeABacklog) {
  const test::ExpectLog down_told("site down");
  start(rows());
  down("one");
  std::vector<QueueId> backlog;
  for (int i = 0; i < 1000; ++i) backlog.push_back(send({"root@one.example"}, 1000));
  close();
  start(rows());
  const QueueId retried = backlog[990];
  const QueueId rerouted = backlog[991];
  ASSERT_TRUE(queue->retry(retried));
  ASSERT_TRUE(run(loop, queue->reroute(rerouted, "")));
  settle();
  EXPECT_THAT(run(loop, queue->find(retried))->routes, ElementsAre("one"));
  EXPECT_THAT(run(loop, queue->find(rerouted))->routes, ElementsAre("one"));
  EXPECT_THAT(run(loop, queue->find(backlog[980]))->routes, IsEmpty()) << "it is not read yet";
}

TEST_F(AskedTest, OfManyThatWaitedForAnswersNobodyWaitsBehindTheBacklogOfAnother) {
  start(rows());
  silent = true;
  for (int i = 0; i < 600; ++i) begin_one({"x@example.org"}, 1000);
  begin_one({"w@example.org"});
  silent = false;
  for (int i = 0; i < 500 && got("two").empty(); ++i) turn_of_the_loop();
  EXPECT_THAT(got("two"), SizeIs(1));
  EXPECT_LT(got("one").size(), 100U);
  settle();
  steps(20, Seconds(1));
  EXPECT_THAT(got("one"), SizeIs(600));
}

TEST_F(AskedTest, ReportsAndAlarmsWaitForNobodysName) {
  start({rows()[1], to({"alice@example.com"}, {"one"})});
  silent = true;
  hosts["one"].answers["x@example.org"] = refused();
  hosts["two"].answers["x@example.org"] = refused();
  const test::ExpectLog failed("failed");
  accept(envelope({"x@example.org"}));
  EXPECT_THAT(got("one"), Contains("alice@example.com"));
  silent = false;
}

TEST_F(AskedTest, RetryDeleteHoldAndBounceTakeOneThatWaitsForAnAnswer) {
  const test::ExpectLog any("");
  start(rows());
  away = true;
  std::vector<QueueId> ids;
  for (int i = 0; i < 4; ++i) ids.push_back(send({"w@example.org"}));
  EXPECT_TRUE(run(loop, queue->remove(ids[0])));
  EXPECT_TRUE(run(loop, queue->hold(ids[1])));
  EXPECT_TRUE(run(loop, queue->bounce(ids[2])));
  settle();
  away = false;
  EXPECT_TRUE(queue->retry(ids[3]));
  settle();
  EXPECT_TRUE(run(loop, queue->release(ids[1])));
  settle();
  EXPECT_THAT(got("two"), SizeIs(2));
  EXPECT_THAT(files(), IsEmpty());
}

TEST_F(AskedTest, MailOfWhomTheServiceKnowsAnewGoesByWhatItSaysNow) {
  start(rows());
  send({"1@example.org"});
  ASSERT_THAT(got("two"), SizeIs(1));
  users[kWeb].name = "nginx";
  steps(2);
  silent = true;
  send({"2@example.org"});
  EXPECT_THAT(got("one"), IsEmpty()) << "it waits for the answer";
  silent = false;
  settle();
  steps(1, Seconds(1));
  EXPECT_THAT(got("one"), ElementsAre("2@example.org"));
  EXPECT_THAT(got("two"), SizeIs(1));
}

TEST_F(AskedTest, AfterAReloadWhatWasKnownIsOld) {
  start(rows());
  send({"1@example.org"});
  users[kWeb].name = "nginx";
  reload(rows());
  send({"2@example.org"});
  EXPECT_THAT(got("one"), ElementsAre("2@example.org"));
}

TEST_F(AskedTest, FewAreAskedForAtOnceAndTheOthersInOrder) {
  start(rows());
  silent = true;
  for (std::uint32_t uid = 100; uid < 140; ++uid) send({"w@example.org"}, uid);
  EXPECT_EQ(questions, UserBook::kMostOpen);
  silent = false;
  settle();
  steps(3, Seconds(1));
  EXPECT_EQ(questions, 40U);
  EXPECT_THAT(got("one"), SizeIs(40));
}

TEST_F(AskedTest, AQuestionThatFailedIsRepeatedByItself) {
  const test::ExpectLog told("nobody says who sent a message");
  start(rows());
  away = true;
  send({"1@example.org"});
  away = false;
  steps(1, Seconds(21));
  EXPECT_THAT(got("two"), ElementsAre("1@example.org"));
  away = true;
  steps(2);
  send({"2@example.org"}, 44);
  steps(24 * 60);
  EXPECT_LT(questions, 310U) << "ever more seldom";
  away = false;
  steps(6);
  EXPECT_THAT(got("one"), Contains("2@example.org")) << "but never by hours";
}

TEST_F(AskedTest, RetryReloadAndNetworkAskAtOnce) {
  const test::ExpectLog told("nobody says who sent a message");
  start(rows());
  const std::vector<std::function<void(const QueueId&)>> causes{
      [this](const QueueId& id) { EXPECT_TRUE(queue->retry(id)); }, [this](const QueueId&) { queue->retry_all(); },
      [this](const QueueId&) { reload(rows()); }, [this](const QueueId&) { queue->network_came(); }};
  for (std::uint32_t i = 0; i < causes.size(); ++i) {
    SCOPED_TRACE(i);
    away = true;
    const QueueId id = send({std::to_string(i) + "@example.org"}, 50 + i);
    steps(20);
    away = false;
    causes[i](id);
    settle();
    EXPECT_THAT(got("one"), SizeIs(i + 1));
  }
}

TEST_F(AskedTest, WithTheAnswerItsSiteIsTriedAsForMailThatComes) {
  const test::ExpectLog down_told("site");
  start(rows());
  down("two");
  send({"1@example.org"});
  steps(60, Seconds(120));
  up("two");
  send({"2@example.org"});
  steps(3, Seconds(11));
  EXPECT_THAT(got("two"), SizeIs(2));
}

TEST_F(AskedTest, AFailureOfLongAgoEndsNobody) {
  const test::ExpectLog told("");
  start(rows());
  away = true;
  const QueueId id = send({"w@example.org"});
  ASSERT_TRUE(run(loop, queue->hold(id)));
  settle();
  steps(24 * 6, Seconds(3600));
  ASSERT_TRUE(run(loop, queue->release(id)));
  settle();
  steps(3);
  EXPECT_THAT(files(), SizeIs(1));
  away = false;
  steps(6);
  EXPECT_THAT(got("two"), ElementsAre("w@example.org"));
}

TEST_F(AskedTest, ABugThatEndsAQuestionIsAFailure) {
  const test::ExpectLog told("nobody says who sent a message");
  start(rows());
  broken = true;
  const QueueId id = send({"w@example.org"});
  EXPECT_THAT(run(loop, queue->find(id))->reason, HasSubstr("internal error: no memory"));
  broken = false;
  steps(1, Seconds(21));
  EXPECT_THAT(got("two"), SizeIs(1));
}

TEST_F(AskedTest, ManyThatWaitForOneAnswerAllGo) {
  start(rows());
  silent = true;
  for (int i = 0; i < 1200; ++i) begin_one({"w@example.org"});
  silent = false;
  settle();
  steps(20, Seconds(1));
  EXPECT_THAT(got("two"), SizeIs(1200));
  EXPECT_EQ(questions, 1U);
}

TEST_F(AskedTest, AReloadWithoutSuchRowsLetsItGo) {
  const test::ExpectLog told("nobody says who sent a message");
  start(rows());
  away = true;
  send({"w@example.org"});
  reload(by_recipient());
  steps(3);
  EXPECT_THAT(got("one"), ElementsAre("w@example.org"));
}

}  // namespace
}  // namespace postern::queue
