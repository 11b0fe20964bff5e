// The night of an outage in the log: each message that waits has a line, and no more than one.
#include "queue/waits.h"

#include "queue/queue_impl.h"
#include "queue/suspects.h"

#include "base/zone.h"
#include "routed_fixture.h"
#include "support/expected_log.h"

#include <gmock/gmock.h>

namespace postern::queue {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

/// The lines of what waits, of this message or of all.
std::vector<std::string> lines_about(const std::string& id = {}) {
  std::vector<std::string> lines;
  for (const std::string& line : test::logged()) {
    if (line.find(" deferred ") != std::string::npos && line.find(id) != std::string::npos) lines.push_back(line);
  }
  return lines;
}

class WaitsTest : public RoutedTest {
 protected:
  QueueId accept_of_cron() {
    mail::Envelope made = envelope({"admin@one.example"}, "root@web1.example.net");
    made.source.kind = mail::Source::Kind::local;
    made.source.uid = 0;
    made.recipients.front().orcpt = "rfc822;root@web1.example.net";
    return accept(std::move(made), "From: root\nMessage-ID: <1@web1>\nSubject: Cron <root@web1> backup\n\nbody\n");
  }
  QueueId accept_to(std::vector<std::string> recipients) { return accept(envelope(std::move(recipients))); }
  /// By steps of the clock as the queue's timer makes them.
  void minutes(int count) {
    for (int i = 0; i < 12 * count; ++i) pass(Seconds(5));
  }
  static std::vector<SiteConfig> one() { return {{"one", {2}}}; }
};

TEST_F(WaitsTest, TheMessageWhoseAttemptFindsTheSiteDownHasItsLineAtOnceAndOnce) {
  const test::ExpectLog told("site down");
  start({}, one());
  down("one");
  const QueueId id = accept_of_cron();
  ASSERT_THAT(lines_about(),
              ElementsAre(AllOf(HasSubstr("id=" + id.str()), HasSubstr(" to=admin@one.example "),
                                HasSubstr(" orig_to=root@web1.example.net "), HasSubstr(" uid=0 "),
                                HasSubstr(" from=<root@web1.example.net> "), HasSubstr(" site=one "),
                                HasSubstr(" accepted=" + to_local_rfc3339(id.accepted())), HasSubstr(" delay=0s "),
                                HasSubstr(" message_id=<1@web1> "), HasSubstr(" left=1 "),
                                HasSubstr(" reply=\"4.4.1 connection refused\""), Not(HasSubstr(" host=")))));
  minutes(60);
  EXPECT_GT(hosts["one"].attempts, 3U);
  EXPECT_EQ(lines_about().size(), 1U) << "not at each probe";
}

TEST_F(WaitsTest, EachThatComesWhileTheSiteIsDownHasItsLineWithinSeconds) {
  const test::ExpectLog told("site down");
  start({}, one());
  down("one");
  std::vector<QueueId> ids;
  for (int i = 0; i < 20; ++i) ids.push_back(accept_of_cron());
  minutes(1);
  for (const QueueId& id : ids) {
    EXPECT_THAT(
        lines_about(id.str()),
        ElementsAre(AllOf(HasSubstr(" site=one message_id=<1@web1> left=1 reply=\"4.4.1 connection refused\""),
                          HasSubstr(" to=admin@one.example orig_to=root@web1.example.net "), HasSubstr(" uid=0 "))));
  }
  minutes(60);
  EXPECT_EQ(lines_about().size(), ids.size());
}

TEST_F(WaitsTest, WhatWaitedUntriedWhenTheSiteWentDownIsToldToo) {
  const test::ExpectLog told("site down");
  start({}, one());
  stuck = {"one"};
  std::vector<QueueId> ids;
  const std::string text = "Subject: hi\n\nbody\n";
  for (int i = 0; i < 10; ++i) {
    auto intake = queue->begin(envelope({"bob@one.example"}));
    ASSERT_TRUE(run(loop, intake->append(text)));
    ASSERT_TRUE(run(loop, intake->commit(text.size(), mail::BodyType::seven_bit)));
    ids.push_back(intake->id());
  }
  EXPECT_THAT(lines_about(), IsEmpty());
  down("one");
  stuck.clear();
  settle();
  minutes(1);
  for (const QueueId& id : ids) EXPECT_EQ(lines_about(id.str()).size(), 1U);
}

TEST_F(WaitsTest, ALongQueueIsToldSomeAtATime) {
  const test::ExpectLog told("site down");
  start({}, one());
  down("one");
  constexpr std::size_t kCount = 3 * Waits::kAtOnce;
  for (std::size_t i = 0; i < kCount; ++i) accept_to({"bob@one.example"});
  std::size_t before = lines_about().size();
  for (int i = 0; i < 40 && before < kCount; ++i) {
    clock.advance(Waits::kSoon);
    queue->site_recovered("no such site");
    for (std::size_t k = 0; k < Waits::kAtOnce; ++k) settle();
    const std::size_t now = lines_about().size();
    EXPECT_LE(now - before, Waits::kAtOnce + 1);
    before = now;
  }
  EXPECT_EQ(before, kCount);
}

TEST_F(WaitsTest, WhatLayInTheSpoolAtTheStartIsToldByItsOwnAttemptAlone) {
  const test::ExpectLog told("site down");
  start({}, one());
  down("one");
  for (int i = 0; i < 10; ++i) accept_to({"bob@one.example"});
  minutes(1);
  const std::size_t before = lines_about().size();
  EXPECT_EQ(before, 10U);
  close();
  start({}, one());
  EXPECT_EQ(lines_about().size(), before + 1);
  minutes(10);
  EXPECT_LE(lines_about().size(), before + hosts["one"].attempts);
}

TEST_F(WaitsTest, WhileASuspectIsTriedAloneTheQueueSleeps) {
  const test::ExpectLog told("site down");
  start({}, one());
  down("one");
  const QueueId suspect = accept_to({"a@one.example"});
  close();
  up("one");
  std::vector<char> memory(Suspects::kMemory);
  Suspects(memory).begin(suspect);
  memory.at(Suspects::kCrashedAt) = 1;
  stuck = {"one"};
  spool = *spool::Spool::open(disk, "spool");
  Config made = config();
  made.in_flight = memory;
  auto alone = std::make_unique<QueueImpl>(
      loop.get_executor(), *spool, pool, clock, std::move(made), one(),
      [this](mail::Message& message, const std::string& site) { return deliver(&message, site); });
  const QueueImpl& sleeper = *alone;
  queue = std::move(alone);
  ASSERT_TRUE(run(loop, queue->start()));
  const auto turns = [this] {
    for (int i = 0; i < 20; ++i) {
      auto nothing = [] { return 0; };
      (void)run(loop, pool.run(spool::Priority::background, std::move(nothing)));
    }
  };
  turns();
  ASSERT_EQ(queue->totals().active, 1U);
  const std::string text = "Subject: hi\n\nbody\n";
  auto intake = queue->begin(envelope({"b@one.example"}));
  ASSERT_TRUE(run(loop, intake->append(text)));
  ASSERT_TRUE(run(loop, intake->commit(text.size(), mail::BodyType::seven_bit)));
  clock.advance(2 * Waits::kSoon);
  queue->clock_changed();
  turns();
  EXPECT_GT(sleeper.sleeps_for().value_or(Milliseconds::max()), Milliseconds(0));
  stuck.clear();
  settle();
  EXPECT_THAT(got("one"), ElementsAre("a@one.example", "b@one.example"));
  close();  // before the memory goes
}

TEST_F(WaitsTest, OneThatAnotherSiteTakesDoesNotWait) {
  const test::ExpectLog told("site down");
  start({});
  down("one");
  for (int i = 0; i < 5; ++i) accept_to({"bob@one.example"});
  minutes(1);
  EXPECT_EQ(got("two").size(), 5U);
  EXPECT_THAT(lines_about(), IsEmpty());
}

TEST_F(WaitsTest, ASenderThatIsNotTakenIsSaidInTheServersWords) {
  const test::ExpectLog told("sender is not taken by the smarthost");
  start({}, one());
  DeliveryReport report;
  report.sender = mail::SiteTrouble{mail::Step::mail, Failure::denied, 553, "553 5.7.1 not owned"};
  hosts["one"].trouble = report;
  std::vector<QueueId> ids;
  for (int i = 0; i < 5; ++i) ids.push_back(accept_of_cron());
  minutes(2);
  for (const QueueId& id : ids) {
    EXPECT_THAT(lines_about(id.str()), ElementsAre(HasSubstr(" left=1 reply=\"553 5.7.1 not owned\"")));
  }
}

TEST_F(WaitsTest, TroubleOfTheSenderAfterThatOfTheSiteIsNews) {
  const test::ExpectLog sender_told("sender is not taken by the smarthost");
  const test::ExpectLog site_told("site down");
  start({}, one());
  down("one");
  accept_of_cron();
  DeliveryReport report;
  report.sender = mail::SiteTrouble{mail::Step::mail, Failure::denied, 553, "553 5.7.1 not owned"};
  hosts["one"].trouble = report;
  minutes(30);
  EXPECT_THAT(lines_about(), ElementsAre(HasSubstr("connection refused"), HasSubstr("553 5.7.1 not owned")));
}

TEST_F(WaitsTest, AnAnswerAndThenTroubleAreBothTold) {
  const test::ExpectLog told("site down");
  start({}, one());
  hosts["one"].answers["bob@one.example"] = deferred();
  down("one");
  accept_to({"bob@one.example"});
  up("one");
  minutes(15);
  down("one");
  minutes(120);
  const std::vector<std::string> lines = lines_about();
  ASSERT_GE(lines.size(), 3U);
  EXPECT_THAT(lines.front(), HasSubstr("connection refused"));
  EXPECT_THAT(lines[1], HasSubstr("451 4.3.0"));
  EXPECT_THAT(lines.back(), HasSubstr("connection refused"));
}

TEST_F(WaitsTest, OneLineNamesAllThatWaitAndSaysHowMany) {
  const test::ExpectLog told("site down");
  start({}, one());
  down("one");
  accept_to({"a@one.example", "b@one.example", "c@one.example", "d@one.example"});
  EXPECT_THAT(lines_about(),
              ElementsAre(AllOf(HasSubstr(" to=\"a@one.example,b@one.example,c@one.example and 1 more\" "),
                                HasSubstr(" left=4 "))));
}

TEST_F(WaitsTest, OfAMessageByTwoRoutesThoseAreNamedWhoseSiteIsDown) {
  const test::ExpectLog told("site down");
  start(by_recipient());
  down("one");
  const QueueId id = accept_to({"a@one.example", "b@two.example", "c@one.example"});
  minutes(1);
  EXPECT_THAT(got("two"), ElementsAre("b@two.example"));
  EXPECT_THAT(lines_about(id.str()),
              ElementsAre(AllOf(HasSubstr(" to=a@one.example,c@one.example "), HasSubstr(" site=one "))));
  const QueueId late = accept_to({"d@two.example", "e@one.example"});
  minutes(1);
  EXPECT_THAT(lines_about(late.str()), ElementsAre(HasSubstr(" to=e@one.example ")));
}

TEST_F(WaitsTest, WithoutASmarthostThatIsWhatItWaitsFor) {
  start({}, {});
  accept_to({"bob@one.example"});
  minutes(1);
  EXPECT_THAT(lines_about(),
              ElementsAre(AllOf(HasSubstr(" reply=\"4.3.0 no smarthost is configured\""), Not(HasSubstr(" site=")))));
}

TEST_F(WaitsTest, WhereTheSettingsAreWrongThatIsWhatItWaitsFor) {
  Config held = routed({});
  held.no_site = "the settings file is wrong";
  start_with(std::move(held), {});
  accept_to({"bob@one.example"});
  minutes(1);
  EXPECT_THAT(lines_about(), ElementsAre(HasSubstr(" reply=\"4.3.0 the settings file is wrong\"")));
}

TEST_F(WaitsTest, ALimitThatIsUsedUpForLongIsTold) {
  SiteOptions options;
  options.connections = 2;
  options.rate = {{RateLimit::Of::messages, RateLimit::Per::day, 1}};
  start({}, {{"one", options}});
  accept_to({"a@one.example"});
  const QueueId id = accept_to({"b@one.example"});
  minutes(1);
  EXPECT_THAT(got("one"), ElementsAre("a@one.example"));
  EXPECT_THAT(lines_about(), ElementsAre(AllOf(HasSubstr("id=" + id.str()), HasSubstr(" site=one "))));
}

TEST_F(WaitsTest, WhereNobodySaysWhoSentItThatIsWhatItWaitsFor) {
  const test::ExpectLog told("nobody says who sent a message");
  away = true;
  RouteRule of_web;
  of_web.users = {"www-data"};
  of_web.smarthosts = {"two"};
  start({of_web});
  mail::Envelope made = envelope({"bob@one.example"});
  made.source.kind = mail::Source::Kind::local;
  made.source.uid = 33;
  accept(std::move(made));
  minutes(5);
  EXPECT_THAT(lines_about(), ElementsAre(HasSubstr(" reply=\"4.3.0 nobody says who uid 33 is, and so by which route")));
}

TEST_F(WaitsTest, WhatIsNotDueWaitsForItsTimeAndForNoSite) {
  const test::ExpectLog told("site down");
  start({}, one());
  hosts["one"].answers["bob@one.example"] = deferred();
  const QueueId id = accept_to({"bob@one.example"});
  ASSERT_EQ(lines_about(id.str()).size(), 1U);
  down("one");
  accept_to({"carol@one.example"});
  pass(Seconds(10));
  EXPECT_EQ(lines_about(id.str()).size(), 1U);
}

}  // namespace
}  // namespace postern::queue
