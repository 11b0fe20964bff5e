// What becomes of one route is no matter of another: trouble, limits, delays and reloads beside messages that have
// recipients by several.
#include "routed_fixture.h"
#include "support/expected_log.h"

#include <gmock/gmock.h>

namespace postern::queue {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class RouteTroubleTest : public RoutedTest {
 protected:
  static mail::Envelope of(std::uint32_t uid, std::vector<std::string> recipients) {
    mail::Envelope made = envelope(std::move(recipients));
    made.source.kind = mail::Source::Kind::local;
    made.source.uid = uid;
    return made;
  }
  /// Three messages of user 1 close site `one`: it refuses them in words that nobody knows.
  void close_one() {
    hosts["one"].answers["bad@one.example"] = Status{mail::Verdict::deferred, 554, "5.0.0", "no", true};
    for (int i = 0; i < 3; ++i) accept(of(1, {"bad@one.example"}));
    ASSERT_TRUE(queue->sites()[0].trouble);
  }
  /// As accept(), without waiting until nothing is under way.
  void hand_in(mail::Envelope made) {
    const std::string text = "Subject: hi\n\nbody\n";
    auto intake = queue->begin(std::move(made));
    EXPECT_TRUE(run(loop, intake->append(text)));
    EXPECT_TRUE(run(loop, intake->commit(text.size(), mail::BodyType::seven_bit)));
  }
  void turn_of_the_loop(int times = 100) {
    for (int i = 0; i < times; ++i) {
      auto nothing = [] { return 0; };
      (void)run(loop, pool.run(spool::Priority::background, std::move(nothing)));
    }
  }
  static SiteConfig limited_site(const std::string& name, RateLimit limit) {
    SiteOptions options;
    options.connections = 2;
    options.rate = {limit};
    return {name, options};
  }
  [[nodiscard]] std::string texts_at(const std::string& site) {
    std::string all;
    for (const std::string& text : hosts[site].texts) all += text;
    return all;
  }
};

TEST_F(RouteTroubleTest, MailOfAnotherRouteOpensNoSiteThatRefusesEveryMessage) {
  const test::ExpectLog refused_told("refused for good");
  const test::ExpectLog down_told("site");
  start(by_recipient());
  close_one();
  const std::size_t before = hosts["one"].attempts;
  for (int i = 0; i < 10; ++i) accept(of(2, {"b@two.example"}));
  EXPECT_THAT(got("two"), SizeIs(10));
  EXPECT_EQ(hosts["one"].attempts, before);
  EXPECT_TRUE(queue->sites()[0].trouble);
  // Nor does what waits there.
  down("two");
  for (int i = 0; i < 3; ++i) accept(of(2, {"b@two.example"}));
  for (int i = 0; i < 50; ++i) pass(Seconds(1));
  EXPECT_EQ(hosts["one"].attempts, before);
  accept(of(3, {"c@one.example"}));
  EXPECT_THAT(got("one"), ElementsAre("c@one.example")) << "of whose mail that says nothing";
}

TEST_F(RouteTroubleTest, WhoHasMailOfAnotherRouteAloneSaysNothingOfASite) {
  const test::ExpectLog refused_told("refused for good");
  const test::ExpectLog down_told("site");
  start(by_recipient());
  down("two");
  for (int i = 0; i < 5; ++i) accept(of(2, {"b@two.example"}));
  close_one();
}

TEST_F(RouteTroubleTest, AMessageOfBothRoutesOpensASiteThatOthersClosedThoughItsOtherIsDown) {
  const test::ExpectLog refused_told("refused for good");
  const test::ExpectLog down_told("site");
  start(by_recipient());
  down("two");
  accept(of(2, {"b@two.example"}));
  close_one();
  accept(of(2, {"a@two.example", "b@one.example"}));
  EXPECT_THAT(got("one"), ElementsAre("b@one.example"));
}

TEST_F(RouteTroubleTest, ARouteThatIsSlowDoesNotHoldTheRecipientsOfAnother) {
  start(by_recipient());
  stuck.insert("one");
  for (int i = 0; i < 20; ++i) hand_in(envelope({"a@one.example", "b@two.example"}));
  turn_of_the_loop();
  EXPECT_THAT(got("two"), SizeIs(testing::Ge(16))) << "of all but those that are under way, or read for it";
  EXPECT_THAT(got("one"), IsEmpty());
  stuck.clear();
  settle();
  EXPECT_THAT(got("one"), SizeIs(20));
  EXPECT_THAT(got("two"), SizeIs(20));
  EXPECT_THAT(files(), IsEmpty());
}

TEST_F(RouteTroubleTest, OfTwoRoutesThatAreSlowEachHasItsConnectionsFull) {
  start(by_recipient());
  accept(envelope({"a@one.example", "b@two.example"}));  // a site that has shown nothing yet has one connection
  stuck = {"one", "two"};
  for (int i = 0; i < 20; ++i) hand_in(envelope({"a@one.example", "b@two.example"}));
  turn_of_the_loop();
  EXPECT_EQ(queue->sites()[0].active, 2U);
  EXPECT_EQ(queue->sites()[1].active, 2U);
  stuck.clear();
  settle();
  EXPECT_THAT(files(), IsEmpty());
  EXPECT_EQ(hosts["one"].attempts + hosts["two"].attempts, 42U);
}

TEST_F(RouteTroubleTest, AReloadWhileOneRouteIsTriedDoesNotPutOffTheOther) {
  for (const bool defers : {true, false}) {
    SCOPED_TRACE(defers);
    hosts.clear();
    start(by_recipient());
    if (defers) hosts["one"].answers["a@one.example"] = deferred();
    stuck = {"one"};
    hand_in(envelope({"a@one.example", "b@two.example"}));
    turn_of_the_loop();
    ASSERT_EQ(queue->sites()[0].active, 1U);
    std::vector<RouteRule> rules = by_recipient();
    rules.push_back(to({"*@three.example"}, {"two"}));
    queue->configure(routed(rules), both());
    stuck.clear();
    settle();
    EXPECT_THAT(got("two"), ElementsAre("b@two.example"));
    hosts["one"].answers.clear();
    pass(Seconds(120));
    EXPECT_THAT(got("one"), ElementsAre("a@one.example"));
    EXPECT_THAT(files(), IsEmpty());
    close();
  }
}

TEST_F(RouteTroubleTest, AfterAReloadDuringAnAttemptTheDiskHasTheTimeOfTheOthers) {
  const test::ExpectLog down_told("site down");
  start(by_recipient());
  down("two");
  hosts["one"].answers["a@one.example"] = deferred();
  stuck = {"one"};
  hand_in(envelope({"a@one.example", "b@two.example"}));
  turn_of_the_loop();
  ASSERT_EQ(queue->sites()[0].active, 1U);
  std::vector<RouteRule> rules = by_recipient();
  rules.push_back(to({"*@three.example"}, {"two"}));
  queue->configure(routed(rules), both());
  stuck.clear();
  settle();
  close();
  up("two");
  start(rules);
  EXPECT_THAT(got("two"), ElementsAre("b@two.example")) << "at once, not by the back-off of the other";
}

TEST_F(RouteTroubleTest, AReloadThatChangesNoRouteReadsNoFiles) {
  const test::ExpectLog down_told("site");
  start(by_recipient());
  down("one");
  down("two");
  for (int i = 0; i < 100; ++i) accept(envelope({"a@one.example", "b@two.example"}));
  const std::size_t before = disk.calls_of("open");
  std::vector<RouteRule> rules = by_recipient();
  for (RouteRule& rule : rules) rule.line += 7;
  reload(rules, {{"two", {2}}, {"one", {2}}});
  EXPECT_LT(disk.calls_of("open") - before, 30U) << "the probes";
}

TEST_F(RouteTroubleTest, ReleasedAllOfItsRecipientsAreDue) {
  start(by_recipient());
  hosts["one"].answers["a@one.example"] = deferred();
  hosts["two"].answers["b@two.example"] = deferred();
  const QueueId id = accept(envelope({"a@one.example", "b@two.example"}));
  ASSERT_TRUE(run(loop, queue->hold(id)));
  settle();
  hosts["one"].answers.clear();
  hosts["two"].answers.clear();
  ASSERT_TRUE(run(loop, queue->release(id)));
  settle();
  EXPECT_THAT(got("one"), ElementsAre("a@one.example"));
  EXPECT_THAT(got("two"), ElementsAre("b@two.example"));
}

TEST_F(RouteTroubleTest, ALimitCountsTheRecipientsOfItsOwnRoute) {
  const RateLimit hourly{RateLimit::Of::recipients, RateLimit::Per::hour, 20};
  start(by_recipient(), {limited_site("one", hourly), {"two", {2}}});
  for (int i = 0; i < 16; ++i) accept(envelope({"a@one.example"}));
  EXPECT_THAT(got("one"), SizeIs(16));
  std::vector<std::string> recipients{"b@one.example", "c@one.example"};
  for (int i = 0; i < 30; ++i) recipients.push_back("d" + std::to_string(i) + "@two.example");
  accept(envelope(recipients));
  EXPECT_THAT(got("one"), SizeIs(18)) << "its two are within the quarter that is kept for small ones";
  EXPECT_THAT(got("two"), SizeIs(30));
  EXPECT_THAT(files(), IsEmpty());
}

TEST_F(RouteTroubleTest, WhereBothRoutesHoldAMessageTheSenderIsWarnedOfBoth) {
  const RateLimit daily{RateLimit::Of::messages, RateLimit::Per::day, 1};
  std::vector<RouteRule> rules = by_recipient();
  rules.push_back(to({}, {"three"}));
  start(rules, {limited_site("one", daily), limited_site("two", daily), {"three", {2}}});
  accept(envelope({"x@one.example", "y@two.example"}));
  accept(envelope({"a@one.example", "b@two.example"}));
  EXPECT_THAT(files(), SizeIs(1));
  for (int i = 0; i < 6 * 20; ++i) pass(Seconds(180));
  EXPECT_THAT(texts_at("three"), HasSubstr("a@one.example"));
  EXPECT_THAT(texts_at("three"), HasSubstr("b@two.example"));
  EXPECT_THAT(hosts["three"].texts, SizeIs(2)) << "each once";
  for (int i = 0; i < 48; ++i) pass(Seconds(3600));
  EXPECT_THAT(got("one"), Contains("a@one.example"));
  EXPECT_THAT(got("two"), Contains("b@two.example"));
}

TEST_F(RouteTroubleTest, ALimitEndsThoseWhomItHoldsUpAndNoOthers) {
  const test::ExpectLog any("");
  const RateLimit daily{RateLimit::Of::recipients, RateLimit::Per::day, 8};
  std::vector<RouteRule> rules = by_recipient();
  rules.push_back(to({}, {"three"}));
  start(rules, {limited_site("one", daily), {"two", {2}}, {"three", {2}}});
  down("two");
  std::vector<std::string> recipients{"b@two.example"};
  for (int i = 0; i < 6; ++i) recipients.push_back("large" + std::to_string(i) + "@one.example");
  accept(envelope({"w@two.example"}));
  for (int i = 0; i < 3; ++i) accept(envelope({"small@one.example"}));
  accept(envelope(recipients));
  for (int i = 0; i < 5 * 20; ++i) pass(Seconds(180));
  const std::string told = texts_at("three");
  EXPECT_THAT(told, HasSubstr("too many recipients"));
  EXPECT_THAT(told, HasSubstr("large0@one.example"));
  EXPECT_EQ(told.find("b@two.example"), std::string::npos) << "a limit of another route does not hold that one up";
}

}  // namespace
}  // namespace postern::queue
