// The queue while much that is alike comes.
#include "queue/storms.h"
#include "stormy_queue.h"
#include "support/expected_log.h"

#include <gmock/gmock.h>

namespace postern::queue {
namespace {

using testing::HasSubstr;

TEST_F(StormKeeperTest, TheFirstGoAndTheOthersGoAsOneDigest) {
  const std::vector<QueueId> ids = come_often(10);
  EXPECT_EQ(host.texts.size(), 3U);
  EXPECT_EQ(in_storm().size(), 7U);
  EXPECT_EQ(queue->totals().storm, 7U);
  EXPECT_EQ(queue->totals().waiting, 0U);
  pass(Seconds(599));
  EXPECT_EQ(host.texts.size(), 3U);
  pass(Seconds(1));
  ASSERT_EQ(host.texts.size(), 4U);
  EXPECT_THAT(host.texts.back(), HasSubstr("Subject: [7 alike] Cron backup\n"));
  for (std::size_t i = 3; i < 10; ++i) EXPECT_EQ(words_in(host.texts.back()).count(i), 1U) << i;
  EXPECT_EQ(envelopes.back().sender, "root@web1.example.net");
  EXPECT_EQ(envelopes.back().recipients[0].address, "admin@example.com");
  EXPECT_EQ(envelopes.back().source.uid, 1000U);
  EXPECT_TRUE(files().empty());
  EXPECT_TRUE(disk.names("spool/gather").empty());
  EXPECT_EQ(recorded.in.size(), 7U);
  for (std::size_t i = 3; i < 10; ++i) EXPECT_EQ(recorded.in[ids[i]], envelopes.back().id);
  EXPECT_EQ(recorded.digests, std::vector<std::string>{"[7 alike] Cron backup"});
  EXPECT_TRUE(test::was_logged("in a storm digest"));
}

TEST_F(StormKeeperTest, AllOfTheNextWindowGoAsOneWhileItGoesOn) {
  come_often(10);
  pass(Seconds(600));
  ASSERT_EQ(host.texts.size(), 4U);
  come_often(5);
  EXPECT_EQ(host.texts.size(), 4U);
  pass(Seconds(600));
  ASSERT_EQ(host.texts.size(), 5U);
  EXPECT_THAT(host.texts.back(), HasSubstr("[5 alike]"));
  pass(Seconds(600));
  come_often(1);
  EXPECT_EQ(host.texts.size(), 6U) << "nothing came for a window, and it is over";
}

TEST_F(StormKeeperTest, OneThatWaitsAloneGoesAsItself) {
  come_often(4);
  EXPECT_EQ(in_storm().size(), 1U);
  pass(Seconds(600));
  ASSERT_EQ(host.texts.size(), 4U);
  EXPECT_EQ(host.texts.back(), failing_job(3));
}

TEST_F(StormKeeperTest, ARealAlertBesideItGoesAtOnce) {
  come_often(10);
  come(1000, "smartd: disk fails");
  EXPECT_EQ(host.texts.size(), 4U);
  EXPECT_THAT(host.texts.back(), HasSubstr("smartd"));
}

TEST_F(StormKeeperTest, WhoAsksForNothingHasAllGoAsTheyCome) {
  for (const std::uint32_t uid : {1001U, 0U}) {
    for (int i = 0; i < 6; ++i) come(uid);
  }
  EXPECT_EQ(host.texts.size(), 12U);
  // Nor does anybody wait of whom the name service does not say who that is.
  const test::ExpectLog told("nobody says who sent a message");
  for (int i = 0; i < 6; ++i) come(99);
  EXPECT_EQ(host.texts.size(), 18U);
}

TEST_F(StormKeeperTest, ARestartChangesNothingOfThat) {
  come_often(10);
  restart();
  EXPECT_EQ(in_storm().size(), 7U);
  EXPECT_EQ(host.texts.size(), 3U);
  come();
  EXPECT_EQ(in_storm().size(), 8U) << "what comes after it waits with them";
  pass(Seconds(600));
  ASSERT_EQ(host.texts.size(), 4U);
  EXPECT_THAT(host.texts.back(), HasSubstr("[8 alike]"));
  EXPECT_TRUE(files().empty());
}

TEST_F(StormKeeperTest, WhatWasDueWhileItWasDownGoesAsOneAfterwards) {
  come_often(10);
  close();
  clock.advance(Seconds(7200));
  begin();
  pass(Seconds(1));
  ASSERT_EQ(host.texts.size(), 4U);
  EXPECT_THAT(host.texts.back(), HasSubstr("[7 alike]"));
}

TEST_F(StormKeeperTest, WaitsNoLongerWhereTheClockIsSetBackWhileItIsDown) {
  come_often(10);
  close();
  clock.jump_wall(-Seconds(7200));
  begin();
  EXPECT_EQ(in_storm().size(), 7U);
  pass(Seconds(600));
  ASSERT_EQ(host.texts.size(), 4U);
  EXPECT_THAT(host.texts.back(), HasSubstr("[7 alike]"));
}

TEST_F(StormKeeperTest, OneThatIsReleasedOrRetriedGoesByItself) {
  const std::vector<QueueId> ids = come_often(8);
  ASSERT_TRUE(run(loop, queue->release(ids[3])));
  settle();
  EXPECT_EQ(host.texts.size(), 4U);
  EXPECT_EQ(host.texts.back(), failing_job(3));
  ASSERT_TRUE(queue->retry(ids[4]));
  settle();
  EXPECT_EQ(host.texts.back(), failing_job(4));
  queue->retry_all();
  settle();
  EXPECT_EQ(in_storm().size(), 3U) << "all that wait for a server are no storm";
  EXPECT_FALSE(run(loop, queue->release(ids[0])));
}

TEST_F(StormKeeperTest, OneThatWasReleasedStaysSoOverARestart) {
  const std::vector<QueueId> ids = come_often(8);
  const test::ExpectLog told("site down");
  host.trouble = site_trouble();
  ASSERT_TRUE(run(loop, queue->release(ids[3])));
  settle();
  EXPECT_EQ(state(ids[3]), State::waiting);
  restart();
  EXPECT_EQ(state(ids[3]), State::waiting);
  EXPECT_EQ(in_storm().size(), 4U);
}

TEST_F(StormKeeperTest, OneThatIsDeletedHeldReroutedOrBouncedIsInNoDigest) {
  const std::vector<QueueId> ids = come_often(9);
  ASSERT_TRUE(run(loop, queue->remove(ids[3])));
  ASSERT_TRUE(run(loop, queue->hold(ids[4])));
  ASSERT_TRUE(run(loop, queue->bounce(ids[5])));
  ASSERT_TRUE(run(loop, queue->reroute(ids[6], "main")));
  settle();
  EXPECT_EQ(in_storm().size(), 2U);
  EXPECT_EQ(state(ids[4]), State::held);
  EXPECT_EQ(host.texts.size(), 5U) << "the bounce, and what was rerouted";
  pass(Seconds(600));
  EXPECT_THAT(host.texts.back(), HasSubstr("[2 alike]"));
  const auto numbers = words_in(host.texts.back());
  for (const std::size_t one : {3U, 4U, 5U, 6U}) EXPECT_EQ(numbers.count(one), 0U);
  // Released, it goes by itself, also where that is noted in its file alone.
  ASSERT_TRUE(run(loop, queue->release(ids[4])));
  settle();
  EXPECT_EQ(host.texts.back(), failing_job(4));
}

TEST_F(StormKeeperTest, AReloadKeepsWhatWaits) {
  come_often(8);
  Config made = stormy_config();
  made.storms[0].users = {"www-data"};
  made.storms_of = StormRules(made.storms, mail::LocalNames());
  queue->configure(std::move(made), {{"main", {4}}});
  settle();
  EXPECT_EQ(in_storm().size(), 5U);
  come_often(2);
  EXPECT_EQ(host.texts.size(), 5U) << "nobody asks for it any more";
  pass(Seconds(600));
  EXPECT_THAT(host.texts.back(), HasSubstr("[5 alike]"));
}

TEST_F(StormKeeperTest, WhereNothingIsGatheredAnyMoreWhatWaitsGoesAtOnce) {
  come_often(8);
  queue->configure(config(), {{"main", {4}}});
  settle();
  EXPECT_TRUE(in_storm().empty());
  ASSERT_EQ(host.texts.size(), 4U);
  EXPECT_THAT(host.texts.back(), HasSubstr("[5 alike]"));
  come_often(6);
  EXPECT_EQ(host.texts.size(), 10U);
}

TEST_F(StormKeeperTest, NorDoesThatWaitWhichIsJudgedAsTheRowsGo) {
  come_together(8);
  queue->configure(config(), {{"main", {4}}});
  settle();
  EXPECT_EQ(queue->totals().storm, 0U);
  EXPECT_TRUE(in_storm().empty());
  EXPECT_TRUE(files().empty());
}

TEST_F(StormKeeperTest, NorDoesItWaitWhereARestartFindsThatNothingIsGatheredAnyMore) {
  come_often(8);
  close();
  open();
  pass(Seconds(1));
  ASSERT_EQ(host.texts.size(), 4U);
  EXPECT_THAT(host.texts.back(), HasSubstr("[5 alike]"));
}

TEST_F(StormKeeperTest, ADigestThatIsRefusedGoesBackToTheSender) {
  come_often(8);
  host.answers["admin@example.com"] = refused();
  pass(Seconds(600));
  EXPECT_THAT(host.texts.back(), HasSubstr("Undelivered mail returned to sender"));
  EXPECT_THAT(host.texts.back(), HasSubstr("[5 alike]"));
  EXPECT_EQ(host.got.back(), "root@web1.example.net");
}

TEST_F(StormKeeperTest, WhatSomebodyFollowsGoesAsItComes) {
  come_often(8);
  auto intake = queue->begin(from_user(1000));
  const auto watching = queue->watch(intake->id(), [](const Event&) {});
  const std::string text = failing_job(99);
  ASSERT_TRUE(run(loop, intake->append(text)));
  ASSERT_TRUE(run(loop, intake->commit(text.size(), mail::BodyType::seven_bit)));
  settle();
  EXPECT_EQ(host.texts.back(), text);
}

TEST_F(StormKeeperTest, ALargeMessageIsLikeNoOther) {
  const std::string letters = "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n";
  struct Case {
    std::string head;
    std::string line;
    std::size_t size;
    std::size_t waiting;
  };
  for (const Case& one : {Case{"", "the same again and again and again and again and again and again\n", 24'000, 3},
                          Case{"", "the same again and again and again and again and again and again\n", 26'000, 0},
                          Case{"", "the same again and again and again and again and again and again\n", 300'000, 0},
                          Case{letters, "\xc3\xa4\xc3\xb6\xc3\xbc\n", 7'000, 3},
                          Case{letters, "\xc3\xa4\xc3\xb6\xc3\xbc\n", 20'000, 0}}) {
    host.texts.clear();
    std::string text = one.head + failing_job(number_, "job " + fmt::format("{}", one.size) + one.head.substr(0, 4));
    while (text.size() < one.size) text += one.line;
    for (int i = 0; i < 6; ++i) accept(from_user(1000), text);
    EXPECT_EQ(in_storm().size(), one.waiting) << one.size;
    EXPECT_EQ(host.texts.size(), 6 - one.waiting) << one.size;
    pass(Seconds(600));
    if (one.waiting == 0) continue;
    EXPECT_THAT(host.texts.back(), HasSubstr("[3 alike]"));
    EXPECT_LE(host.texts.back().size(), queue::Bounces().return_size);
  }
}

TEST_F(StormKeeperTest, WhereADigestWouldBeTooLargeEachGoesByItself) {
  std::string text = "To: a@example.com";
  for (int i = 0; text.size() < 25'400; ++i) text += fmt::format(",\n b{}@example.com", i);
  text += "\nSubject: Cron backup\n\nbody\n";
  for (int i = 0; i < 6; ++i) accept(from_user(1000), text);
  EXPECT_EQ(in_storm().size(), 3U);
  pass(Seconds(600));
  EXPECT_EQ(host.texts, std::vector<std::string>(6, text));
  EXPECT_TRUE(test::was_logged("a report would not return all of it"));
  EXPECT_TRUE(disk.names("spool/gather").empty());
  EXPECT_TRUE(files().empty());
}

TEST_F(StormKeeperTest, SoTheyDoWhereReportsReturnLessMeanwhile) {
  come_often(8);
  Config made = stormy_config();
  made.bounces.return_size = 0;
  queue->configure(std::move(made), {{"main", {4}}});
  pass(Seconds(600));
  EXPECT_EQ(host.texts.size(), 8U);
  EXPECT_EQ(host.texts.back(), failing_job(7));
  come_often(6);
  EXPECT_EQ(host.texts.size(), 14U) << "there is no room for any";
}

TEST_F(StormKeeperTest, MoreThanADigestHoldsDoesNotWaitForTheEndOfTheWindow) {
  for (std::size_t i = 0; i < kMostInDigest + 4; ++i) come();
  EXPECT_EQ(host.texts.size(), 4U);
  EXPECT_THAT(host.texts.back(), HasSubstr(fmt::format("[{} alike]", kMostInDigest)));
  EXPECT_EQ(in_storm().size(), 1U);
}

TEST_F(StormKeeperTest, TheNextBatchGoesRightBehindTheOneBefore) {
  come_often(6);
  for (int i = 0; i < 6; ++i) come(1000, "prune");
  pass(Seconds(600));
  EXPECT_EQ(host.texts.size(), 8U);
}

TEST_F(StormKeeperTest, OneThatIsAskedForBeforeItsFileIsReadGoesByItself) {
  const std::vector<QueueId> ids = come_often(8);
  close();
  spool = *spool::Spool::open(disk, "spool");
  // It was put on hold like that.
  ASSERT_TRUE(spool->move(ids[5], spool::Area::queue, spool::Area::hold));
  queue =
      Queue::make(loop.get_executor(), *spool, pool, clock, stormy_config(), {{"main", {4}}},
                  [this](mail::Message& message, const std::string&) { return deliver_to(&host, &pool, &message); });
  EXPECT_TRUE(run(loop, queue->start()));
  ASSERT_TRUE(queue->retry(ids[4]));
  settle();
  EXPECT_EQ(host.texts.size(), 4U);
  EXPECT_EQ(host.texts.back(), failing_job(4));
  EXPECT_EQ(in_storm().size(), 3U);
  // Its file says so no more when it is released.
  EXPECT_TRUE(spool->read(ids[5], spool::Area::hold)->storm);
  const test::ExpectLog told("site down");
  host.trouble = site_trouble();
  ASSERT_TRUE(run(loop, queue->release(ids[5])));
  settle();
  EXPECT_EQ(spool->read(ids[5])->storm, std::nullopt);
}

}  // namespace
}  // namespace postern::queue
