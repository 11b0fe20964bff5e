// Who is next: every one of those whose mail is due has its turn, whatever the others have.
#include "queue/turns.h"

#include "given.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <tuple>

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

/// What a look at all of them would say.
class NaiveTurns {
 public:
  struct Place {
    std::optional<WallTime> due;
    std::int64_t ahead = 0;
    std::uint64_t last = 0;
    bool preferred = false;
  };
  std::map<Turn, Place> places;

  [[nodiscard]] std::optional<Turn> next(WallTime now) const {
    std::optional<Turn> best;
    for (const auto& [who, place] : places) {
      const bool due = place.due && *place.due <= now;
      if (due && (!best || rank(who, place) < rank(*best, places.at(*best)))) best = who;
    }
    return best;
  }

 private:
  static std::tuple<int, std::int64_t, std::uint64_t> rank(Turn who, const Place& place) {
    if (place.preferred) return {0, 0, 0};
    return who == kAlarmsTurn ? std::tuple{1, 0, 0U} : std::tuple{2, place.ahead, place.last};
  }
};

TEST(Turns, NextIsWhoALookAtAllOfThemWouldSayAlsoWhenTimeGoesBack) {
  for (unsigned seed = 0; seed < 100; ++seed) {
    std::mt19937 random(seed);
    Turns turns;
    NaiveTurns naive;
    WallTime now = kNow;
    std::uint64_t attempts = 0;
    for (int step = 0; step < 2000; ++step) {
      const Turn who = random() % 9 == 0 ? kAlarmsTurn : random() % 8;
      NaiveTurns::Place& place = naive.places[who];
      switch (random() % 12) {
        case 0:
        case 1: place.due = now - Seconds(random() % 100); break;
        case 2: place.due = std::nullopt; break;
        case 3: place.due = now + Seconds(random() % 50); break;
        case 4:
          if (place.ahead == 0) continue;
          --place.ahead;
          turns.returned(who);
          continue;
        case 5:
        case 6:
          if (place.ahead == 0) continue;
          --place.ahead;
          place.last = ++attempts;
          place.preferred = false;
          turns.tried(who);
          continue;
        case 7:
          if (random() % 4 != 0) continue;
          place.preferred = true;
          turns.prefer(who);
          continue;
        case 8: now += Seconds(static_cast<int>(random() % 40) - 15); continue;
        default:
          const auto next = naive.next(now);
          ASSERT_EQ(turns.next(now), next) << seed << ' ' << step;
          if (!next) continue;
          ++naive.places[*next].ahead;
          turns.taken(*next);
          continue;
      }
      turns.set_first(who, place.due);
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
