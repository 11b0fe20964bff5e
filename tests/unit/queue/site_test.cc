#include "queue/site.h"

#include <gtest/gtest.h>

#include <optional>

namespace postern::queue {
namespace {

constexpr WallTime kNow = std::chrono::sys_days(std::chrono::year(2026) / 11 / 23);
const Retry kRetry;

mail::SiteTrouble trouble() { return mail::SiteTrouble{mail::Step::connect, Failure::refused, 0, "refused", false}; }

class SiteTest : public testing::Test {
 protected:
  Site::Change attempt(const std::optional<mail::SiteTrouble>& outcome) {
    EXPECT_TRUE(site.accepts(now));
    const Site::Permit permit = site.started(now);
    return site.finished(permit, outcome, now, kNow, kRetry, 0.5);
  }
  Site site{SiteConfig{"main", 4}};
  SteadyTime now{Seconds(1000)};
};

TEST_F(SiteTest, TheBackOffDoublesUpToTheLimitAndEachStepHasOneProbe) {
  EXPECT_EQ(attempt(trouble()), Site::Change::down);
  for (const long wait : {5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600}) {
    EXPECT_FALSE(site.accepts(now + Seconds(wait) - Milliseconds(1)));
    now += Seconds(wait);
    ASSERT_TRUE(site.accepts(now)) << wait;
    const Site::Permit permit = site.started(now);
    EXPECT_EQ(permit, Site::Permit::probe);
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

TEST_F(SiteTest, ARefusedLoginPausesAtLeastFiveMinutes) {
  mail::SiteTrouble refused = trouble();
  refused.login_refused = true;
  EXPECT_EQ(attempt(refused), Site::Change::down);
  EXPECT_GE(*site.next_probe(), now + kLoginPause);
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

TEST_F(SiteTest, TakesNoMoreThanItsConnections) {
  for (int i = 0; i < 4; ++i) {
    EXPECT_TRUE(site.accepts(now));
    (void)site.started(now);
  }
  EXPECT_FALSE(site.accepts(now));
}

// decide(): every combination of three recipients' answers with every kind of report, before and after expiry.

}  // namespace
}  // namespace postern::queue
