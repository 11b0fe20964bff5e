// The delivery loop: what becomes of messages.
#include "queue_fixture.h"

#include "queue/schedule.h"
#include "support/expected_log.h"

#include <cerrno>

namespace postern::queue {
namespace {

TEST_F(QueueTest, AMessageIsDeliveredAndItsFileIsGone) {
  const QueueId id = accept(envelope({"bob@example.net"}), "Subject: hi\n\nbody\n");
  EXPECT_EQ(host.got, std::vector<std::string>{"bob@example.net"});
  EXPECT_EQ(host.texts, std::vector<std::string>{"Subject: hi\n\nbody\n"});
  EXPECT_TRUE(files().empty());
  EXPECT_EQ(queue->totals().delivered, 1U);
  EXPECT_EQ(run(loop, queue->find(id)).error().failure, Failure::not_found);
}

TEST_F(QueueTest, ALargeMessageArrivesWholeInPieces) {
  std::string text = "Subject: large\n\n";
  while (text.size() < 3 * spool::kPiece) text += "a line of the large message\n";
  accept(envelope({"bob@example.net"}), text);
  ASSERT_EQ(host.texts.size(), 1U);
  EXPECT_TRUE(host.texts[0] == text);
}

TEST_F(QueueTest, ADeferredRecipientIsTriedAgainAndTheSettledOneIsNot) {
  host.answers["bob@example.net"] = deferred();
  const QueueId id = accept(envelope({"bob@example.net", "carol@example.org"}));
  EXPECT_EQ(host.got, std::vector<std::string>{"carol@example.org"});
  const auto entry = run(loop, queue->find(id));
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->state, State::waiting);
  EXPECT_EQ(entry->reason, "451 4.3.0 try again later");
  reopen();  // the verdicts are in the file
  host.answers.clear();
  pass(Seconds(600));
  EXPECT_EQ(host.got, (std::vector<std::string>{"carol@example.org", "bob@example.net"}));
  EXPECT_TRUE(files().empty());
}

TEST_F(QueueTest, TheSameDeferralIsLoggedOnce) {
  host.answers["bob@example.net"] = deferred();
  mail::Envelope unwarned = envelope({"bob@example.net"});
  unwarned.recipients[0].notify = mail::kNotifyFailure;  // a warning of the delay would be logged
  const QueueId id = accept(std::move(unwarned));
  const std::string after_first = *run(loop, queue->raw(id, 100'000));
  for (int i = 0; i < 5; ++i) pass(Seconds(7200));
  EXPECT_EQ(host.attempts, 6U);
  EXPECT_EQ(*run(loop, queue->raw(id, 100'000)), after_first);
}

TEST_F(QueueTest, ARefusedRecipientIsBouncedAndTheBounceIsDelivered) {
  host.answers["bob@example.net"] = refused();
  accept(envelope({"bob@example.net", "carol@example.org"}));
  EXPECT_EQ(host.got, (std::vector<std::string>{"carol@example.org", "alice@example.com"}));
  ASSERT_EQ(host.texts.size(), 2U);
  EXPECT_NE(host.texts[1].find("no such user"), std::string::npos);
  EXPECT_TRUE(files().empty());
  EXPECT_EQ(queue->totals().bounced, 1U);
}

TEST_F(QueueTest, WhatCanBeNeitherDeliveredNorBouncedGoesToFailed) {
  const test::ExpectLog expected("kept in failed/");
  host.answers["bob@example.net"] = refused();
  const QueueId id = accept(envelope({"bob@example.net"}, ""));
  mail::Envelope never = envelope({"bob@example.net"});
  never.recipients[0].notify = mail::kNotifyNever;
  accept(std::move(never));
  accept(envelope({"bob@example.net"}), "Auto-Submitted: auto-generated\nSubject: hi\n\nbody\n");
  EXPECT_TRUE(host.got.empty());
  EXPECT_TRUE(files().empty());
  EXPECT_EQ(disk.names("spool/failed").size(), 3U);
  const auto entry = run(loop, queue->find(id));
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->state, State::failed);
  EXPECT_EQ(entry->reason, "550 5.1.1 no such user");
  EXPECT_EQ(listed().size(), 3U);
  EXPECT_TRUE(run(loop, queue->remove(id)));
  EXPECT_EQ(queue->totals().failed, 2U);
}

TEST_F(QueueTest, ABounceThatCannotBeStoredDropsNobody) {
  const test::ExpectLog expected("bounce cannot be stored");
  host.answers["bob@example.net"] = refused();
  auto intake = queue->begin(envelope({"bob@example.net"}));
  ASSERT_TRUE(run(loop, intake->append("Subject: hi\n\nbody\n")));
  // accept: 6 calls; read: 4; the 11th call opens the bounce.
  disk.fail_at(11, ENOSPC);
  ASSERT_TRUE(run(loop, intake->commit(20, mail::BodyType::seven_bit)));
  settle();
  EXPECT_EQ(files().size(), 1U);
  disk.heal();
  pass(Seconds(7200));
  EXPECT_EQ(host.got, std::vector<std::string>{"alice@example.com"});
  EXPECT_TRUE(files().empty());
}

TEST_F(QueueTest, ExpiryNeedsAnAttemptAfterTheAgeLimit) {
  host.answers["bob@example.net"] = deferred();
  accept(envelope({"bob@example.net"}));
  close();
  clock.advance(Seconds(30 * 24 * 3600));
  open();
  settle();
  ASSERT_EQ(host.texts.size(), 3U);  // twice tried, then the report
  EXPECT_NE(host.texts[2].find("tried again and again for 5 days, and nobody took it"), std::string::npos);
  EXPECT_EQ(host.got, std::vector<std::string>{"alice@example.com"});
  EXPECT_TRUE(files().empty());
}

TEST_F(QueueTest, TroubleOfTheSiteTouchesNoFileAndCostsOneProbeAStep) {
  const test::ExpectLog expected("site down");
  host.trouble = site_trouble();
  accept(envelope({"bob@example.net"}));
  const std::size_t before = host.attempts;
  EXPECT_EQ(before, 1U);
  const std::size_t appends = disk.calls_of("set_modified") + disk.calls_of("truncate");
  std::vector<QueueId> ids;
  for (int i = 0; i < 20; ++i) ids.push_back(accept(envelope({"bob@example.net"})));
  EXPECT_EQ(host.attempts, 1U);
  const std::size_t writes = disk.calls_of("write");
  for (int i = 0; i < 3; ++i) {
    pass(Seconds(3600));
    EXPECT_EQ(host.attempts, 2U + static_cast<std::size_t>(i));
  }
  EXPECT_EQ(disk.calls_of("write"), writes);
  EXPECT_EQ(disk.calls_of("set_modified") + disk.calls_of("truncate"), appends);
  EXPECT_EQ(run(loop, queue->find(ids[3]))->reason, "connection refused");
  EXPECT_TRUE(queue->sites()[0].trouble);
  EXPECT_EQ(queue->sites()[0].waiting, 21U);
  host.trouble.reset();
  pass(Seconds(4000));
  EXPECT_EQ(host.got.size(), 21U);
  EXPECT_TRUE(files().empty());
  EXPECT_LE(host.most_active, 4U);
}

TEST_F(QueueTest, RetryProbesASiteThatIsDown) {
  const test::ExpectLog expected("site down");
  host.trouble = site_trouble();
  const QueueId id = accept(envelope({"bob@example.net"}));
  clock.advance(Seconds(2));
  host.trouble.reset();
  EXPECT_TRUE(queue->retry(id));
  settle();
  EXPECT_EQ(host.got.size(), 1U);
}

TEST_F(QueueTest, OnlyAForcedRetryTriesALoginThatWasRefused) {
  const test::ExpectLog expected("site down");
  host.trouble = site_trouble(mail::Step::auth);
  host.trouble->site->login_refused = true;
  const QueueId id = accept(envelope({"bob@example.net"}));
  clock.advance(Seconds(2));
  EXPECT_TRUE(queue->retry(id));
  (void)queue->retry_all();
  settle();
  EXPECT_EQ(host.attempts, 1U);
  EXPECT_TRUE(queue->retry(id, Probe::forced));
  settle();
  EXPECT_EQ(host.attempts, 2U);
  clock.advance(Seconds(2));
  EXPECT_EQ(queue->retry_all(Probe::forced), 1U);
  settle();
  EXPECT_EQ(host.attempts, 3U);
}

TEST_F(QueueTest, ASiteOfAnotherGenerationStartsAfresh) {
  const test::ExpectLog expected("site down");
  host.trouble = site_trouble();
  accept(envelope({"bob@example.net"}));
  queue->configure(config(), {{"main", {4}, 0}});
  settle();
  EXPECT_TRUE(queue->sites()[0].trouble);
  host.trouble.reset();
  queue->configure(config(), {{"main", {4}, 1}});
  EXPECT_FALSE(queue->sites()[0].trouble);
  settle();
  EXPECT_EQ(host.got.size(), 1U);
}

TEST_F(QueueTest, ABounceGoesWhereMailForTheSenderGoes) {
  Config expanding = config();
  expanding.expand = [](const std::string& sender) {
    EXPECT_EQ(sender, "alice@example.com");
    return std::vector<std::string>{"carol@example.org", "dave@example.org"};
  };
  queue->configure(expanding, {{"main", {4}}});
  host.answers["bob@example.net"] = refused();
  accept(envelope({"bob@example.net"}));
  EXPECT_EQ(host.got, (std::vector<std::string>{"carol@example.org", "dave@example.org"}));

  expanding.expand = [](const std::string&) { return std::vector<std::string>(); };
  queue->configure(expanding, {{"main", {4}}});
  accept(envelope({"bob@example.net"}));
  EXPECT_EQ(host.got.back(), "alice@example.com");
}

TEST_F(QueueTest, ASettledMessageThatTheDiskKeepsIsNotSentAgainAndGoesLater) {
  const test::ExpectLog expected("message is settled but its file cannot be removed");
  auto intake = queue->begin(envelope({"bob@example.net"}));
  ASSERT_TRUE(run(loop, intake->append("Subject: hi\n\nbody\n")));
  disk.crash_after(10);  // accept: 6 calls; read: 4; neither the removal nor the log succeeds
  ASSERT_TRUE(run(loop, intake->commit(20, mail::BodyType::seven_bit)));
  settle();
  disk.heal();
  EXPECT_EQ(files().size(), 1U);
  EXPECT_EQ(queue->totals().waiting, 1U);
  pass(config().retry.min);
  EXPECT_EQ(host.got, std::vector<std::string>{"bob@example.net"});
  EXPECT_TRUE(files().empty());
}

TEST_F(QueueTest, AStopDuringTheStartCancelsIt) {
  accept(envelope({"bob@example.net"}));
  close();
  make({{"main", {4}}});
  std::optional<Result<void>> started;
  boost::asio::co_spawn(loop, queue->start(),
                        [&](std::exception_ptr, Result<void> result) { started.emplace(std::move(result)); });
  run(loop, queue->stop());
  ASSERT_TRUE(started) << "stop() waits for it";
  ASSERT_FALSE(*started);
  EXPECT_EQ(started->error().failure, Failure::cancelled);
}

TEST_F(QueueTest, H58_AMessageWhoseTransactionIsCutOffIsNotFirstAgain) {
  host.trouble = site_trouble(mail::Step::end_of_data);
  accept(envelope({"poison@example.net"}));
  host.trouble.reset();
  accept(envelope({"bob@example.net"}));
  EXPECT_EQ(host.got, std::vector<std::string>{"bob@example.net"});
  pass(Seconds(90));
  EXPECT_EQ(host.got, (std::vector<std::string>{"bob@example.net", "poison@example.net"}));
}

TEST_F(QueueTest, AnUncertainDeliveryIsTriedByItsOwnSchedule) {
  const test::ExpectLog expected("delivery uncertain");
  DeliveryReport report;
  report.uncertain = true;
  report.recipients.resize(1);
  host.trouble = report;
  const QueueId id = accept(envelope({"bob@example.net"}));
  const auto entry = run(loop, queue->find(id));
  ASSERT_TRUE(entry);
  EXPECT_LE(*entry->next, clock.wall() + 2 * config().retry.min) << "by the message's own schedule";
  EXPECT_EQ(queue->totals().uncertain, 1U);
  EXPECT_NE(entry->reason.find("uncertain"), std::string::npos);
}

TEST_F(QueueTest, AnExceptionOutOfADeliveryStopsNeitherTheMessageNorTheOthers) {
  const test::ExpectLog expected("internal error in a delivery");
  host.throws = true;
  for (int i = 0; i < 6; ++i) accept(envelope({"bob@example.net"}));
  EXPECT_EQ(host.attempts, 6U);
  host.throws = false;
  pass(Seconds(7200));
  EXPECT_EQ(host.got.size(), 6U);
}

TEST_F(QueueTest, ADamagedFileGoesToCorruptAndTheOthersFlow) {
  const test::ExpectLog expected("damaged message");
  const QueueId id = *QueueId::parse("0123456789abcdef");
  disk.put("spool/queue/" + id.str(), "nonsense");
  reopen();
  accept(envelope({"bob@example.net"}));
  EXPECT_EQ(host.got.size(), 1U);
  EXPECT_EQ(disk.names("spool/corrupt"), std::vector<std::string>{id.str()});
  EXPECT_EQ(queue->totals().corrupt, 1U);
  EXPECT_EQ(run(loop, queue->find(id))->state, State::corrupt);
}

TEST_F(QueueTest, AFileOfANewerFormatIsHeldAndListed) {
  const test::ExpectLog expected("newer version");
  const QueueId id = *QueueId::parse("0123456789abcdef");
  disk.put("spool/queue/" + id.str(), "postern-spool: 3\nwhatever\n");
  reopen();
  settle();
  EXPECT_EQ(run(loop, queue->find(id))->state, State::held);
  EXPECT_EQ(files(), std::vector<std::string>{id.str()});
  EXPECT_EQ(disk.content("spool/queue/" + id.str()), "postern-spool: 3\nwhatever\n");
}

TEST_F(QueueTest, ADeliveredRecipientIsNotTriedAgainThoughItsLogCannotBeWritten) {
  const test::ExpectLog expected("delivery log cannot be written");
  host.answers["bob@example.net"] = deferred();
  auto intake = queue->begin(envelope({"bob@example.net", "carol@example.org"}));
  ASSERT_TRUE(run(loop, intake->append("Subject: hi\n\nbody\n")));
  disk.fail_at(11, ENOSPC);  // the open of the append
  ASSERT_TRUE(run(loop, intake->commit(20, mail::BodyType::seven_bit)));
  settle();
  disk.heal();
  pass(Seconds(7200));
  pass(Seconds(7200));
  EXPECT_EQ(host.got, std::vector<std::string>{"carol@example.org"});
  reopen();
  host.answers.clear();
  pass(Seconds(7200));
  EXPECT_EQ(host.got, (std::vector<std::string>{"carol@example.org", "bob@example.net"}));
}

TEST_F(QueueTest, WithoutASiteMailIsHeldAndFlowsOnceThereIsOne) {
  close();
  open({});
  const QueueId id = accept(envelope({"bob@example.net"}));
  EXPECT_EQ(host.attempts, 0U);
  EXPECT_EQ(run(loop, queue->find(id))->reason, "no smarthost is configured");
  queue->configure(config(), {{"main", {4}}});
  settle();
  EXPECT_EQ(host.got.size(), 1U);
}

TEST_F(QueueTest, H59_NeverMoreThanItsConnectionsAreUsedAtOnce) {
  const test::ExpectLog expected("site down");
  host.trouble = site_trouble();
  for (int i = 0; i < 100; ++i) accept(envelope({"bob@example.net"}));
  host.trouble.reset();
  pass(Seconds(3600));
  EXPECT_EQ(host.got.size(), 100U);
  EXPECT_EQ(host.most_active, 4U);
}

TEST_F(QueueTest, RemovedMeansGoneFromTheDiskAtOnce) {
  host.answers["bob@example.net"] = deferred();
  const QueueId id = accept(envelope({"bob@example.net"}));
  EXPECT_TRUE(run(loop, queue->remove(id)));
  for (const auto& left : disk.after_crash()) EXPECT_TRUE(left->names("spool/queue").empty());
  EXPECT_EQ(run(loop, queue->remove(id)).error().failure, Failure::not_found);
  EXPECT_EQ(queue->retry(id).error().failure, Failure::not_found);
}

TEST_F(QueueTest, WatchersHearOfTheirMessageUntilTheyLeave) {
  std::vector<Event::Kind> heard;
  auto intake = queue->begin(envelope({"bob@example.net"}));
  auto handle = queue->watch(intake->id(), [&](const Event& event) { heard.push_back(event.kind); });
  ASSERT_TRUE(run(loop, intake->append("Subject: hi\n\nbody\n")));
  ASSERT_TRUE(run(loop, intake->commit(20, mail::BodyType::seven_bit)));
  settle();
  EXPECT_EQ(heard, (std::vector<Event::Kind>{Event::Kind::attempt, Event::Kind::delivered, Event::Kind::removed}));
}

TEST_F(QueueTest, P40_AClockSetBackParksNothing) {
  host.answers["bob@example.net"] = deferred();
  accept(envelope({"bob@example.net"}));
  host.answers.clear();
  clock.jump_wall(-Seconds(10 * 365 * 24 * 3600LL));
  pass(Seconds(1));
  EXPECT_EQ(host.got.size(), 1U);
}

TEST_F(QueueTest, R05_AFullDiskRefusesAndIsNoticedWhenItIsFreeAgain) {
  const test::ExpectLog expected("the spool's disk is full");
  disk.set_space(spool::Space{1U << 20U, 1U << 20U});
  clock.advance(Seconds(6));
  EXPECT_TRUE(queue->room_for(0, 0)) << "nothing recent is known";
  settle();
  EXPECT_EQ(queue->room_for(0, 0).error().failure, Failure::no_space);
  disk.set_space(spool::Space{1ULL << 40U, 1U << 20U});
  clock.advance(Seconds(6));
  EXPECT_TRUE(queue->room_for(1U << 20U, 0)) << "an old sample refuses nobody";
  settle();
  EXPECT_TRUE(queue->room_for(1U << 20U, 0));
}

}  // namespace
}  // namespace postern::queue
