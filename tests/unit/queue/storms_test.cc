#include "queue/storms.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace postern::queue {
namespace {

const WallTime kStormBegins = *parse_rfc3339("2026-11-30T02:00:00Z");

class StormsTest : public testing::Test {
 protected:
  static StormRule rule(Seconds window = Seconds(600), unsigned after = 3) {
    StormRule made;
    made.window = window;
    made.after = after;
    return made;
  }
  QueueId id() { return QueueId::make(kStormBegins + Milliseconds(++made_), 0); }
  /// Until when it waits.
  std::optional<WallTime> come(const std::string& likeness, WallTime now) {
    last_ = id();
    return storms.take(likeness, last_, 1000, rule(), now);
  }
  static WallTime at(int seconds) { return kStormBegins + Seconds(seconds); }

  Storms storms;
  QueueId last_;
  int made_ = 0;
};

TEST_F(StormsTest, LetsTheFirstGoAndHasTheOthersWaitForTheEndOfTheWindow) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(come("a", at(i)), std::nullopt) << i;
  EXPECT_EQ(storms.due(), std::nullopt);
  std::vector<QueueId> expected;
  for (int i = 3; i < 10; ++i) {
    EXPECT_EQ(come("a", at(i)), at(600)) << i;
    EXPECT_TRUE(storms.waits(last_));
    expected.push_back(last_);
  }
  EXPECT_EQ(storms.due(), at(600));
  EXPECT_TRUE(storms.next(at(599)).empty());
  EXPECT_EQ(storms.next(at(600)), expected);
  EXPECT_FALSE(storms.waits(last_));
  EXPECT_EQ(storms.due(), std::nullopt);
  EXPECT_TRUE(storms.next(at(600)).empty());
}

TEST_F(StormsTest, HasAllOfTheNextWindowWaitWhileItGoesOn) {
  for (int i = 0; i < 5; ++i) (void)come("a", at(i));
  EXPECT_EQ(storms.next(at(600)).size(), 2U);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(come("a", at(700 + i)), at(1200)) << i;
  EXPECT_EQ(storms.next(at(1200)).size(), 4U);
  // Three are no storm any more, but the window was one.
  for (int i = 0; i < 3; ++i) EXPECT_EQ(come("a", at(1300 + i)), at(1800)) << i;
  EXPECT_EQ(storms.next(at(1800)).size(), 3U);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(come("a", at(1900 + i)), std::nullopt) << i;
  EXPECT_EQ(come("a", at(1904)), at(2500));
}

TEST_F(StormsTest, IsOverWhenNothingComes) {
  for (int i = 0; i < 5; ++i) (void)come("a", at(i));
  EXPECT_EQ(storms.next(at(600)).size(), 2U);
  EXPECT_EQ(storms.due(), std::nullopt);
  EXPECT_EQ(come("a", at(1300)), std::nullopt);
}

TEST_F(StormsTest, CountsWhatIsNotAlikeApart) {
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(come("a", at(i)), std::nullopt);
    EXPECT_EQ(come("b", at(i)), std::nullopt);
  }
  EXPECT_EQ(come("a", at(10)), at(600));
  EXPECT_EQ(come("c", at(10)), std::nullopt);
  EXPECT_EQ(come("b", at(10)), at(600));
  EXPECT_EQ(storms.next(at(600)).size(), 1U);
  EXPECT_EQ(storms.next(at(600)).size(), 1U);
  EXPECT_TRUE(storms.next(at(600)).empty());
}

TEST_F(StormsTest, ForgetsWhatGoesAnotherWay) {
  for (int i = 0; i < 5; ++i) (void)come("a", at(i));
  storms.forget(last_);
  storms.forget(last_);
  storms.forget(id());
  EXPECT_EQ(storms.next(at(600)).size(), 1U);
  for (int i = 0; i < 2; ++i) (void)come("a", at(700 + i));
  storms.forget(last_);
  EXPECT_EQ(storms.due(), at(1200));
}

TEST_F(StormsTest, MakesABatchOfWhatFillsItAtOnce) {
  for (std::size_t i = 0; i < kMostInDigest + 2; ++i) (void)come("a", at(1));
  EXPECT_EQ(storms.due(), at(601));
  EXPECT_EQ(come("a", at(2)), at(2));
  EXPECT_EQ(storms.next(at(2)).size(), kMostInDigest);
  EXPECT_EQ(come("a", at(3)), at(602));
}

TEST_F(StormsTest, MakesSeveralBatchesOfWhatWasFoundAtAStart) {
  for (std::size_t i = 0; i < kMostInDigest + 7; ++i) storms.resume("a", id(), 1000, at(60), at(0));
  EXPECT_EQ(storms.next(at(60)).size(), kMostInDigest);
  EXPECT_EQ(storms.next(at(60)).size(), 7U);
  EXPECT_TRUE(storms.next(at(60)).empty());
}

TEST_F(StormsTest, HasWhatComesAfterAStartWaitWithWhatWasFound) {
  storms.resume("a", id(), 1000, at(60), at(0));
  EXPECT_EQ(come("a", at(1)), at(60));
  EXPECT_EQ(storms.next(at(60)).size(), 2U);
}

TEST_F(StormsTest, HasNothingWaitPastItsTimeWhereANewOneCameBeforeItWasFound) {
  (void)come("a", at(0));
  storms.resume("a", id(), 1000, at(1), at(0));
  EXPECT_EQ(storms.due(), at(1));
  storms.resume("a", id(), 1000, at(60), at(0));
  EXPECT_EQ(storms.due(), at(1)) << "what may wait longer goes with it";
  EXPECT_EQ(storms.next(at(1)).size(), 2U);
  // Nor where others wait by then.
  for (int i = 0; i < 5; ++i) (void)come("b", at(2));
  storms.resume("b", id(), 1000, at(9), at(2));
  EXPECT_EQ(storms.next(at(9)).size(), 3U);
  EXPECT_EQ(storms.due(), std::nullopt);
}

