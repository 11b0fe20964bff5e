// Storms of messages that go by routes: what waits for its digest is in no lane, and what goes then, or by itself, goes
// by the routes of that time.
#include "routed_fixture.h"
#include "stormy.h"
#include "support/expected_log.h"

#include <gmock/gmock.h>

namespace postern::queue {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class StormRoutesTest : public RoutedTest {
 protected:
  Config gathering(std::vector<RouteRule> rules) {
    Config made = routed(std::move(rules));
    made.storms = stormy_config().storms;
    made.storms_of = stormy_config().storms_of;
    return made;
  }
  void begin(std::vector<RouteRule> rules) {
    users[1000] = mail::User{false, "backup", {}};
    start_with(gathering(std::move(rules)));
  }
  void change(std::vector<RouteRule> rules) {
    queue->configure(gathering(std::move(rules)), both());
    settle();
  }
  static mail::Envelope of_the_job(const std::vector<std::string>& recipients) {
    mail::Envelope made = from_user(1000);
    made.recipients = envelope(recipients).recipients;
    return made;
  }
  /// For both; three of them go, the others wait.
  std::vector<QueueId> come(std::size_t count) {
    std::vector<QueueId> ids;
    for (std::size_t i = 0; i < count; ++i) {
      ids.push_back(accept(of_the_job({"a@one.example", "b@two.example"}), failing_job(i)));
    }
    EXPECT_EQ(queue->totals().storm, count - 3);
    return ids;
  }
  void hand_over(mail::Envelope made, const std::string& text) {
    auto intake = queue->begin(std::move(made));
    EXPECT_TRUE(run(loop, intake->append(text)));
    EXPECT_TRUE(run(loop, intake->commit(text.size(), mail::BodyType::seven_bit)));
  }
};

TEST_F(StormRoutesTest, WhatWaitsIsInNoLaneAndItsDigestGoesByItsRoutes) {
  begin(by_recipient());
  come(8);
  EXPECT_THAT(got("one"), SizeIs(3));
  EXPECT_THAT(got("two"), SizeIs(3));
  for (const RouteStatus& route : queue->routes()) EXPECT_EQ(route.waiting, 0U) << route.text;
  for (const Entry& one : listed()) {
    EXPECT_THAT(one.routes, IsEmpty());
    EXPECT_EQ(one.site, "");
  }
  pass(Seconds(600));
  EXPECT_THAT(got("one"), SizeIs(4));
  EXPECT_THAT(got("two"), SizeIs(4));
  for (const char* site : {"one", "two"}) EXPECT_THAT(hosts[site].texts.back(), HasSubstr("[5 alike]"));
  EXPECT_THAT(files(), IsEmpty());
}

TEST_F(StormRoutesTest, OneThatIsReleasedOrRetriedGoesByItsRoutes) {
  begin(by_recipient());
  const std::vector<QueueId> ids = come(8);
  ASSERT_TRUE(run(loop, queue->release(ids[4])));
  settle();
  for (const char* site : {"one", "two"}) EXPECT_EQ(hosts[site].texts.back(), failing_job(4));
  ASSERT_TRUE(queue->retry(ids[5]));
  settle();
  for (const char* site : {"one", "two"}) EXPECT_EQ(hosts[site].texts.back(), failing_job(5));
  EXPECT_EQ(queue->totals().storm, 3U);
}

TEST_F(StormRoutesTest, OneThatIsReleasedWaitsForTheRouteThatIsDownAlone) {
  begin(by_recipient());
  const std::vector<QueueId> ids = come(6);
  const test::ExpectLog down_told("site down");
  down("two");
  ASSERT_TRUE(run(loop, queue->release(ids[4])));
  settle();
  EXPECT_EQ(hosts["one"].texts.back(), failing_job(4));
  EXPECT_EQ(run(loop, queue->find(ids[4]))->state, State::waiting);
  EXPECT_THAT(run(loop, queue->find(ids[4]))->routes, ElementsAre("two"));
  up("two");
  pass(Seconds(120));
  EXPECT_EQ(hosts["two"].texts.back(), failing_job(4));
}

TEST_F(StormRoutesTest, AfterAReloadWhatWaitedGoesByTheRoutesOfThen) {
  begin(by_recipient());
  const std::vector<QueueId> ids = come(8);
  change({to({"*@one.example"}, {"two"}), to({"*@two.example"}, {"two"})});
  EXPECT_EQ(queue->totals().storm, 5U);
  ASSERT_TRUE(run(loop, queue->release(ids[4])));
  settle();
  EXPECT_EQ(hosts["two"].texts.back(), failing_job(4));
  pass(Seconds(600));
  EXPECT_THAT(hosts["two"].texts.back(), HasSubstr("[4 alike]"));
  EXPECT_THAT(got("one"), SizeIs(3));
  EXPECT_THAT(files(), IsEmpty());
}

TEST_F(StormRoutesTest, AfterARestartWhatWaitedWaitsAndGoesByItsRoutes) {
  begin(by_recipient());
  const std::vector<QueueId> ids = come(8);
  close();
  begin(by_recipient());
  EXPECT_EQ(queue->totals().storm, 5U);
  ASSERT_TRUE(run(loop, queue->release(ids[4])));
  settle();
  for (const char* site : {"one", "two"}) EXPECT_EQ(hosts[site].texts.back(), failing_job(4));
  pass(Seconds(600));
  for (const char* site : {"one", "two"}) EXPECT_THAT(hosts[site].texts.back(), HasSubstr("[4 alike]"));
}

TEST_F(StormRoutesTest, WhatWaitsForItsDigestKeepsNoLaneFromOtherMailOfItsParty) {
  begin(by_recipient());
  come(143);
  const std::size_t before = got("two").size();
  stuck.insert("one");
  for (int i = 0; i < 20; ++i) {
    hand_over(of_the_job({"a@one.example", "b@two.example"}), "Subject: " + std::string(1, char('a' + i)) + "\n\nx\n");
  }
  for (int i = 0; i < 100; ++i) {
    auto nothing = [] { return 0; };
    (void)run(loop, pool.run(spool::Priority::background, std::move(nothing)));
  }
  EXPECT_GE(got("two").size(), before + 16) << "all but those that are under way, or read for the other";
  stuck.clear();
  settle();
  EXPECT_EQ(queue->totals().storm, 140U);
}

TEST_F(StormRoutesTest, WhatWaitsForItsDigestWaitsForNoSite) {
  begin(by_recipient());
  come(8);
  // Three of another user's close it, since nobody else's wait for it.
  const test::ExpectLog refused_told("refused for good");
  const test::ExpectLog down_told("site");
  hosts["one"].answers["bad@one.example"] = Status{mail::Verdict::deferred, 554, "5.0.0", "no", true};
  mail::Envelope bad = from_user(1);
  bad.recipients = envelope({"bad@one.example"}).recipients;
  for (int i = 0; i < 3; ++i) accept(bad);
  EXPECT_TRUE(queue->sites()[0].trouble);
}

}  // namespace
}  // namespace postern::queue
