// Who is next: every one of those whose mail is due has its turn, whatever the others have.
#include "queue/turns.h"

#include "given.h"
#include "naive_turns.h"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <random>
#include <utility>
#include <vector>

namespace postern::queue {
namespace {

TEST(Turns, OfThoseWithMailThatIsDueEachHasEveryNthAttempt) {
  for (Turn parties = 1; parties <= 40; ++parties) {
    Turns turns;
    for (Turn who = 0; who < parties; ++who) turns.set_first(who, kNow);
    std::map<Turn, Turn> last;
    for (Turn attempt = 1; attempt <= 10 * parties; ++attempt) {
      const auto who = turns.next(kNow);
      ASSERT_TRUE(who);
      turns.taken(*who);
      turns.tried(*who);
      if (last.contains(*who)) {
        EXPECT_EQ(attempt - last[*who], parties);
      }
      last[*who] = attempt;
    }
    EXPECT_EQ(last.size(), parties);
  }
}

TEST(Turns, WhoComesNewOrHadNoAttemptForTheLongestTimeIsNext) {
  Turns turns;
  for (const Turn who : {1U, 2U}) turns.set_first(who, kNow);
  for (int i = 0; i < 7; ++i) {
    const auto who = turns.next(kNow);
    turns.taken(*who);
    turns.tried(*who);
  }
  turns.set_first(3, kNow);
  EXPECT_EQ(turns.next(kNow), 3U);
  turns.taken(3);
  turns.tried(3);
  turns.set_first(3, std::nullopt);
  EXPECT_EQ(turns.next(kNow), 2U);
  turns.set_first(3, kNow);
  EXPECT_EQ(turns.next(kNow), 2U) << "it is no new one by having had nothing meanwhile";
}

TEST(Turns, NobodyIsNextBeforeItsMailIsDue) {
  Turns turns;
  EXPECT_FALSE(turns.earliest());
  turns.set_first(1, kNow + Seconds(10));
  turns.set_first(2, kNow + Seconds(5));
  EXPECT_EQ(turns.earliest(), kNow + Seconds(5));
  EXPECT_FALSE(turns.next(kNow));
  EXPECT_EQ(turns.next(kNow + Seconds(5)), 2U);
  turns.set_first(2, kNow + Seconds(20));
  EXPECT_FALSE(turns.next(kNow + Seconds(6)));
  EXPECT_EQ(turns.next(kNow + Seconds(10)), 1U);
  EXPECT_FALSE(turns.next(kNow)) << "nor once the clock was set back";
  EXPECT_EQ(turns.earliest(), kNow + Seconds(10));
}

TEST(Turns, WhatIsReadAheadCountsUntilItIsTriedOrWaitsAgain) {
  Turns turns;
  turns.set_first(1, kNow);
  for (int i = 0; i < 3; ++i) turns.taken(1);
  turns.set_first(2, kNow);
  EXPECT_EQ(turns.next(kNow), 2U);
  EXPECT_LT(turns.rank_of_next(2), turns.rank_of_last_taken(1)) << "it goes before the last two of them";
  for (int i = 0; i < 3; ++i) turns.taken(2);
  EXPECT_GE(turns.rank_of_next(2), turns.rank_of_last_taken(1)) << "but not before all";
  for (int i = 0; i < 3; ++i) turns.returned(1);
  EXPECT_EQ(turns.next(kNow), 1U);
}

TEST(Turns, AlarmsGoBeforeAllAndWhoIsPreferredBeforeThemOnce) {
  Turns turns;
  for (const Turn who : {Turn{1}, kAlarmsTurn, Turn{2}}) turns.set_first(who, kNow);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(turns.next(kNow), kAlarmsTurn);
    turns.taken(kAlarmsTurn);
    turns.tried(kAlarmsTurn);
  }
  turns.prefer(2);
  EXPECT_EQ(turns.next(kNow), 2U);
  turns.taken(2);
  EXPECT_EQ(turns.next(kNow), 2U) << "until it was tried";
  turns.tried(2);
  EXPECT_EQ(turns.next(kNow), kAlarmsTurn);
  turns.set_first(kAlarmsTurn, std::nullopt);
  EXPECT_EQ(turns.next(kNow), 1U);
}

// The longest wait of any party with mail that is due, counted in attempts, whatever comes, is taken and is given back.
TEST(Turns, NobodyStarvesWhateverTheOthersDo) {
  constexpr Turn kParties = 12;
  for (unsigned seed = 0; seed < 30; ++seed) {
    std::mt19937 random(seed);
    Turns turns;
    std::map<Turn, std::size_t> waited;  // of those with mail that is due
    for (int step = 0; step < 3000; ++step) {
      const Turn other = random() % kParties;
      switch (random() % 6) {
        case 0:
          turns.set_first(other, kNow - Seconds(random() % 100));
          waited.try_emplace(other);
          break;
        case 1:
        case 2:
          turns.set_first(other, random() % 2 == 0 ? std::nullopt : std::optional(kNow + Seconds(1)));
          waited.erase(other);
          break;
        default:
          const auto who = turns.next(kNow);
          ASSERT_EQ(who.has_value(), !waited.empty());
          if (!who) break;
          turns.taken(*who);
          if (random() % 4 == 0) {
            turns.returned(*who);
            break;
          }
          turns.tried(*who);
          for (auto& [waiting, attempts] : waited) attempts = waiting == *who ? 0 : attempts + 1;
          for (const auto& [waiting, attempts] : waited) ASSERT_LE(attempts, kParties) << seed << ' ' << waiting;
      }
    }
  }
}

TEST(Turns, NextIsWhoALookAtAllOfThemWouldSayAlsoWhenTimeGoesBack) {
  for (unsigned seed = 0; seed < 100; ++seed) {
    std::mt19937 random(seed);
    Turns turns;
    NaiveTurns naive;
    std::map<Turn, WallTime> first;
    std::vector<Turn> taken;
    WallTime now = kNow;
    for (int step = 0; step < 2000; ++step) {
      const Turn who = random() % 9 == 0 ? kAlarmsTurn : random() % 8;
      switch (random() % 10) {
        case 0:
        case 1:
        case 2:
          first[who] = now + Seconds(static_cast<int>(random() % 150) - 100);
          turns.set_first(who, first[who]);
          break;
        case 3:
          first.erase(who);
          turns.set_first(who, std::nullopt);
          break;
        case 4:
        case 5: {
          if (taken.empty()) break;
          std::swap(taken[random() % taken.size()], taken.back());
          const bool tried = random() % 3 != 0;
          tried ? turns.tried(taken.back()) : turns.returned(taken.back());
          tried ? naive.tried(taken.back()) : naive.returned(taken.back());
          taken.pop_back();
          break;
        }
        case 6:
          if (random() % 4 != 0) break;
          turns.prefer(who);
          naive.prefer(who);
          break;
        case 7: now += Seconds(static_cast<int>(random() % 40) - 15); break;
        default: {
          const auto next = naive.next(first, now);
          ASSERT_EQ(turns.next(now), next) << seed << ' ' << step;
          if (!next) break;
          turns.taken(*next);
          naive.taken(*next);
          taken.push_back(*next);
        }
      }
    }
  }
}

TEST(Turns, WhoHasNothingIsForgottenWhereThereAreMany) {
  Turns turns;
  for (Turn who = 0; who < 3 * Turns::kMostIdle; ++who) {
    turns.set_first(who, kNow);
    turns.taken(who);
    turns.tried(who);
    turns.set_first(who, std::nullopt);
  }
  EXPECT_FALSE(turns.next(kNow));
  EXPECT_FALSE(turns.earliest());
}

}  // namespace
}  // namespace postern::queue
