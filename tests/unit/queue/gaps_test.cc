#include "queue/gaps.h"

#include "given.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace postern::queue {
namespace {

using Hours = std::chrono::hours;
using Days = std::chrono::days;

constexpr Seconds kJumps[] = {Seconds(60), Seconds(61), Hours(1), Hours(6), Days(1), Days(8), Days(21), Days(30)};

TEST(Gaps, WithoutOneTheAgeIsTheTimeSinceAcceptanceAndNeverNegative) {
  const Gaps none;
  for (Seconds ago = -Days(40); ago <= Days(40); ago += Hours(5)) {
    EXPECT_EQ(none.age(kNow - ago, kNow), std::max(ago, Seconds(0)));
  }
}

TEST(Gaps, CorrectionsBySecondsAreNone) {
  Gaps gaps;
  for (Milliseconds by = -Seconds(70); by <= Seconds(70); by += Milliseconds(500)) {
    EXPECT_EQ(gaps.note(kNow, kNow + by), by >= Gaps::kShortest || by <= -Gaps::kShortest) << by.count();
  }
}

TEST(Gaps, OneInEitherDirectionMakesNoMessageOlder) {
  for (const Seconds size : kJumps) {
    for (const Seconds jump : {size, -size}) {
      for (const Seconds before : {Seconds(0), Seconds(1), Seconds(3600), Seconds(86400)}) {
        for (const Seconds after : {Seconds(0), Seconds(1), Seconds(3600), Seconds(86400)}) {
          Gaps gaps;
          ASSERT_TRUE(gaps.note(kNow, kNow + jump));
          const WallTime now = kNow + jump + after;
          const Milliseconds age = gaps.age(kNow - before, now);
          // Where the clock passes the time of acceptance for a second time nobody can tell, and it counts as new.
          const bool twice = jump < Seconds(0) && kNow - before >= kNow + jump && kNow - before <= now + Seconds(60);
          if (twice) {
            EXPECT_LE(age, before + after);
          } else {
            EXPECT_EQ(age, before + after) << jump.count() << " " << before.count() << " " << after.count();
          }
          EXPECT_EQ(gaps.age(kNow + jump, now), after) << "accepted since";
        }
      }
    }
  }
}

TEST(Gaps, WhatWasAcceptedAfterTheLastHeartbeatCountsFromTheNextStart) {
  Gaps gaps;
  gaps.note(kNow, kNow + Days(8));
  for (Seconds after{0}; after < Days(8); after += Seconds(30 * 60)) {
    EXPECT_EQ(gaps.age(kNow + after, kNow + Days(8) + Seconds(100)), Seconds(100));
  }
  Gaps back;
  back.note(kNow, kNow - Days(8));
  EXPECT_EQ(back.age(kNow + Seconds(59), kNow - Days(8) + Seconds(100)), Seconds(100));
}

TEST(Gaps, AClockThatIsWeeksBehindUntilItIsSetChangesNoAge) {
  Gaps gaps;
  const WallTime behind = kNow - Days(21);
  gaps.note(kNow, behind);                          // the start
  gaps.note(behind + Seconds(90), kNow + Days(8));  // the network tells the time
  const WallTime now = kNow + Days(8) + Seconds(3600);
  EXPECT_EQ(gaps.age(kNow - Days(1), now), Days(1) + Seconds(90) + Seconds(3600));
  EXPECT_EQ(gaps.age(behind + Seconds(30), now), Seconds(60) + Seconds(3600));
  EXPECT_EQ(gaps.age(now - Seconds(5), now), Seconds(5));
}

/// What the clock told, and how long the program had run.
struct Accepted {
  WallTime wall;
  Milliseconds ran;
  std::size_t life;
};
struct Span {
  WallTime begin;
  WallTime end;
};

// Against what really happened: any number of jumps and pauses, messages at any time.
TEST(Gaps, NoMessageIsEverOlderThanTheTimeInWhichItCouldBeTried) {
  std::mt19937_64 random(7);
  const auto below = [&random](Milliseconds most) {
    return Milliseconds(static_cast<Milliseconds::rep>(random() % static_cast<std::uint64_t>(most.count())));
  };
  std::size_t exact = 0;
  for (int round = 0; round < 60; ++round) {
    const bool only_forward = round % 2 == 0;
    Gaps gaps;
    WallTime wall = kNow;
    Milliseconds ran{0};
    Milliseconds back{0};
    Milliseconds lost{0};
    std::vector<Accepted> accepted;
    std::vector<Span> lives{{WallTime::min(), wall}};
    for (int step = 0; step < 40; ++step) {
      const Milliseconds on = below(random() % 3 == 0 ? Milliseconds(Days(2)) : Milliseconds(Hours(2)));
      for (Milliseconds at{0}; at < on; at += below(on) + Milliseconds(1)) {
        accepted.push_back({wall + at, ran + at, lives.size()});
      }
      wall += on;
      ran += on;
      lives.back().end = wall;
      if (random() % 4 == 0) continue;
      const Milliseconds size = Gaps::kShortest + below(random() % 2 == 0 ? Days(30) : Days(1));
      const bool forward = only_forward || random() % 2 == 0;
      // The last heartbeat may be a minute old.
      const Milliseconds unseen =
          random() % 2 == 0 ? below(std::min<Milliseconds>(Gaps::kHeartbeat, on + Seconds(1))) : Milliseconds(0);
      const WallTime next = forward ? wall + size : wall - size;
      const WallTime seen = wall - unseen;
      if (gaps.note(seen, next)) {
        lost += unseen;
        if (!forward) back += size;
        lives.push_back({next, next});
        wall = next;
      }
      for (const Accepted& one : accepted) {
        const Milliseconds truth = ran - one.ran;
        const Milliseconds age = gaps.age(one.wall, wall);
        ASSERT_GE(age, Milliseconds(0));
        ASSERT_LE(age, truth);
        ASSERT_LE(age, std::max(wall - one.wall, Milliseconds(0)) + back);
        const auto fits = std::ranges::count_if(
            lives, [&](const Span& life) { return one.wall >= life.begin && one.wall <= life.end + Gaps::kHeartbeat; });
        if (fits > 1) continue;
        ASSERT_GE(age, truth - lost);
        ++exact;
      }
    }
  }
  EXPECT_GT(exact, 20'000U);
}

TEST(Gaps, AreBoundedAndForgetTheFirst) {
  Gaps gaps;
  WallTime wall = kNow;
  for (std::size_t i = 0; i < 3 * Gaps::kMost; ++i) {
    wall += Seconds(60);
    gaps.note(wall, wall + Seconds(600));
    wall += Seconds(600);
    ASSERT_LE(gaps.size(), Gaps::kMost);
  }
  EXPECT_EQ(gaps.age(wall - Seconds(660 * 100), wall), Seconds(60 * 100));
  EXPECT_GT(gaps.age(kNow, wall), Seconds(60 * 3 * Gaps::kMost)) << "as if there had been none";
  EXPECT_LT(gaps.text().size(), 100'000U);
}

TEST(Gaps, AreTheSameAfterTheirText) {
  Gaps gaps;
  EXPECT_EQ(gaps.text(), "postern-gaps 1\n");
  gaps.note(kNow, kNow + Days(8));
  gaps.note(kNow + Days(9), kNow - Days(30) + Milliseconds(7));
  const std::string text = gaps.text();
  EXPECT_EQ(text,
            "postern-gaps 1\n"
            "from=2026-11-23T00:00:00.000Z to=2026-12-01T00:00:00.000Z\n"
            "from=2026-12-02T00:00:00.000Z to=2026-10-24T00:00:00.007Z\n");
  const Result<Gaps> read = Gaps::parse(text);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->text(), text);
  // Cut or changed anywhere it is a shorter one, another one, or nothing.
  for (std::size_t at = 0; at < text.size(); ++at) {
    const Result<Gaps> cut = Gaps::parse(text.substr(0, at));
    EXPECT_EQ(cut.has_value(), at > 0 && text[at - 1] == '\n') << at;
    for (const char byte : {'\0', '\n', '9', '-', '\xff'}) {
      std::string changed = text;
      changed[at] = byte;
      const Result<Gaps> other = Gaps::parse(changed);
      if (other) {
        EXPECT_GE(other->age(kNow, kNow + Days(20)), Milliseconds(0));
      }
    }
  }
  for (const char* foreign : {"", "postern-gaps 2\n", "postern-memory 1\n", "\n"}) EXPECT_FALSE(Gaps::parse(foreign));
}

}  // namespace
}  // namespace postern::queue
