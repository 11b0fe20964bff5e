// Messages that go by the routes of the settings.
#include "routed_fixture.h"
#include "support/expected_log.h"

#include <gmock/gmock.h>

namespace postern::queue {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

class RouterTest : public RoutedTest {};

TEST_F(RouterTest, EachMessageGoesByTheRouteOfItsSender) {
  start({from({"*@one.example"}, {"one"}), from({"*@two.example"}, {"two"})});
  accept(envelope({"x@example.org"}, "a@two.example"));
  accept(envelope({"y@example.org"}, "a@one.example"));
  accept(envelope({"z@example.org"}, "a@three.example"));
  EXPECT_THAT(got("two"), ElementsAre("x@example.org"));
  EXPECT_THAT(got("one"), ElementsAre("y@example.org", "z@example.org"));
  EXPECT_THAT(files(), IsEmpty());
}

TEST_F(RouterTest, ARouteThatIsDownHoldsItsOwnMailAlone) {
  const test::ExpectLog down_told("site down");
  start(by_recipient());
  down("one");
  const QueueId waits = accept(envelope({"a@one.example"}));
  for (int i = 0; i < 20; ++i) {
    accept(envelope({"b@two.example"}));
    pass(Seconds(60));
  }
  EXPECT_THAT(got("two"), SizeIs(20));
  EXPECT_THAT(files(), ElementsAre(waits.str()));
  EXPECT_EQ(queue->sites()[0].waiting, 1U);
  EXPECT_EQ(queue->sites()[1].waiting, 0U);
  EXPECT_EQ(run(loop, queue->find(waits))->site, "one");
  up("one");
  pass(Seconds(7200));
  EXPECT_THAT(got("one"), ElementsAre("a@one.example"));
}

TEST_F(RouterTest, ARouteIsItsSitesInOrderAndNoOthers) {
  const test::ExpectLog down_told("site down");
  start({to({"*@one.example"}, {"three", "one"})}, {{"one", {2}}, {"two", {2}}, {"three", {2}}});
  accept(envelope({"a@one.example"}));
  EXPECT_THAT(got("three"), ElementsAre("a@one.example"));
  down("three");
  accept(envelope({"b@one.example"}));
  pass(Seconds(60));
  EXPECT_THAT(got("one"), ElementsAre("b@one.example"));
  down("one");
  accept(envelope({"c@one.example"}));
  pass(Seconds(4000));
  EXPECT_EQ(hosts["two"].attempts, 0U);
  EXPECT_THAT(files(), SizeIs(1));
}

TEST_F(RouterTest, TwoRecipientsOfOneMessageGoByTwoRoutes) {
  start(by_recipient());
  accept(envelope({"a@one.example", "b@two.example", "c@one.example", "d@three.example"}));
  EXPECT_THAT(got("one"), UnorderedElementsAre("a@one.example", "c@one.example", "d@three.example"));
  EXPECT_THAT(got("two"), ElementsAre("b@two.example"));
  EXPECT_THAT(files(), IsEmpty());
}

TEST_F(RouterTest, OfAMessageWithTwoRoutesTheOneThatIsDownWaitsAndTheOtherGoes) {
  const test::ExpectLog down_told("site down");
  for (const std::string bad : {"one", "two"}) {
    SCOPED_TRACE(bad);
    hosts.clear();
    start(by_recipient());
    down(bad);
    const std::string good = bad == "one" ? "two" : "one";
    accept(envelope({"a@" + bad + ".example"}));  // it is known to be down
    const QueueId id = accept(envelope({"x@one.example", "x@two.example"}));
    EXPECT_THAT(got(good), ElementsAre("x@" + good + ".example"));
    const Entry entry = *run(loop, queue->find(id));
    EXPECT_EQ(entry.site, bad);
    EXPECT_THAT(entry.reason, HasSubstr("connection refused"));
    up(bad);
    pass(Seconds(7200));
    EXPECT_THAT(got(bad), UnorderedElementsAre("a@" + bad + ".example", "x@" + bad + ".example"));
    EXPECT_THAT(got(good), SizeIs(1));
    EXPECT_THAT(files(), IsEmpty());
    close();
  }
}

// A time that is past must not be waited for: the loop would turn without end.
TEST_F(RouterTest, WhereNoMessageHasTwoRoutesAnyMoreNothingWakesForOne) {
  const test::ExpectLog down_told("site down");
  start(by_recipient());
  hosts["one"].answers["x@one.example"] = deferred();
  accept(envelope({"x@one.example", "x@two.example"}));
  EXPECT_THAT(got("two"), ElementsAre("x@two.example"));
  down("one");
  accept(envelope({"a@one.example"}));
  clock.advance(Seconds(7200));
  settle();
  EXPECT_LT(loop.run_for(std::chrono::milliseconds(100)), 50U);
  EXPECT_THAT(files(), SizeIs(2));
}

TEST_F(RouterTest, WhileBothAreDownEachIsProbedByAMessageOfBoth) {
  const test::ExpectLog down_told("site down");
  start(by_recipient());
  down("one");
  down("two");
  accept(envelope({"x@one.example", "x@two.example"}));
  for (int i = 0; i < 300; ++i) pass(Seconds(30));
  EXPECT_GT(hosts["one"].attempts, 4U);
  EXPECT_GT(hosts["two"].attempts, 4U);
  up("two");
  pass(Seconds(4000));
  EXPECT_THAT(got("two"), ElementsAre("x@two.example"));
  EXPECT_THAT(got("one"), IsEmpty());
  up("one");
  pass(Seconds(4000));
  EXPECT_THAT(got("one"), ElementsAre("x@one.example"));
  EXPECT_THAT(files(), IsEmpty());
}

TEST_F(RouterTest, ABacklogOfMessagesOfBothRoutesGoesByTheOneThatIsUpAtOnce) {
  const test::ExpectLog down_told("site down");
  start(by_recipient());
  down("one");
  down("two");
  for (int i = 0; i < 50; ++i) accept(envelope({"x@one.example", "x@two.example"}));
  up("two");
  pass(Seconds(4000));
  EXPECT_THAT(got("two"), SizeIs(50));
  EXPECT_THAT(got("one"), IsEmpty());
  EXPECT_EQ(queue->sites()[0].waiting, 50U);
  up("one");
  pass(Seconds(4000));
  EXPECT_THAT(got("one"), SizeIs(50));
  EXPECT_THAT(files(), IsEmpty());
}

TEST_F(RouterTest, AMessageIsDoneWhenAllItsRecipientsAre) {
  start(by_recipient());
  hosts["one"].answers["a@one.example"] = deferred();
  hosts["two"].answers["b@two.example"] = deferred();
  accept(envelope({"a@one.example", "b@two.example"}));
  EXPECT_THAT(files(), SizeIs(1));
  EXPECT_EQ(hosts["one"].attempts, 1U);
  EXPECT_EQ(hosts["two"].attempts, 1U) << "that one is put off says nothing of the other";
  hosts["two"].answers.clear();
  pass(Seconds(120));
  EXPECT_THAT(got("two"), ElementsAre("b@two.example"));
  EXPECT_THAT(files(), SizeIs(1));
  hosts["one"].answers.clear();
  pass(Seconds(7200));
  EXPECT_THAT(got("one"), ElementsAre("a@one.example"));
  EXPECT_THAT(got("two"), SizeIs(1));
  EXPECT_THAT(files(), IsEmpty());
}

TEST_F(RouterTest, ExpiryIsOfTheRecipientsThatWereTried) {
  const test::ExpectLog told("");
  start(by_recipient());
  down("two");
  hosts["one"].answers["a@one.example"] = deferred();
  accept(envelope({"a@one.example", "b@two.example"}, "alice@one.example"));
  for (int hour = 0; hour < 6 * 24; ++hour) pass(Seconds(3600));
  EXPECT_FALSE(files().empty()) << "a site that is down says nothing of its mail";
  EXPECT_THAT(got("one"), testing::Contains("alice@one.example")) << "a report";
  up("two");
  pass(Seconds(7200));
  EXPECT_THAT(got("two"), ElementsAre("b@two.example"));
  EXPECT_THAT(files(), IsEmpty());
}

TEST_F(RouterTest, ARestartFindsTheRoutesAnew) {
  const test::ExpectLog down_told("site down");
  start(by_recipient());
  down("one");
  down("two");
  accept(envelope({"x@one.example", "x@two.example"}));
  accept(envelope({"y@two.example"}));
  close();
  up("two");
  start(by_recipient());
  pass(Seconds(4000));
  EXPECT_THAT(got("two"), UnorderedElementsAre("x@two.example", "y@two.example"));
  up("one");
  pass(Seconds(4000));
  EXPECT_THAT(got("one"), ElementsAre("x@one.example"));
  EXPECT_THAT(files(), IsEmpty());
}

TEST_F(RouterTest, AReloadGivesWhatWaitsOtherRoutes) {
  const test::ExpectLog down_told("site down");
  start(by_recipient());
  down("one");
  for (int i = 0; i < 20; ++i) accept(envelope({"a@one.example", "b@two.example"}));
  EXPECT_THAT(got("two"), SizeIs(20));
  reload({to({"*@one.example"}, {"two"})});
  pass(Seconds(60));
  EXPECT_THAT(files(), IsEmpty());
  EXPECT_THAT(got("two"), SizeIs(40));
  EXPECT_THAT(got("one"), IsEmpty());
}

TEST_F(RouterTest, AReloadWithoutRoutesGivesAllToAll) {
  const test::ExpectLog down_told("site down");
  start(by_recipient());
  down("one");
  accept(envelope({"a@one.example"}));
  reload({});
  pass(Seconds(60));
  EXPECT_THAT(got("two"), ElementsAre("a@one.example"));
  EXPECT_THAT(files(), IsEmpty());
}

TEST_F(RouterTest, WhatIsUnderWayAtAReloadGoesByTheNewRoutesTheNextTime) {
  start(by_recipient());
  hosts["one"].answers["a@one.example"] = deferred();
  auto intake = queue->begin(envelope({"a@one.example"}));
  ASSERT_TRUE(run(loop, intake->append("Subject: hi\n\nbody\n")));
  ASSERT_TRUE(run(loop, intake->commit(18, mail::BodyType::seven_bit)));
  ASSERT_EQ(queue->totals().active, 1U);
  queue->configure(routed({to({"*@one.example"}, {"two"})}), both());
  settle();
  pass(Seconds(120));
  EXPECT_THAT(got("two"), ElementsAre("a@one.example"));
}

TEST_F(RouterTest, AnOperatorsRerouteGoesBeforeAndEndsWithOne) {
  const test::ExpectLog down_told("site down");
  start(by_recipient());
  down("one");
  const QueueId id = accept(envelope({"a@one.example", "b@one.example"}));
  ASSERT_TRUE(run(loop, queue->reroute(id, "two")));
  settle();
  EXPECT_THAT(got("two"), ElementsAre("a@one.example", "b@one.example"));
  const QueueId other = accept(envelope({"c@one.example"}));
  down("two");
  ASSERT_TRUE(run(loop, queue->reroute(other, "two")));
  settle();
  up("one");
  ASSERT_TRUE(run(loop, queue->reroute(other, "")));
  settle();
  pass(Seconds(4000));
  EXPECT_THAT(got("one"), ElementsAre("c@one.example"));
  EXPECT_THAT(files(), IsEmpty());
}

TEST_F(RouterTest, ARerouteToASmarthostThatIsGoneIsNone) {
  const test::ExpectLog down_told("site down");
  start(by_recipient(), {{"one", {2}}, {"two", {2}}, {"three", {2}}});
  down("three");
  down("one");
  const QueueId id = accept(envelope({"a@one.example"}));
  ASSERT_TRUE(run(loop, queue->reroute(id, "three")));
  settle();
  const test::ExpectLog told("not configured; they go by their routes");
  reload(by_recipient());
  pass(Seconds(4000));
  EXPECT_THAT(got("two"), IsEmpty());
  up("one");
  pass(Seconds(4000));
  EXPECT_THAT(got("one"), ElementsAre("a@one.example"));
}

TEST_F(RouterTest, ARowMayBeForUsersAndTheirGroups) {
  users[33] = {false, "www-data", {"www-data"}};
  users[1000] = {false, "anna", {"users", "staff"}};
  RouteRule web;
  web.users = {"www-data"};
  web.smarthosts = {"two"};
  RouteRule staff;
  staff.groups = {"staff"};
  staff.smarthosts = {"one"};
  start({web, staff, to({}, {"three"})}, {{"one", {2}}, {"two", {2}}, {"three", {2}}});
  for (const std::uint32_t uid : {33U, 1000U, 5000U}) {
    mail::Envelope made = envelope({std::to_string(uid) + "@example.org"});
    made.source.kind = mail::Source::Kind::local;
    made.source.uid = uid;
    accept(std::move(made));
  }
  EXPECT_THAT(got("two"), ElementsAre("33@example.org"));
  EXPECT_THAT(got("one"), ElementsAre("1000@example.org"));
  EXPECT_THAT(got("three"), ElementsAre("5000@example.org"));
}

TEST_F(RouterTest, RetryMakesAllRecipientsDue) {
  start(by_recipient());
  hosts["one"].answers["a@one.example"] = deferred();
  hosts["two"].answers["b@two.example"] = deferred();
  const QueueId id = accept(envelope({"a@one.example", "b@two.example"}));
  hosts["one"].answers.clear();
  hosts["two"].answers.clear();
  ASSERT_TRUE(queue->retry(id));
  settle();
  EXPECT_THAT(got("one"), ElementsAre("a@one.example"));
  EXPECT_THAT(got("two"), ElementsAre("b@two.example"));
  EXPECT_THAT(files(), IsEmpty());
}

TEST_F(RouterTest, ASenderThatOneRouteDoesNotTakeGoesByTheOther) {
  const test::ExpectLog told("sender is not taken");
  start(by_recipient());
  DeliveryReport report;
  report.sender = mail::SiteTrouble{mail::Step::mail, Failure::denied, 553, "553 5.7.1 not owned"};
  hosts["one"].trouble = report;
  for (int i = 0; i < 5; ++i) {
    accept(envelope({"a@one.example", "b@two.example"}));
    pass(Seconds(60));
  }
  EXPECT_THAT(got("two"), SizeIs(5));
  EXPECT_LT(hosts["one"].attempts, 20U);
  hosts["one"].trouble.reset();
  for (int i = 0; i < 20; ++i) pass(Seconds(3600));
  EXPECT_THAT(got("one"), SizeIs(5));
  EXPECT_THAT(got("two"), SizeIs(5));
  EXPECT_THAT(files(), IsEmpty());
}

TEST_F(RouterTest, ReloadsWithOtherRoutesEachTimeLoseNothing) {
  const test::ExpectLog down_told("site down");
  start(by_recipient());
  down("one");
  down("two");
  for (int i = 0; i < 3000; ++i) {
    if (i % 1000 == 0) accept(envelope({"a@one.example", "b@two.example"}));
    queue->configure(
        routed({to({"*@one.example", std::to_string(i) + "@x.example"},
                   i % 2 == 0 ? std::vector<std::string>{"one"} : std::vector<std::string>{"one", "two"})}),
        both());
  }
  settle();
  up("one");
  up("two");
  pass(Seconds(7200));
  EXPECT_EQ(got("one").size() + got("two").size(), 6U);
  EXPECT_THAT(files(), IsEmpty());
}

TEST_F(RouterTest, ListingsAndCountsAreByRoute) {
  const test::ExpectLog down_told("site down");
  start({to({"*@one.example"}, {"one"}), to({"*@two.example"}, {"two", "one"})});
  down("one");
  down("two");
  const QueueId first = accept(envelope({"a@one.example"}));
  const QueueId second = accept(envelope({"b@two.example"}));
  const QueueId both_ways = accept(envelope({"a@one.example", "b@two.example"}));
  const QueueId any = accept(envelope({"c@three.example"}));
  pass(Seconds(60));
  const auto ids_of = [&](const std::string& route) {
    Selection selection;
    selection.route = route;
    std::vector<std::string> ids;
    for (const Entry& entry : listed(selection)) ids.push_back(entry.id.str());
    return ids;
  };
  EXPECT_THAT(ids_of("one"), ElementsAre(first.str(), both_ways.str()));
  EXPECT_THAT(ids_of("two,one"), ElementsAre(second.str(), both_ways.str()));
  EXPECT_THAT(ids_of("two, one"), ElementsAre(second.str(), both_ways.str()));
  EXPECT_THAT(ids_of("all smarthosts"), ElementsAre(any.str()));
  EXPECT_THAT(ids_of("two"), IsEmpty());
  std::vector<std::pair<std::string, std::size_t>> counts;
  for (const RouteStatus& one : queue->routes()) counts.emplace_back(one.text, one.waiting);
  EXPECT_THAT(counts, ElementsAre(std::pair("one", 2), std::pair("two, one", 2), std::pair("all smarthosts", 1)));
  reload({});
  EXPECT_THAT(queue->routes(), IsEmpty());
  EXPECT_THAT(run(loop, queue->find(first))->routes, IsEmpty());
}

TEST_F(RouterTest, WhatIsKeptStandsAtEachSmarthostOfItsWayAndIsOneWay) {
  const test::ExpectLog down_told("site down");
  start({to({"*@one.example"}, {"one"}), to({"*@two.example"}, {"two", "one"})});
  down("one");
  down("two");
  accept(envelope({"a@one.example"}));
  accept(envelope({"b@two.example"}));
  accept(envelope({"c@two.example"}));
  pass(Seconds(60));
  const std::vector<SiteStatus> sites = queue->sites();
  const auto of = [&](const SiteStatus& site) {
    std::map<std::size_t, std::size_t> ways;
    for (const Kept& kept : site.kept) ways[kept.messages] = kept.way;
    return ways;
  };
  const auto one = of(sites[0]);
  const auto two = of(sites[1]);
  ASSERT_EQ(one.size(), 2U);
  ASSERT_EQ(two.size(), 1U);
  EXPECT_TRUE(one.contains(1));
  EXPECT_EQ(one.at(2), two.at(2));
  up("two");
  pass(Seconds(7200));
  for (const SiteStatus& site : queue->sites()) {
    EXPECT_EQ(site.kept.size(), site.name == "one" ? 1U : 0U) << site.name << ": the other takes what may go there";
  }
}

TEST_F(RouterTest, ItSaysByWhichRowAMessageWouldGo) {
  std::vector<RouteRule> rules = by_recipient();
  rules[1].line = 17;
  start(rules);
  const auto choice = run(loop, queue->route_for(envelope({}), "b@two.example"));
  ASSERT_TRUE(choice && *choice);
  EXPECT_EQ((*choice)->row, 1U);
  EXPECT_EQ((*choice)->line, 17U);
  EXPECT_THAT((*choice)->route.sites, ElementsAre("two"));
  EXPECT_EQ((*run(loop, queue->route_for(envelope({}), "")))->row, std::nullopt);
  reload({});
  EXPECT_FALSE(*run(loop, queue->route_for(envelope({}), "b@two.example")));
}

}  // namespace
}  // namespace postern::queue
