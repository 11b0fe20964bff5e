#include "queue_fixture.h"

#include "support/expected_log.h"

#include <gmock/gmock.h>

#include <future>
#include <optional>

namespace postern::queue {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class CommandsTest : public QueueTest {
 protected:
  [[nodiscard]] std::vector<std::string> held() const { return disk.names("spool/hold"); }
};

TEST_F(CommandsTest, Q06_WhatIsHeldIsNotTriedUntilItIsReleasedWhateverHappensBetween) {
  host.answers["to@example.com"] = deferred();
  host.answers["cc@example.com"] = deferred();
  const QueueId id = accept(envelope({"to@example.com"}));
  ASSERT_TRUE(run(loop, queue->hold(id)));
  EXPECT_THAT(held(), ElementsAre(id.str()));
  EXPECT_THAT(files(), IsEmpty());
  host.answers.clear();
  const std::size_t before = host.attempts;
  pass(Seconds(10 * 24 * 3600));
  queue->retry_all();
  settle();
  reopen();
  EXPECT_EQ(host.attempts, before);
  EXPECT_EQ(queue->totals().held, 1U);
  EXPECT_EQ(run(loop, queue->find(id))->state, State::held);

  ASSERT_TRUE(run(loop, queue->release(id)));
  settle();
  EXPECT_EQ(host.attempts, before + 1);
  EXPECT_THAT(files(), IsEmpty());
  EXPECT_THAT(held(), IsEmpty());
  EXPECT_EQ(queue->totals().held, 0U);
}

TEST_F(CommandsTest, HoldAndReleaseRefuseWhatIsNotInThatState) {
  host.answers["to@example.com"] = deferred();
  host.answers["cc@example.com"] = deferred();
  const QueueId id = accept(envelope({"to@example.com"}));
  const QueueId unknown = *QueueId::parse("0123456789abcdef");
  EXPECT_EQ(run(loop, queue->release(id)).error().failure, Failure::invalid);
  EXPECT_EQ(run(loop, queue->release(unknown)).error().failure, Failure::not_found);
  EXPECT_EQ(run(loop, queue->hold(unknown)).error().failure, Failure::not_found);
  EXPECT_EQ(run(loop, queue->bounce(unknown)).error().failure, Failure::not_found);
  ASSERT_TRUE(run(loop, queue->hold(id)));
  EXPECT_EQ(run(loop, queue->hold(id)).error().failure, Failure::not_found);
}

TEST_F(CommandsTest, BounceTellsTheSenderAndEndsTheMessageFromTheQueueAndFromHold) {
  for (const bool from_hold : {false, true}) {
    SCOPED_TRACE(from_hold);
    host.answers["to@example.com"] = deferred();
    host.answers["cc@example.com"] = deferred();
    const QueueId id = accept(envelope({"to@example.com", "cc@example.com"}));
    if (from_hold) {
      ASSERT_TRUE(run(loop, queue->hold(id)));
    }
    host.answers.clear();
    host.texts.clear();
    ASSERT_TRUE(run(loop, queue->bounce(id)));
    settle();
    EXPECT_THAT(files(), IsEmpty());
    EXPECT_THAT(held(), IsEmpty());
    ASSERT_EQ(host.texts.size(), 1U);
    EXPECT_THAT(host.texts.front(), HasSubstr("to@example.com"));
    EXPECT_THAT(host.texts.front(), HasSubstr("cc@example.com"));
    EXPECT_THAT(host.texts.front(), HasSubstr("returned undelivered by the administrator"));
    EXPECT_THAT(host.texts.front(), HasSubstr("Status: 5.3.0"));
  }
}

TEST_F(CommandsTest, BounceSaysWhetherTheSenderIsTold) {
  const test::ExpectLog expected("kept in failed/");
  host.answers["to@example.com"] = deferred();
  mail::Envelope quiet = envelope({"to@example.com"});
  quiet.recipients[0].notify = mail::kNotifyNever;
  const QueueId told = accept(envelope({"to@example.com"}));
  const std::vector<QueueId> untold{accept(envelope({"to@example.com"}, "")), accept(std::move(quiet)),
                                    accept(envelope({"to@example.com"}), "Auto-Submitted: auto-generated\n\nx\n")};
  EXPECT_EQ(run(loop, queue->bounce(told)).value(), Told::now);
  for (const QueueId& id : untold) {
    EXPECT_EQ(run(loop, queue->bounce(id)).value(), Told::never);
    EXPECT_EQ(run(loop, queue->find(id))->state, State::failed);
  }
}

TEST_F(CommandsTest, BounceSaysThatADigestIsToTellTheSender) {
  Config capped = config();
  capped.bounces.per_sender = 1;
  queue->configure(capped, {{"main", {4}}});
  host.answers["to@example.com"] = deferred();
  const QueueId first = accept(envelope({"to@example.com"}));
  const QueueId second = accept(envelope({"to@example.com"}));
  EXPECT_EQ(run(loop, queue->bounce(first)).value(), Told::now);
  EXPECT_EQ(run(loop, queue->bounce(second)).value(), Told::later);
  EXPECT_EQ(run(loop, queue->find(second))->state, State::waiting);
}

TEST_F(CommandsTest, AMessageThatACommandCouldNotTouchIsTriedWhenItIsDue) {
  for (const auto command : {&Queue::remove, &Queue::hold}) {
    host.answers["to@example.com"] = deferred();
    const QueueId id = accept(envelope({"to@example.com"}));
    host.answers.clear();
    // The disk is slow: the message becomes due while the command has it.
    std::promise<void> go;
    pool.post(spool::Priority::urgent, [gate = go.get_future().share()] { gate.wait(); });
    std::optional<Result<void>> done;
    boost::asio::co_spawn(loop, (queue.get()->*command)(id),
                          [&done](const std::exception_ptr&, Result<void> result) { done.emplace(std::move(result)); });
    loop.restart();
    loop.poll();
    clock.advance(Seconds(7200));
    disk.fail_at(1, EIO);
    go.set_value();
    while (!done) loop.run_one();
    EXPECT_FALSE(*done);
    disk.heal();
    settle();
    EXPECT_THAT(files(), IsEmpty()) << "it was not tried";
    EXPECT_THAT(std::exchange(host.got, {}), ElementsAre("to@example.com"));
  }
}

TEST_F(CommandsTest, AnEnvelopeThatIsTooLongIsRefusedForItselfAndSaysNothingOfTheDisk) {
  std::vector<std::string> recipients;
  for (int i = 0; i < 60'000; ++i) recipients.push_back(std::to_string(i) + std::string(100, 'x') + "@example.com");
  auto intake = queue->begin(envelope(recipients));
  ASSERT_TRUE(run(loop, intake->append("Subject: many\n\n")));
  const Result<void> stored = run(loop, intake->commit(100, mail::BodyType::seven_bit));
  ASSERT_FALSE(stored);
  EXPECT_EQ(stored.error().failure, Failure::limit);
  EXPECT_FALSE(run(loop, queue->refusing()));
  EXPECT_THAT(files(), IsEmpty());
}

TEST_F(CommandsTest, RawHasTheWholeEnvelopeHoweverLongItIs) {
  std::vector<std::string> recipients;
  for (int i = 0; i < 50'000; ++i)
    recipients.push_back("recipient-number-" + std::to_string(i) + "@a-long-domain.example.com");
  for (const std::string& one : recipients) host.answers[one] = deferred();
  const QueueId id = accept(envelope(recipients), "Subject: many\n\nthe body\n");
  const Result<std::string> raw = run(loop, queue->raw(id, 100));
  ASSERT_TRUE(raw);
  EXPECT_GT(raw->find("\n\n"), std::size_t{2} << 20U) << "the envelope of this test is too small";
  EXPECT_THAT(*raw, HasSubstr("\n\nSubject: many\n\nthe body\n"));
}

TEST_F(CommandsTest, WhatANewerVersionWroteIsNotReleasedAndTheReasonIsTrue) {
  const test::ExpectLog expected("newer version");
  const QueueId id = *QueueId::parse("0123456789abcdef");
  disk.put("spool/queue/" + id.str(), "postern-spool: 3\nwhatever\n");
  reopen();
  settle();
  ASSERT_EQ(run(loop, queue->find(id))->state, State::held);
  const Error error = run(loop, queue->release(id)).error();
  EXPECT_EQ(error.failure, Failure::newer);
  EXPECT_THAT(error.text, HasSubstr("newer version"));
}

TEST_F(CommandsTest, Q05_ACommandOnAMessageUnderWayIsRefusedAsBusy) {
  host.answers["to@example.com"] = deferred();
  const QueueId id = accept(envelope({"to@example.com"}));
  const auto refused_while_active = [&](auto command) {
    ASSERT_TRUE(queue->retry(id));
    EXPECT_EQ(queue->totals().active, 1U);
    EXPECT_EQ(run(loop, command()).error().failure, Failure::busy);
    EXPECT_EQ(queue->retry(id).error().failure, Failure::busy);
    settle();
  };
  refused_while_active([&] { return queue->hold(id); });
  refused_while_active([&] { return queue->bounce(id); });
  refused_while_active([&] { return queue->remove(id); });
  EXPECT_THAT(files(), ElementsAre(id.str()));
}

}  // namespace
}  // namespace postern::queue
