#include "queue/site.h"

#include "given.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace postern::queue {
namespace {

class SiteTest : public testing::Test {
 protected:
  Site::Change attempt(const std::optional<mail::SiteTrouble>& outcome) {
    EXPECT_TRUE(site.accepts(now));
    const Site::Permit permit = site.started(now);
    return site.finished(permit, outcome, now, kNow, kRetry, 0.5);
  }
  Site site{SiteConfig{"main", {4}}};
  SteadyTime now{Seconds(1000)};
};

TEST_F(SiteTest, TheBackOffDoublesUpToTheLimitAndEachStepHasOneProbe) {
  EXPECT_EQ(attempt(trouble()), Site::Change::down);
  for (const long wait : {5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600}) {
    EXPECT_FALSE(site.accepts(now + Seconds(wait) - Milliseconds(1)));
    now += Seconds(wait);
    ASSERT_TRUE(site.accepts(now)) << wait;
    const Site::Permit permit = site.started(now);
    EXPECT_FALSE(site.accepts(now)) << "only one probe";
    EXPECT_EQ(site.finished(permit, trouble(), now, kNow, kRetry, 0.5), Site::Change::none);
  }
  now += Seconds(3600);
  EXPECT_EQ(attempt(std::nullopt), Site::Change::up);
  EXPECT_TRUE(site.healthy());
  EXPECT_EQ(attempt(trouble()), Site::Change::down);
  EXPECT_EQ(*site.next_probe(), now + Seconds(5)) << "success forgets the steps";
}

TEST_F(SiteTest, ATroubleThatBecomesAnotherIsToldAgain) {
  EXPECT_EQ(attempt(trouble()), Site::Change::down);
  mail::SiteTrouble other = trouble();
  other.text = "530 authentication required";
  now = *site.next_probe();
  EXPECT_EQ(attempt(other), Site::Change::other_trouble);
  now = *site.next_probe();
  EXPECT_EQ(attempt(other), Site::Change::none);
}

TEST_F(SiteTest, ConnectionsThatFailTogetherAreOneTrouble) {
  const Site::Permit first = site.started(now);
  const Site::Permit second = site.started(now);
  const Site::Permit third = site.started(now);
  EXPECT_EQ(site.finished(first, trouble(), now, kNow, kRetry, 0.5), Site::Change::down);
  EXPECT_EQ(site.finished(second, trouble(), now, kNow, kRetry, 0.5), Site::Change::none);
  EXPECT_EQ(site.finished(third, std::nullopt, now, kNow, kRetry, 0.5), Site::Change::none);
  EXPECT_EQ(*site.next_probe(), now + Seconds(5));
  EXPECT_EQ(site.active(), 0U);
}

mail::SiteTrouble login_refused() {
  return mail::SiteTrouble{mail::Step::auth, Failure::denied, 535, "PLAIN: 535 5.7.8 no", true};
}

TEST_F(SiteTest, ARefusedLoginPausesLongerEachTimeWhateverTheRetrySettings) {
  for (const Retry& retry : {Retry{}, Retry{Seconds(1), Seconds(2), Seconds(10)},
                             Retry{Seconds(86400), Seconds(86400 * 2), Seconds(86400 * 9)}}) {
    for (const double jitter : {0.0, 0.5, 0.999}) {
      Site fresh{SiteConfig{"main", {4}}};
      for (const int minutes : {5, 10, 20, 40, 60, 60, 60}) {
        ASSERT_TRUE(fresh.accepts(now));
        (void)fresh.finished(fresh.started(now), login_refused(), now, kNow, retry, jitter);
        ASSERT_EQ(*fresh.next_probe(), now + std::chrono::minutes(minutes));
        now = *fresh.next_probe();
      }
    }
  }
}

TEST_F(SiteTest, TheAlarmOfARefusedLoginComesOnceUntilTheSiteIsWell) {
  EXPECT_EQ(attempt(login_refused()), Site::Change::login_refused);
  for (int i = 0; i < 5; ++i) {
    now = *site.next_probe();
    mail::SiteTrouble again = login_refused();
    again.text += " request " + std::to_string(i);  // providers put an id into their words
    EXPECT_EQ(attempt(again), Site::Change::none);
    EXPECT_EQ(site.trouble()->text, again.text);
  }
  now = *site.next_probe();
  EXPECT_EQ(attempt(trouble()), Site::Change::other_trouble);
  now = *site.next_probe();
  EXPECT_EQ(attempt(login_refused()), Site::Change::none);
  now = *site.next_probe();
  EXPECT_EQ(attempt(std::nullopt), Site::Change::up);
  EXPECT_EQ(attempt(login_refused()), Site::Change::login_refused);
}

TEST_F(SiteTest, ALoginThatIsRefusedAfterOtherTroubleIsAnAlarm) {
  EXPECT_EQ(attempt(trouble()), Site::Change::down);
  now = *site.next_probe();
  EXPECT_EQ(attempt(login_refused()), Site::Change::login_refused);
  EXPECT_EQ(*site.next_probe(), now + kLoginPause);
}

TEST_F(SiteTest, OtherTroubleInBetweenDoesNotShortenTheLoginPause) {
  (void)attempt(login_refused());
  now = *site.next_probe();
  (void)attempt(login_refused());
  now = *site.next_probe();
  (void)attempt(trouble());
  now = *site.next_probe();
  (void)attempt(login_refused());
  EXPECT_EQ(*site.next_probe(), now + std::chrono::minutes(20));
}

TEST_F(SiteTest, AForcedLoginThatIsRefusedMakesThePauseNoLonger) {
  (void)attempt(login_refused());
  for (int i = 0; i < 100; ++i) {
    now += kForcedProbeGap;
    site.force_probe(now, Probe::forced);
    (void)attempt(login_refused());
    ASSERT_EQ(*site.next_probe(), now + kLoginPause);
  }
  now = *site.next_probe();
  (void)attempt(login_refused());
  EXPECT_EQ(*site.next_probe(), now + 2 * kLoginPause);
}

TEST_F(SiteTest, ALoginRefusedForNowIsNotTriedAgainWithinAMinute) {
  mail::SiteTrouble later = login_refused();
  later.login_refused = false;
  later.code = 454;
  EXPECT_EQ(attempt(later), Site::Change::down);
  EXPECT_EQ(*site.next_probe(), now + kLoginDelay);
  site.force_probe(now, Probe::polite);
  EXPECT_EQ(*site.next_probe(), now + kLoginDelay) << "nobody but an administrator";
  site.force_probe(now, Probe::forced);
  EXPECT_EQ(*site.next_probe(), now + kForcedProbeGap);
}

TEST_F(SiteTest, AFailureFromBeforeTheRecoveryCountsNoMore) {
  const Site::Permit slow = site.started(now);
  (void)site.finished(site.started(now), login_refused(), now, kNow, kRetry, 0.5);
  now = *site.next_probe();
  const Site::Permit probe = site.started(now);
  EXPECT_EQ(site.recovered(), Site::Change::up);
  EXPECT_TRUE(site.healthy());
  EXPECT_EQ(site.finished(probe, login_refused(), now, kNow, kRetry, 0.5), Site::Change::none);
  EXPECT_EQ(site.finished(slow, login_refused(), now, kNow, kRetry, 0.5), Site::Change::none);
  EXPECT_TRUE(site.healthy());
  EXPECT_EQ(site.active(), 0U);
  EXPECT_EQ(attempt(login_refused()), Site::Change::login_refused);
}

TEST_F(SiteTest, AfterAQuietTimeOneGoesAlone) {
  const auto hour = std::chrono::hours(1);
  for (int round = 0; round < 3; ++round, now += hour) {
    ASSERT_TRUE(site.accepts(now));
    EXPECT_FALSE(site.wake(now));
    const Site::Permit first = site.started(now);
    EXPECT_FALSE(site.accepts(now));
    EXPECT_EQ(site.wake(now), now + kAlone);
    EXPECT_EQ(site.finished(first, std::nullopt, now, kNow, kRetry, 0.5), Site::Change::none);
    std::vector<Site::Permit> permits;
    for (int i = 0; i < 4; ++i) {
      EXPECT_TRUE(site.accepts(now));
      permits.push_back(site.started(now));
    }
    EXPECT_FALSE(site.accepts(now));
    EXPECT_FALSE(site.wake(now));
    for (const Site::Permit permit : permits) (void)site.finished(permit, std::nullopt, now, kNow, kRetry, 0.5);
  }
}

TEST_F(SiteTest, OneThatTakesLongIsNotWaitedForForEver) {
  (void)site.started(now);
  for (int i = 1; i < 4; ++i) {
    EXPECT_FALSE(site.accepts(now + kAlone - Milliseconds(1)));
    now = *site.wake(now);
    EXPECT_TRUE(site.accepts(now));
    (void)site.started(now);
  }
  EXPECT_FALSE(site.accepts(now + kAlone)) << "its connections are used up";
}

TEST_F(SiteTest, AForcedProbeIsQuickButNotHammering) {
  (void)attempt(trouble());
  for (int i = 0; i < 100; ++i) site.force_probe(now, Probe::polite);
  EXPECT_EQ(*site.next_probe(), now + kForcedProbeGap);
}

TEST_F(SiteTest, AForcedProbeThatFailsMakesThePauseNoLonger) {
  (void)attempt(trouble());
  for (int i = 0; i < 100; ++i) {
    now += kForcedProbeGap;
    site.force_probe(now, Probe::forced);
    (void)attempt(trouble());
    ASSERT_EQ(*site.next_probe(), now + Seconds(5));
  }
  now += Seconds(5);
  (void)attempt(trouble());
  EXPECT_EQ(*site.next_probe(), now + Seconds(10));
}

TEST_F(SiteTest, APoliteProbeLeavesARefusedLoginAlone) {
  mail::SiteTrouble refused = trouble();
  refused.login_refused = true;
  (void)attempt(refused);
  const auto pause = site.next_probe();
  site.force_probe(now, Probe::polite);
  EXPECT_EQ(site.next_probe(), pause);
  site.force_probe(now, Probe::forced);
  EXPECT_EQ(*site.next_probe(), now + kForcedProbeGap);
}

TEST_F(SiteTest, AHintAdvancesTheProbeOnlyWhereNoServerAnswered) {
  using enum mail::Step;
  for (const mail::Step step : {resolve, connect, greeting, ehlo, tls, auth, mail, rcpt, data, end_of_data, quit}) {
    Site one{SiteConfig{"main", {4}}};
    mail::SiteTrouble what = trouble();
    what.step = step;
    const Site::Permit permit = one.started(now);
    (void)one.finished(permit, what, now, kNow, kRetry, 0.5);
    for (int i = 0; i < 5; ++i) {  // far enough that the next probe is some minutes ahead
      now = *one.next_probe();
      const Site::Permit probe = one.started(now);
      (void)one.finished(probe, what, now, kNow, kRetry, 0.5);
    }
    const SteadyTime before = *one.next_probe();
    one.force_probe(now + Seconds(20), Probe::hint);
    EXPECT_EQ(*one.next_probe() < before, step == resolve || step == connect) << mail::name(step);
  }
}

TEST_F(SiteTest, HintsInARowProbeEveryTenSecondsAndMakeThePauseNoLonger) {
  EXPECT_EQ(attempt(trouble()), Site::Change::down);
  for (int i = 0; i < 6; ++i) {
    now = *site.next_probe();
    EXPECT_EQ(attempt(trouble()), Site::Change::none);
  }
  const auto pause = *site.next_probe() - now;
  ASSERT_GT(pause, Seconds(60));
  std::size_t probes = 0;
  const SteadyTime began = now;
  for (; now <= began + Seconds(60); now += Milliseconds(100)) {
    site.force_probe(now, Probe::hint);
    if (!site.accepts(now)) continue;
    EXPECT_EQ(attempt(trouble()), Site::Change::none);
    EXPECT_EQ(*site.next_probe() - now, pause);
    ++probes;
  }
  EXPECT_EQ(probes, 6U);
}

TEST_F(SiteTest, TakesNoMoreThanItsConnections) {
  (void)attempt(std::nullopt);
  for (int i = 0; i < 4; ++i) {
    EXPECT_TRUE(site.accepts(now));
    (void)site.started(now);
  }
  EXPECT_FALSE(site.accepts(now));
}

TEST_F(SiteTest, ALoginThatTheServerHungUpOnWaitsAsOneThatItRefusedForNow) {
  mail::SiteTrouble dropped = trouble();
  dropped.step = mail::Step::auth;
  dropped.login_spent = true;
  attempt(dropped);
  EXPECT_GE(*site.next_probe(), now + kLoginDelay);
  site.force_probe(now, Probe::polite);
  EXPECT_GE(*site.next_probe(), now + kLoginDelay) << "nor do others than administrators hasten it";
}

}  // namespace
}  // namespace postern::queue