TEST_F(StormsTest, BelievesNoTimeThatIsFarAhead) {
  storms.resume("a", id(), 1000, at(0) + 10 * kLongestStorm, at(0));
  EXPECT_EQ(storms.due(), at(0) + kLongestStorm);
  for (int i = 0; i < 5; ++i) (void)come("b", at(100'000 + i));
  const std::vector<std::pair<QueueId, WallTime>> changed = storms.clock_set(at(0));
  EXPECT_EQ(storms.due(), at(600));
  ASSERT_EQ(changed.size(), 2U);
  EXPECT_EQ(changed[1], std::pair(last_, at(600)));
  EXPECT_TRUE(storms.clock_set(at(0)).empty());
}

TEST_F(StormsTest, TakesUpTheRowsOfNewSettings) {
  for (int i = 0; i < 5; ++i) (void)come("a", at(i));
  EXPECT_EQ(storms.take("a", id(), 1000, rule(Seconds(60), 1), at(10)), at(600))
      << "the window that began ends as it was";
  EXPECT_EQ(storms.next(at(600)).size(), 3U);
  EXPECT_EQ(storms.take("a", id(), 1000, rule(Seconds(60), 1), at(610)), at(660));
}

TEST_F(StormsTest, SharesItsPlacesAmongTheParties) {
  for (std::size_t i = 0; i < kMostStorms; ++i) (void)storms.take("x" + std::to_string(i), id(), 1, rule(), at(0));
  // One of another party has a place, and so its storm is seen; the first party's next kind goes as it comes.
  for (int i = 0; i < 3; ++i) EXPECT_EQ(storms.take("a", id(), 2, rule(), at(1)), std::nullopt);
  EXPECT_NE(storms.take("a", id(), 2, rule(), at(1)), std::nullopt);
  for (int i = 0; i < 9; ++i) EXPECT_EQ(storms.take("y", id(), 1, rule(), at(2)), std::nullopt);
  // When their windows are over there is room again.
  for (int i = 0; i < 3; ++i) EXPECT_EQ(storms.take("y", id(), 1, rule(), at(700)), std::nullopt);
  EXPECT_NE(storms.take("y", id(), 1, rule(), at(700)), std::nullopt);
}

/// Whatever comes and goes: what waits is in exactly one batch, not before and not after its time, but earlier where a
/// digest is full; and what goes is in none.
TEST(StormsProperty, EveryMessageGoesOnceAsItComesOrInABatch) {
  std::mt19937 random(20261130);
  for (int round = 0; round < 200; ++round) {
    Storms storms;
    WallTime now = kStormBegins;
    struct Time {
      WallTime earliest;
      WallTime latest;
    };
    std::map<QueueId, Time> waiting;
    std::map<QueueId, std::string> of;
    int made = 0;
    const auto collect = [&] {
      for (std::vector<QueueId> batch = storms.next(now); !batch.empty(); batch = storms.next(now)) {
        ASSERT_LE(batch.size(), kMostInDigest);
        ASSERT_TRUE(std::ranges::is_sorted(batch));
        for (const QueueId& id : batch) {
          const auto known = waiting.find(id);
          ASSERT_NE(known, waiting.end());
          ASSERT_LE(known->second.earliest, now) << "nothing goes before its time";
          waiting.erase(known);
        }
      }
      for (const auto& [id, time] : waiting) {
        ASSERT_GT(time.latest, now) << "nothing goes after its time";
        ASSERT_TRUE(storms.waits(id));
      }
    };
    for (int step = 0; step < 300; ++step) {
      const QueueId id = QueueId::make(kStormBegins + Milliseconds(++made), 0);
      const std::string likeness = std::to_string(random() % 5);
      of.emplace(id, likeness);
      StormRule rule;
      rule.window = Seconds(10 + random() % 100);
      rule.after = 1 + static_cast<unsigned>(random() % 4);
      switch (random() % 8) {
        case 0:
          if (!waiting.empty()) {
            storms.forget(waiting.begin()->first);
            waiting.erase(waiting.begin());
          }
          break;
        case 1: {
          // It goes with those that wait, and they with it; else its window may be one that is open and ends earlier,
          // though nobody waits in it.
          const WallTime until = now + Seconds(random() % 50);
          Time time{WallTime::min(), until};
          for (auto& [other, known] : waiting) {
            if (of.at(other) != likeness) continue;
            known = {std::min(known.earliest, until), std::min(known.latest, until)};
            time = known;
          }
          storms.resume(likeness, id, 1, until, now);
          waiting.emplace(id, time);
          break;
        }
        case 2:
          now -= Seconds(random() % 20);
          for (const auto& [one, until] : storms.clock_set(now)) waiting.at(one) = {until, until};
          break;
        default: {
          const auto until = storms.take(likeness, id, 1, rule, now);
          if (until) waiting.emplace(id, Time{*until, *until});
          break;
        }
      }
      now += Milliseconds(random() % 8000);
      collect();
      if (HasFatalFailure()) return;
    }
    now += kLongestStorm + Seconds(1);
    collect();
    if (HasFatalFailure()) return;
    EXPECT_TRUE(waiting.empty()) << "nothing waits for ever";
  }
}

}  // namespace
}  // namespace postern::queue
