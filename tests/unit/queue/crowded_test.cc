// Too many connections at a time: a site gets as many as work, and it is no trouble.
#include "queue/site.h"

#include "given.h"

#include <gtest/gtest.h>

#include <vector>

namespace postern::queue {
namespace {

mail::SiteTrouble crowded() {
  mail::SiteTrouble trouble{mail::Step::greeting, Failure::refused, 421, "421 too many connections"};
  trouble.crowded = true;
  return trouble;
}

class CrowdedTest : public testing::Test {
 protected:
  /// So many connections work at a server that bears no more; one attempt beyond meets its word.
  Site::Change one_too_many(std::size_t working) {
    while (permits.size() < working) permits.push_back(site.started(now));
    return site.finished(site.started(now), crowded(), now, kNow, kRetry, 0.5);
  }
  void end_all() {
    for (const Site::Permit permit : permits) (void)site.finished(permit, std::nullopt, now, kNow, kRetry, 0.5);
    permits.clear();
  }
  Site site{SiteConfig{"main", {8}}};
  std::vector<Site::Permit> permits;
  SteadyTime now{Seconds(1000)};
};

TEST_F(CrowdedTest, ItGetsWhatWorksAndOneMoreAfterEachQuietMinute) {
  for (unsigned working = 1; working < 8; ++working) {
    EXPECT_EQ(site.connections(now), 8U);
    EXPECT_EQ(one_too_many(working), Site::Change::fewer);
    EXPECT_TRUE(site.healthy());
    EXPECT_EQ(site.connections(now), working);
    EXPECT_FALSE(site.accepts(now)) << "no more than work";
    EXPECT_EQ(site.wake(now), now + kQuietTime);
    end_all();
    EXPECT_TRUE(site.accepts(now)) << "but so many at once";
    for (unsigned allowed = working; allowed < 8; ++allowed) {
      EXPECT_EQ(site.connections(now + kQuietTime - Milliseconds(1)), allowed);
      now += kQuietTime;
      EXPECT_EQ(site.connections(now), allowed + 1);
    }
    now += Seconds(86400);
  }
}

TEST_F(CrowdedTest, WithNoneThatWorksItIsTrouble) {
  EXPECT_EQ(one_too_many(0), Site::Change::down);
  EXPECT_EQ(site.connections(now), 8U);
  now = *site.next_probe();
  EXPECT_EQ(one_too_many(0), Site::Change::none);
  EXPECT_FALSE(site.healthy());
}

std::vector<mail::SiteTrouble> turned_away() {
  return {{mail::Step::connect, Failure::refused, 0, "connection refused"},
          {mail::Step::connect, Failure::closed, 0, "the peer closed the connection during the TLS handshake"},
          {mail::Step::greeting, Failure::closed, 0, "no greeting: read: connection reset"}};
}

TEST_F(CrowdedTest, AResetBeforeTheGreetingWhileOthersWorkIsReadAsTooMany) {
  for (const mail::SiteTrouble& reset : turned_away()) {
    site = Site(SiteConfig{"main", {8}});
    permits.clear();
    while (permits.size() < 8) permits.push_back(site.started(now));
    EXPECT_EQ(site.finished(permits.back(), std::nullopt, now, kNow, kRetry, 0.5), Site::Change::none);
    permits.pop_back();
    for (int refused = 0; refused < 4; ++refused) {
      EXPECT_EQ(site.finished(permits.back(), reset, now + kWarm, kNow, kRetry, 0.5), Site::Change::fewer);
      permits.pop_back();
    }
    EXPECT_TRUE(site.healthy());
    EXPECT_EQ(site.connections(now + kWarm), 3U);
    while (permits.size() > 1) {
      EXPECT_EQ(site.finished(permits.back(), reset, now + kWarm, kNow, kRetry, 0.5), Site::Change::fewer);
      permits.pop_back();
    }
    EXPECT_FALSE(site.accepts(now + kWarm)) << "no further try, as long as there is one that may work";
    EXPECT_EQ(site.finished(permits.back(), reset, now + kWarm, kNow, kRetry, 0.5), Site::Change::down)
        << "and the last one tells that none does";
  }
}

TEST_F(CrowdedTest, AResetIsTroubleWhereNothingShowsThatOthersWork) {
  for (const mail::SiteTrouble& reset : turned_away()) {
    for (const bool warm : {false, true}) {
      site = Site(SiteConfig{"main", {8}});
      if (warm) (void)site.finished(site.started(now), std::nullopt, now, kNow, kRetry, 0.5);
      const Site::Permit other = site.started(now);
      const SteadyTime later = now + kWarm + Milliseconds(1);
      EXPECT_EQ(site.finished(site.started(now), reset, later, kNow, kRetry, 0.5), Site::Change::down);
      (void)site.finished(other, std::nullopt, later, kNow, kRetry, 0.5);
    }
  }
  for (const mail::SiteTrouble& other : {mail::SiteTrouble{mail::Step::greeting, Failure::refused, 554, "554 no"},
                                         mail::SiteTrouble{mail::Step::connect, Failure::timeout, 0, "timed out"},
                                         mail::SiteTrouble{mail::Step::resolve, Failure::resolve, 0, "no such name"},
                                         mail::SiteTrouble{mail::Step::greeting, Failure::timeout, 0, "no greeting"},
                                         mail::SiteTrouble{mail::Step::auth, Failure::closed, 0, "hung up"},
                                         mail::SiteTrouble{mail::Step::ehlo, Failure::closed, 0, "hung up"}}) {
    site = Site(SiteConfig{"main", {8}});
    (void)site.finished(site.started(now), std::nullopt, now, kNow, kRetry, 0.5);
    (void)site.started(now);
    EXPECT_EQ(site.finished(site.started(now), other, now, kNow, kRetry, 0.5), Site::Change::down) << other.text;
  }
}

TEST_F(CrowdedTest, SeveralThatAreRefusedTogetherLeaveThoseThatWork) {
  while (permits.size() < 8) permits.push_back(site.started(now));
  for (int refused = 0; refused < 5; ++refused) {
    EXPECT_EQ(site.finished(permits.back(), crowded(), now, kNow, kRetry, 0.5), Site::Change::fewer);
    permits.pop_back();
  }
  EXPECT_EQ(site.connections(now), 3U);
}

}  // namespace
}  // namespace postern::queue
