// What the queue tells its observer.
#include "queue/intake.h"
#include "queue_fixture.h"
#include "support/expected_log.h"

#include <gmock/gmock.h>

namespace postern::queue {
namespace {

using testing::ElementsAre;

struct Observed final : Observer {
  void stored(SteadyTime::duration took) override { commits.push_back(took); }
  void attempted(const std::string& site, Milliseconds, const DeliveryReport&) override { attempts.push_back(site); }
  void verdict(const std::string& site, mail::Verdict verdict, Milliseconds) override {
    verdicts.push_back(site + ": " + std::string(mail::name(verdict)));
  }
  std::vector<SteadyTime::duration> commits;
  std::vector<std::string> attempts;
  std::vector<std::string> verdicts;
};

class ObserverTest : public QueueTest {
 protected:
  ObserverTest() { queue->configure(observed_config(), {{"first", {2}}, {"second", {2}}}); }
  ~ObserverTest() override { close(); }
  Config observed_config() {
    Config made = config();
    made.observer = &observed;
    return made;
  }
  Observed observed;
};

TEST_F(ObserverTest, AVerdictIsOfTheSiteThatTriedEvenIfTheSettingsChangeMeanwhile) {
  // The first attempt is under way while the sites change places, the next one while it goes.
  for (const bool goes : {false, true}) {
    SCOPED_TRACE(goes);
    observed = {};
    queue->configure(observed_config(), {{"first", {2}}, {"second", {2}}});
    auto intake = queue->begin(envelope({"to@example.com"}));
    ASSERT_TRUE(run(loop, intake->append("Subject: hi\n\nbody\n")));
    ASSERT_TRUE(run(loop, intake->commit(20, mail::BodyType::seven_bit)));
    const std::size_t before = host.attempts;
    while (host.attempts == before) loop.run_one();
    std::vector<SiteConfig> sites{{"second", {2}}};
    if (!goes) sites.push_back({"first", {2}});
    queue->configure(observed_config(), std::move(sites));
    settle();
    EXPECT_THAT(observed.attempts, ElementsAre("first"));
    EXPECT_THAT(observed.verdicts, ElementsAre("first: delivered"));
  }
}

TEST_F(ObserverTest, WhatAnAdministratorGivesUpIsNoSitesVerdict) {
  host.answers["to@example.com"] = deferred();
  const QueueId id = accept(envelope({"to@example.com"}));
  ASSERT_THAT(observed.verdicts, ElementsAre("first: deferred"));
  observed.verdicts.clear();
  ASSERT_TRUE(run(loop, queue->bounce(id)));
  settle();
  EXPECT_THAT(observed.verdicts, ElementsAre("first: delivered")) << "the report to the sender's alone";
}

TEST_F(ObserverTest, AnAttemptThatMetATroubleDeferredWhomItWasFor) {
  const test::ExpectLog log("site down");
  host.trouble = site_trouble();
  queue->configure(observed_config(), {{"first", {2}}});
  accept(envelope({"a@example.com", "b@example.com"}));
  EXPECT_THAT(observed.verdicts, ElementsAre("first: deferred", "first: deferred"));
  EXPECT_EQ(queue->totals().deferred, 2U);
  host.trouble.reset();
  host.answers["a@example.com"] = deferred();
  clock.advance(Seconds(20));  // a site that is down is not tried at every word of an operator
  queue->retry_all(Probe::forced);
  settle();
  EXPECT_THAT(observed.verdicts,
              ElementsAre("first: deferred", "first: deferred", "first: deferred", "first: delivered"));
  EXPECT_EQ(queue->totals().deferred, 3U);
}

/// Each look at it is 300 us later.
class TickingClock final : public Clock {
 public:
  [[nodiscard]] WallTime wall() const override { return {}; }
  [[nodiscard]] SteadyTime steady() const override { return now_ += std::chrono::microseconds(300); }

 private:
  mutable SteadyTime now_;
};

TEST_F(ObserverTest, TheTimeOfACommitIsNotRoundedToMilliseconds) {
  mail::Envelope made = envelope({"to@example.com"});
  made.id = *QueueId::parse("0123456789abcdef");
  const TickingClock ticking;
  SteadyTime::duration measured{};
  auto ended = [&](const spool::Draft&, const Result<void>&, SteadyTime::duration took) { measured = took; };
  const auto room = [](std::uint64_t) { return [] { return Result<void>(); }; };
  SpoolIntake intake(pool, ticking, std::make_shared<spool::Draft>(*spool, std::move(made)), room, ended);
  ASSERT_TRUE(run(loop, intake.append("Subject: hi\n\nbody\n")));
  ASSERT_TRUE(run(loop, intake.commit(20, mail::BodyType::seven_bit)));
  EXPECT_EQ(measured, std::chrono::microseconds(300));
}

}  // namespace
}  // namespace postern::queue
