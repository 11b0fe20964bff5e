// Messages that go by a smarthost of the administrator's choice.
#include "queue/site.h"
#include "queue_fixture.h"
#include "support/expected_log.h"

#include <gmock/gmock.h>

namespace postern::queue {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class RerouteTest : public QueueTest {
 protected:
  RerouteTest() {
    close();
    open_with({{"first", {2}}, {"second", {2}}});
  }
  ~RerouteTest() override { close(); }

  void open_with(std::vector<SiteConfig> sites) {
    spool = *spool::Spool::open(disk, "spool");
    queue = Queue::make(
        loop.get_executor(), *spool, pool, clock, config(), std::move(sites),
        [this](mail::Message& message, const std::string& site) { return deliver_to(&hosts[site], &pool, &message); });
    EXPECT_TRUE(run(loop, queue->start()));
    settle();
  }
  void down(const std::string& site) { hosts[site].trouble = site_trouble(); }
  void up(const std::string& site) { hosts[site].trouble.reset(); }
  QueueId add(const std::string& to) { return accept(envelope({to})); }
  Result<void> reroute(const QueueId& id, const std::string& site) {
    Result<void> done = run(loop, queue->reroute(id, site));
    pass(2 * kForcedProbeGap);
    return done;
  }

  std::map<std::string, Smarthost> hosts;
};

TEST_F(RerouteTest, GoesByTheChosenOneWhetherTheFirstIsDownOrWell) {
  const test::ExpectLog down_told("site down");
  for (const bool first_well : {false, true}) {
    SCOPED_TRACE(first_well);
    hosts.clear();
    down("first");
    down("second");
    const QueueId id = add("bob@example.net");
    if (first_well) {
      // Both answer that they cannot take it now; then only the second is asked.
      up("first");
      up("second");
      hosts["first"].answers["bob@example.net"] = deferred();
      pass(Seconds(7200));
    }
    up("second");
    hosts["first"].got.clear();
    ASSERT_TRUE(reroute(id, "second"));
    EXPECT_THAT(hosts["second"].got, ElementsAre("bob@example.net"));
    EXPECT_THAT(hosts["first"].got, IsEmpty());
    EXPECT_THAT(files(), IsEmpty());
    up("first");
    pass(Seconds(7200));
  }
}

TEST_F(RerouteTest, WaitsForItsSiteWhileOthersAreWellAndKeepsNobodyFromThem) {
  const test::ExpectLog down_told("site down");
  hosts["first"].answers["bob@example.net"] = deferred();
  down("second");
  const QueueId id = add("bob@example.net");
  ASSERT_TRUE(reroute(id, "second"));
  hosts["first"].answers.clear();
  for (int i = 0; i < 50; ++i) {
    add("other@example.net");
    pass(Seconds(600));
  }
  EXPECT_EQ(hosts["first"].got.size(), 50U);
  EXPECT_THAT(hosts["first"].got, testing::Each("other@example.net"));
  EXPECT_THAT(files(), ElementsAre(id.str()));
  const Entry entry = *run(loop, queue->find(id));
  EXPECT_EQ(entry.rerouted_to, "second");
  EXPECT_EQ(entry.site, "second");
  EXPECT_THAT(entry.reason, HasSubstr("connection refused"));
  EXPECT_EQ(queue->sites()[0].waiting, 0U);
  EXPECT_EQ(queue->sites()[1].waiting, 1U);
  up("second");
  pass(Seconds(7200));
  EXPECT_THAT(hosts["second"].got, ElementsAre("bob@example.net"));
}

TEST_F(RerouteTest, ABacklogForASiteThatIsDownDoesNotHoldUpWhatIsRerouted) {
  const test::ExpectLog down_told("site down");
  down("first");
  down("second");
  std::vector<QueueId> ids;
  for (int i = 0; i < 100; ++i) ids.push_back(add(std::to_string(i) + "@example.net"));
  up("second");
  for (const QueueId& id : ids) EXPECT_TRUE(run(loop, queue->reroute(id, "first")));
  settle();
  EXPECT_THAT(hosts["second"].got, IsEmpty());
  ASSERT_TRUE(reroute(ids[77], "second"));
  EXPECT_THAT(hosts["second"].got, ElementsAre("77@example.net"));
  add("new@example.net");
  EXPECT_THAT(hosts["second"].got, ElementsAre("77@example.net", "new@example.net"));
  ASSERT_TRUE(reroute(ids[5], ""));
  EXPECT_EQ(hosts["second"].got.back(), "5@example.net");
  up("first");
  queue->retry_all(Probe::forced);
  settle();
  pass(Seconds(7200));
  EXPECT_EQ(hosts["first"].got.size(), 98U);
  EXPECT_THAT(files(), IsEmpty());
}

TEST_F(RerouteTest, IsKnownAfterARestart) {
  const test::ExpectLog down_told("site down");
  hosts["first"].answers["bob@example.net"] = deferred();
  down("second");
  const QueueId id = add("bob@example.net");
  ASSERT_TRUE(reroute(id, "second"));
  hosts["first"].answers.clear();
  close();
  open_with({{"first", {2}}, {"second", {2}}});
  pass(Seconds(7200));
  EXPECT_THAT(hosts["first"].got, IsEmpty());
  EXPECT_EQ(run(loop, queue->find(id))->rerouted_to, "second");
  up("second");
  pass(Seconds(7200));
  EXPECT_THAT(hosts["second"].got, ElementsAre("bob@example.net"));
  EXPECT_THAT(files(), IsEmpty());
}

TEST_F(RerouteTest, ASiteThatIsTakenOutOfTheSettingsIsAsNoneAndThatIsTold) {
  const test::ExpectLog down_told("site down");
  hosts["first"].answers["bob@example.net"] = deferred();
  down("second");
  const QueueId id = add("bob@example.net");
  ASSERT_TRUE(reroute(id, "second"));
  hosts["first"].answers.clear();
  for (const bool restart : {false, true}) {
    SCOPED_TRACE(restart);
    const test::ExpectLog told("not configured");
    if (restart) {
      hosts["first"].answers["carol@example.net"] = deferred();
      const QueueId other = add("carol@example.net");
      ASSERT_TRUE(reroute(other, "third"));
      close();
      open_with({{"first", {2}}});
      hosts["first"].answers.clear();
    } else {
      queue->configure(config(), {{"first", {2}}});
    }
    settle();
    pass(Seconds(7200));
    EXPECT_EQ(hosts["first"].got.back(), restart ? "carol@example.net" : "bob@example.net");
    EXPECT_THAT(files(), IsEmpty());
  }
}

TEST_F(RerouteTest, AHeldOneStaysHeldAndGoesByItsSiteWhenItIsReleased) {
  hosts["first"].answers["bob@example.net"] = deferred();
  const QueueId id = add("bob@example.net");
  ASSERT_TRUE(run(loop, queue->hold(id)));
  hosts["first"].answers.clear();
  ASSERT_TRUE(reroute(id, "second"));
  EXPECT_EQ(run(loop, queue->find(id))->state, State::held);
  EXPECT_EQ(run(loop, queue->find(id))->rerouted_to, "second");
  EXPECT_THAT(hosts["second"].got, IsEmpty());
  ASSERT_TRUE(run(loop, queue->release(id)));
  settle();
  EXPECT_THAT(hosts["second"].got, ElementsAre("bob@example.net"));
  EXPECT_THAT(hosts["first"].got, IsEmpty());
}

TEST_F(RerouteTest, WhatIsNotThereUnderWayOrNotWrittenIsRefusedAndLeft) {
  hosts["first"].answers["bob@example.net"] = deferred();
  const QueueId id = add("bob@example.net");
  EXPECT_EQ(reroute(*QueueId::parse("0123456789abcdef"), "second").error().failure, Failure::not_found);
  ASSERT_TRUE(queue->retry(id));
  EXPECT_EQ(run(loop, queue->reroute(id, "second")).error().failure, Failure::busy);
  settle();
  disk.fail_at(1, EIO);
  const Result<void> failed = reroute(id, "second");
  disk.heal();
  EXPECT_FALSE(failed);
  EXPECT_EQ(run(loop, queue->find(id))->rerouted_to, "");
  EXPECT_EQ(run(loop, queue->find(id))->state, State::waiting);
  hosts["first"].answers.clear();
  pass(Seconds(7200));
  EXPECT_THAT(hosts["first"].got, ElementsAre("bob@example.net"));
}

}  // namespace
}  // namespace postern::queue
