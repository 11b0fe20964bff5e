// A login that is refused: how often it is tried, what becomes of the mail, and how it ends.
#include "queue_fixture.h"

#include "queue/site.h"
#include "support/expected_log.h"

namespace postern::queue {
namespace {

constexpr std::size_t kWaiting = 1000;
constexpr auto kGrain = std::chrono::minutes(5);

class LoginPause : public QueueTest {
 protected:
  LoginPause() {
    DeliveryReport report;
    report.site = mail::SiteTrouble{mail::Step::auth, Failure::denied, 535, "PLAIN: 535 5.7.8 no", true};
    host.trouble = report;
  }

  void fill(std::size_t count) {
    std::vector<std::unique_ptr<Intake>> intakes;
    for (std::size_t i = 0; i < count; ++i) {
      auto intake = queue->begin(envelope({"bob@example.net"}));
      ASSERT_TRUE(run(loop, intake->append("Subject: hi\n\nbody\n")));
      ASSERT_TRUE(run(loop, intake->commit(19, mail::BodyType::seven_bit)));
    }
    settle();
  }

  static std::size_t alarms() {
    return static_cast<std::size_t>(std::ranges::count_if(
        test::logged(), [](const std::string& line) { return line.find("login failed") != std::string::npos; }));
  }
};

TEST_F(LoginPause, ADayOfItCostsOneLoginAStepAndNoMessage) {
  const test::ExpectLog expected("login failed");
  fill(kWaiting);
  std::vector<long> tried;  // minutes after the beginning
  std::size_t before = 0;
  for (long minute = 0; minute <= 24 * 60; minute += kGrain.count()) {
    if (minute > 0) pass(kGrain);
    if (host.attempts != before) tried.push_back(minute);
    ASSERT_LE(host.attempts, before + 1);
    before = host.attempts;
  }
  std::vector<long> wanted{0, 5, 15, 35};
  for (long minute = 75; minute <= 24 * 60; minute += 60) wanted.push_back(minute);
  EXPECT_EQ(tried, wanted);
  EXPECT_EQ(alarms(), 1U);
  EXPECT_EQ(files().size(), kWaiting);
  EXPECT_EQ(queue->totals().bounced + queue->totals().failed, 0U);
  const Entry entry = listed().front();
  ASSERT_TRUE(entry.trouble);
  EXPECT_TRUE(entry.trouble->login_refused);
  EXPECT_EQ(entry.reason, "PLAIN: 535 5.7.8 no");
}

TEST_F(LoginPause, MailThatComesMeanwhileDoesNotTryTheLogin) {
  const test::ExpectLog expected("login failed");
  for (int i = 0; i < 50; ++i) {
    fill(1);
    pass(Seconds(5));
  }
  EXPECT_EQ(host.attempts, 1U);
}

TEST_F(LoginPause, NothingExpiresHoweverLongItLasts) {
  const test::ExpectLog expected("login failed");
  fill(3);
  for (int day = 0; day < 30; ++day) pass(Seconds(24 * 3600));
  EXPECT_EQ(files().size(), 3U);
  EXPECT_EQ(queue->totals().bounced + queue->totals().failed, 0U);
  host.trouble.reset();
  queue->site_recovered("main");
  settle();
  EXPECT_EQ(host.got.size(), 3U);
}

TEST_F(LoginPause, AGoodCheckLetsTheMailFlowWithoutTimePassing) {
  const test::ExpectLog expected("login failed");
  fill(100);
  for (int i = 0; i < 5; ++i) pass(std::chrono::hours(1));
  host.trouble.reset();
  queue->site_recovered("main");
  settle();
  EXPECT_EQ(host.got.size(), 100U);
  EXPECT_TRUE(files().empty());
}

TEST_F(LoginPause, OneThatWasMetWithoutMailHoldsMailFromTheStartAsAnyOther) {
  const test::ExpectLog expected("login failed");
  queue->site_failed("no such site", *host.trouble->site);
  queue->site_failed("main", *host.trouble->site);
  EXPECT_EQ(alarms(), 1U);
  const SiteStatus before = queue->sites().front();
  ASSERT_TRUE(before.trouble);
  EXPECT_TRUE(before.trouble->login_refused);
  EXPECT_FALSE(before.tried);
  EXPECT_EQ(before.active, 0U);
  EXPECT_EQ(before.next_probe, clock.wall() + kLoginPause);
  fill(10);
  EXPECT_EQ(host.attempts, 0U) << "it waits for the end of the pause";
  pass(kLoginPause);
  EXPECT_EQ(host.attempts, 1U);
  host.trouble.reset();
  queue->site_recovered("main");
  settle();
  EXPECT_EQ(host.got.size(), 10U);
}

TEST_F(LoginPause, AReloadTriesTheLoginOnceAndAtOnce) {
  const test::ExpectLog expected("login failed");
  fill(100);
  for (std::size_t reload = 1; reload <= 3; ++reload) {
    pass(kForcedProbeGap);
    queue->configure(config(), {{"main", {4}}});
    settle();
    EXPECT_EQ(host.attempts, 1 + reload);
    EXPECT_EQ(*queue->sites()[0].next_probe, clock.wall() + kLoginPause) << "and the pause is no longer for it";
  }
  host.trouble.reset();
  pass(kForcedProbeGap);
  queue->configure(config(), {{"main", {4}}});
  settle();
  EXPECT_EQ(host.got.size(), 100U);
}

TEST_F(LoginPause, ACrowdAtTheStartTriesARefusedLoginOnce) {
  const test::ExpectLog expected("login failed");
  fill(20);
  const std::size_t before = host.attempts;
  reopen();
  EXPECT_EQ(host.attempts, before + 1);
  EXPECT_EQ(files().size(), 20U);
}

}  // namespace
}  // namespace postern::queue
