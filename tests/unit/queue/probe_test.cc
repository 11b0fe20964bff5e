// What makes a site in trouble be tried before its time: mail that comes, a network that comes, a machine that wakes.
#include "queue_fixture.h"

#include "queue/site.h"
#include "support/expected_log.h"

namespace postern::queue {
namespace {

class ProbeTest : public QueueTest {
 protected:
  /// A site that has been in this trouble for so long that its next probe is far away.
  void in_trouble(mail::Step step) {
    close();
    host = {};
    DeliveryReport report;
    report.site = mail::SiteTrouble{step, Failure::refused, 0, "away", step == mail::Step::auth};
    host.trouble = report;
    open();
    for (const Entry& entry : listed()) ASSERT_TRUE(run(loop, queue->remove(entry.id)));
    accept(envelope({"bob@example.net"}));
    for (int i = 0; i < 200; ++i) pass(Seconds(60));
    ASSERT_FALSE(queue->sites().front().tried);
    pass(Seconds(11));
    host.attempts = 0;
  }
};

TEST_F(ProbeTest, MailThatComesProbesWhereNoServerAnsweredEveryTenSeconds) {
  const test::ExpectLog expected("site");
  in_trouble(mail::Step::connect);
  for (int i = 0; i < 60; ++i) {
    accept(envelope({"bob@example.net"}));
    pass(Seconds(1));
  }
  EXPECT_GE(host.attempts, 5U);
  EXPECT_LE(host.attempts, 7U);
}

TEST_F(ProbeTest, ANetworkThatComesBringsTheMailOutAtOnce) {
  const test::ExpectLog expected("site");
  in_trouble(mail::Step::resolve);
  host.trouble.reset();
  queue->network_came();
  settle();
  EXPECT_EQ(host.got.size(), 1U);
}

TEST_F(ProbeTest, NeitherHurriesAServerThatAnswered) {
  const test::ExpectLog expected("site");
  for (const mail::Step step : {mail::Step::greeting, mail::Step::tls, mail::Step::auth}) {
    in_trouble(step);
    accept(envelope({"bob@example.net"}));
    queue->network_came();
    settle();
    EXPECT_EQ(host.attempts, 0U) << mail::name(step);
  }
}

TEST_F(ProbeTest, AMachineThatWakesTriesAtOnceWhateverTheTroubleButARefusedLogin) {
  const test::ExpectLog expected("site");
  const test::ExpectLog slept("the machine slept");
  for (const mail::Step step : {mail::Step::connect, mail::Step::greeting, mail::Step::tls, mail::Step::auth}) {
    in_trouble(step);
    clock.jump_wall(std::chrono::hours(8));
    queue->clock_changed();
    settle();
    EXPECT_EQ(host.attempts, step == mail::Step::auth ? 0U : 1U) << mail::name(step);
  }
}

TEST_F(ProbeTest, AClockThatIsSetByLittleTriesNothing) {
  const test::ExpectLog expected("site");
  in_trouble(mail::Step::connect);
  clock.jump_wall(Seconds(5));
  queue->clock_changed();
  settle();
  EXPECT_EQ(host.attempts, 0U);
}

}  // namespace
}  // namespace postern::queue
