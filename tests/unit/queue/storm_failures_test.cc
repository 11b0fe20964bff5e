// What is gathered while the disk fails, or the program ends at an unlucky moment.
#include "queue/queue_impl.h"
#include "queue/storm_digest.h"
#include "stormy_queue.h"
#include "support/expected_log.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cerrno>
#include <future>

namespace postern::queue {
namespace {

using testing::HasSubstr;

using StormFailuresTest = StormKeeperTest;

TEST_F(StormFailuresTest, EachGoesOnceWhateverCallFailsAsItsDigestIsMade) {
  const test::ExpectLog any("");
  bool not_stored = false;
  bool not_let_go = false;
  for (std::size_t nth = 1; nth <= 60; ++nth) {
    host.texts.clear();
    const std::size_t first = number_;
    come_often(8);
    disk.fail_at(nth, EIO);
    later(Seconds(600));
    disk.heal();
    not_let_go = not_let_go || queue->totals().active > 0;
    later(Seconds(61));
    EXPECT_EQ(queue->totals().active, 0U) << nth;
    not_stored = not_stored || host.texts.size() == 8U;
    for (int hour = 0; hour < 3; ++hour) later(Seconds(3600));
    ASSERT_TRUE(files().empty()) << nth;
    for (std::size_t one = first; one < number_; ++one) {
      const auto has = [&](const std::string& text) { return words_in(text).contains(one); };
      ASSERT_EQ(std::ranges::count_if(host.texts, has), 1) << one << " in round " << nth;
    }
  }
  restart();
  EXPECT_TRUE(disk.names("spool/gather").empty()) << "where not even that can be removed it goes with the next start";
  EXPECT_TRUE(not_stored);
  EXPECT_TRUE(not_let_go);
}

TEST_F(StormFailuresTest, OneThatCannotBeHeldOrReroutedGoesAtOnce) {
  const test::ExpectLog any("");
  unsigned held = 0;
  unsigned failed = 0;
  for (const bool hold : {true, false}) {
    for (std::size_t nth = 1; nth <= 20; ++nth) {
      const QueueId id = come_often(4).back();
      ASSERT_EQ(state(id), State::storm) << nth;
      const std::size_t before = host.texts.size();
      disk.fail_at(nth, EIO);
      const Result<void> done = hold ? run(loop, queue->hold(id)) : run(loop, queue->reroute(id, "main"));
      // What is tried at once may meet the failing call itself, and is tried again in its time.
      settle();
      disk.heal();
      const Result<Entry> left = run(loop, queue->find(id));
      const bool on_hold = left && left->state == State::held;
      EXPECT_FALSE(left && left->state == State::storm) << nth << (done ? "" : done.error().text);
      EXPECT_TRUE(hold || !on_hold) << nth;
      pass(Seconds(1200));
      EXPECT_EQ(host.texts.size() - before, on_hold ? 0U : 1U) << nth << (done ? "" : done.error().text);
      ++(on_hold ? held : failed);
    }
  }
  EXPECT_GT(held, 0U);
  EXPECT_GT(failed, 20U) << "each that is rerouted goes, too";
}

TEST_F(StormFailuresTest, ADamagedOneIsNotInTheDigestAndSetAside) {
  const std::vector<QueueId> ids = come_often(8);
  disk.put("spool/queue/" + ids[5].str(), "damaged\n");
  const test::ExpectLog told("damaged message is not delivered");
  pass(Seconds(600));
  EXPECT_THAT(host.texts.back(), HasSubstr("[4 alike]"));
  EXPECT_EQ(disk.names("spool/corrupt"), std::vector<std::string>{ids[5].str()});
}

TEST_F(StormFailuresTest, WhatBecameOfItsOriginalsIsToldAfterACrashBetween) {
  const test::ExpectLog told("a digest was stored when the program ended");
  const std::vector<QueueId> ids = come_often(8);
  const std::vector<QueueId> originals(ids.begin() + 3, ids.end());
  close();
  const QueueId digest = QueueId::make(clock.wall() + Seconds(600), 1);
  {
    // All that a process does before it ends between storing the digest and anything else.
    const auto before = *spool::Spool::open(disk, "spool");
    const StormDigest made{digest, "web1.example.net", digest.accepted()};
    ASSERT_TRUE(store_storm(*before, originals, made));
  }
  begin();
  settle();
  EXPECT_EQ(recorded.in.size(), 5U);
  for (const QueueId& id : originals) EXPECT_EQ(recorded.in[id], digest) << id.text();
  EXPECT_EQ(recorded.digests, std::vector<std::string>{"[5 alike] Cron backup"});
  EXPECT_TRUE(test::was_logged("in a storm digest"));
  EXPECT_TRUE(files().empty());
  ASSERT_EQ(host.texts.size(), 4U);
  EXPECT_EQ(envelopes.back().id, digest);
  restart();
  EXPECT_EQ(recorded.digests.size(), 1U);
}

TEST_F(StormFailuresTest, LooksByItselfForWhatTheDiskDidNotLetGo) {
  const test::ExpectLog any("");
  const auto& own = static_cast<const QueueImpl&>(*queue);
  bool stuck = false;
  for (std::size_t nth = 1; nth <= 60 && !stuck; ++nth) {
    come_often(8);
    disk.fail_at(nth, EIO);
    later(Seconds(600));
    disk.heal();
    stuck = queue->totals().active > 0;
    if (!stuck) later(Seconds(7200));
  }
  ASSERT_TRUE(stuck);
  ASSERT_TRUE(own.sleeps_for());
  EXPECT_LE(*own.sleeps_for(), Seconds(60));
  // As the timer does.
  clock.advance(*own.sleeps_for());
  queue->clock_changed();
  settle();
  EXPECT_EQ(queue->totals().active, 0U);
}

TEST_F(StormFailuresTest, LetsTheDigestGoWhereTheDiskNeverLetsItsOriginalsGo) {
  const test::ExpectLog any("");
  bool stuck = false;
  std::size_t first = 0;
  for (std::size_t nth = 1; nth <= 60 && !stuck; ++nth) {
    host.texts.clear();
    first = number_;
    come_often(8);
    disk.crash_after(nth);
    later(Seconds(600));
    stuck = queue->totals().active > 1;
    if (stuck) break;
    disk.heal();
    for (int hour = 0; hour < 3; ++hour) later(Seconds(3600));
  }
  ASSERT_TRUE(stuck);
  const auto waiting = [&] { return queue->totals().waiting; };
  const std::size_t before = waiting();
  later(Seconds(61));
  EXPECT_EQ(waiting(), before);
  later(Seconds(61));
  EXPECT_EQ(waiting(), before + 1) << "the digest";
  later(Seconds(61));
  EXPECT_EQ(waiting(), before + 1) << "once";
  disk.heal();
  for (int hour = 0; hour < 3; ++hour) later(Seconds(3600));
  EXPECT_EQ(queue->totals().active, 0U);
  for (std::size_t one = first; one < number_; ++one) {
    const auto has = [&](const std::string& text) { return words_in(text).contains(one); };
    EXPECT_EQ(std::ranges::count_if(host.texts, has), 1) << one;
  }
}

TEST_F(StormFailuresTest, OfTwoDigestsWhoseOriginalsStayEachGoesAfterItsOwnFailures) {
  const test::ExpectLog any("");
  come_often(8);
  for (int i = 0; i < 8; ++i) come(1000, "restore");
  disk.refuse_unlinks();
  later(Seconds(600));
  const auto digests = [&] {
    return std::ranges::count_if(host.texts,
                                 [](const std::string& text) { return text.find(" alike]") != std::string::npos; });
  };
  EXPECT_EQ(digests(), 0);
  for (int round = 0; round < 4; ++round) later(Seconds(61));
  EXPECT_EQ(digests(), 2);
  disk.heal();
}

TEST_F(StormFailuresTest, WhatIsGatheredWhenTheProgramCrashesIsNotGatheredAgain) {
  const test::ExpectLog any("");
  come_often(8);
  // The digest is begun, and the program crashes in it: nothing of it is made.
  std::promise<void> go_on;
  pool.post(spool::Priority::urgent, [wait = go_on.get_future().share()] { wait.wait(); });
  clock.advance(Seconds(600));
  queue->site_recovered("no such site");
  loop.restart();
  loop.poll();
  std::vector<char> noted = memory;
  noted[Suspects::kCrashedAt] = 1;
  disk.crash_after(1);
  go_on.set_value();
  close();
  disk.heal();
  memory = noted;
  begin();
  EXPECT_TRUE(in_storm().empty());
  for (int hour = 0; hour < 3; ++hour) later(Seconds(3600));
  EXPECT_EQ(host.texts.size(), 8U);
  for (const std::string& text : host.texts) EXPECT_EQ(words_in(text).size(), 1U);
  EXPECT_TRUE(files().empty());
}

}  // namespace
}  // namespace postern::queue
