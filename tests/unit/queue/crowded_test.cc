// Too many connections at a time: a site gets as many as work, and it is no trouble.
#include "queue/site.h"

#include <gtest/gtest.h>

#include <vector>

namespace postern::queue {
namespace {

constexpr WallTime kNow = std::chrono::sys_days(std::chrono::year(2026) / 11 / 23);
const Retry kRetry;

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
