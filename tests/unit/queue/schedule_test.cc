#include "queue/schedule.h"

#include "given.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace postern::queue {
namespace {

TEST(Schedule, WaitsAsLongAsTheMessageIsOldWithinTheLimits) {
  const std::map<long, long> waits = {{0, 60}, {10, 60}, {60, 60}, {600, 600}, {3600, 3600}, {86400, 3600}, {-500, 60}};
  for (const auto& [age, wait] : waits) {
    EXPECT_EQ(next_attempt({kNow, Seconds(age)}, kRetry, 0.5), kNow + Seconds(wait)) << age;
  }
}

TEST(Schedule, NeverGoesBackAndNeverIsFurtherThanTheLimitAllows) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 20'000; ++i) {
    const Milliseconds age(static_cast<long>(random() % 2'000'000'000));
    const double jitter = static_cast<double>(random() % 1000) / 1000;
    const WallTime next = next_attempt({kNow, age}, kRetry, jitter);
    ASSERT_GT(next, kNow);
    ASSERT_EQ(believable(next, kNow, kRetry), next);
    ASSERT_GE(next_attempt({kNow + Seconds(1), age + Seconds(1)}, kRetry, jitter), next);
  }
}

TEST(Schedule, ATimeNoBackOffReachesIsDueNow) {
  EXPECT_EQ(believable(kNow + Seconds(4000), kNow, kRetry), kNow);
  EXPECT_EQ(believable(kNow + Seconds(3900), kNow, kRetry), kNow + Seconds(3900));
  EXPECT_EQ(believable(kNow - Seconds(4000), kNow, kRetry), kNow - Seconds(4000));
}

}  // namespace
}  // namespace postern::queue
