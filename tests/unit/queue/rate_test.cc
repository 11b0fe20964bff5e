#include "queue/rate.h"

#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <utility>
#include <vector>

namespace postern::queue {
namespace {

using Of = RateLimit::Of;
using Per = RateLimit::Per;

constexpr WallTime kBegin = WallTime(std::chrono::sys_days(std::chrono::year(2026) / 11 / 23)) + Milliseconds(123);
constexpr std::array<std::pair<Per, Seconds>, 3> kTimes = {
    {{Per::minute, Seconds(60)}, {Per::hour, Seconds(3600)}, {Per::day, Seconds(86'400)}}};

QueueId nth(unsigned number) {
  return QueueId::make(std::chrono::time_point_cast<std::chrono::microseconds>(kBegin), number);
}

TEST(RateTest, WithoutALimitEverythingGoes) {
  Rate rate;
  for (unsigned i = 0; i < 1000; ++i) ASSERT_FALSE(rate.take({}, nth(i), 100, kBegin));
  EXPECT_FALSE(rate.closed({}, kBegin));
}

TEST(RateTest, NoTimeOfTheLengthOfALimitHasMoreThanIt) {
  for (const auto& [per, time] : kTimes) {
    for (const Of of : {Of::messages, Of::recipients}) {
      const RateLimits limits = {{of, per, 30}};
      Rate rate;
      std::deque<std::pair<WallTime, std::size_t>> sent;
      std::size_t within = 0;
      std::size_t all = 0;
      WallTime now = kBegin;
      for (unsigned i = 0; i < 2000; ++i, now += Milliseconds(time) / 97) {
        const std::size_t recipients = 1 + i % 7;
        const std::size_t amount = of == Of::messages ? 1 : recipients;
        while (!sent.empty() && sent.front().first + time <= now) {
          within -= sent.front().second;
          sent.pop_front();
        }
        if (rate.take(limits, nth(i), recipients, now)) continue;
        sent.emplace_back(now, amount);
        within += amount;
        all += amount;
        ASSERT_LE(within, 30U);
      }
      EXPECT_GE(all, 30U * 2000 / 97 * 9 / 10) << "and what it allows is used";
    }
  }
}

TEST(RateTest, ItTellsWhenTheNextOneMayGoAndThenItDoes) {
  for (const auto& [per, time] : kTimes) {
    const RateLimits limits = {{Of::messages, per, 3}};
    for (int shift = 0; shift < 200; ++shift) {
      Rate rate;
      WallTime now = kBegin + Milliseconds(time) / 120 * shift;
      const WallTime began = now;
      for (unsigned i = 0; i < 3; ++i) ASSERT_FALSE(rate.take(limits, nth(i), 1, now));
      const auto wait = rate.closed(limits, now);
      ASSERT_TRUE(wait);
      EXPECT_EQ(wait->limit, limits[0]);
      EXPECT_GE(wait->until, began + time);
      EXPECT_LE(wait->until, began + time + time / Rate::kParts);
      EXPECT_TRUE(rate.closed(limits, wait->until - Milliseconds(1)));
      EXPECT_FALSE(rate.closed(limits, wait->until));
      EXPECT_FALSE(rate.take(limits, nth(9), 1, wait->until));
    }
  }
}

TEST(RateTest, TheLimitThatLastsLongestIsTold) {
  const RateLimits limits = {{Of::messages, Per::minute, 2}, {Of::recipients, Per::day, 10}};
  Rate rate;
  EXPECT_FALSE(rate.take(limits, nth(1), 1, kBegin));
  EXPECT_FALSE(rate.take(limits, nth(2), 1, kBegin));
  EXPECT_EQ(rate.closed(limits, kBegin)->limit.per, Per::minute);
  const WallTime later = kBegin + Seconds(100);
  EXPECT_FALSE(rate.take(limits, nth(3), 8, later));
  EXPECT_EQ(rate.closed(limits, later)->limit.per, Per::day);
}

TEST(RateTest, ByALimitPerMinuteOneWithMoreRecipientsGoesWhenNothingElseCounts) {
  const RateLimits limits = {{Of::recipients, Per::minute, 10}};
  Rate rate;
  ASSERT_FALSE(rate.take(limits, nth(1), 25, kBegin)) << "at once, where nothing counts";
  const auto wait = rate.take(limits, nth(2), 25, kBegin + Seconds(1));
  ASSERT_TRUE(wait);
  EXPECT_LE(wait->until, kBegin + Seconds(61));
  EXPECT_FALSE(rate.take(limits, nth(2), 25, wait->until));
}

TEST(RateTest, OneThatNeedsMoreThanThreeQuartersGoesInPartsAndLeavesTheRest) {
  for (const Per per : {Per::hour, Per::day}) {
    const Seconds time = per == Per::hour ? Seconds(3600) : Seconds(86'400);
    for (const unsigned most : {2U, 3U, 4U, 10U, 100U, 1001U}) {
      const RateLimits limits = {{Of::recipients, per, most}};
      const std::size_t quarter = std::max(most / 4, 1U);
      for (const std::size_t whole : {most - quarter + 1, most + 0UL, most + 1UL, 3UL * most}) {
        Rate rate;
        std::size_t left = whole;
        WallTime now = kBegin;
        for (int parts = 0; left > 0 && parts < 10; ++parts) {
          const std::size_t part = rate.part(limits, nth(1), {left, whole}, now);
          EXPECT_GE(part, std::min<std::size_t>(left, most / 2));
          ASSERT_FALSE(rate.take(limits, nth(1), {left, whole}, now)) << most << ' ' << left << ' ' << whole;
          left -= part;
          EXPECT_TRUE(left == 0 || rate.take(limits, nth(1), {left, whole}, now));
          for (std::size_t i = 0; i < quarter; ++i) {
            ASSERT_FALSE(rate.take(limits, nth(2), 1, now)) << "a quarter is for others " << most << ' ' << whole;
          }
          now += time + time / Rate::kParts;
        }
        EXPECT_EQ(left, 0U) << most << ' ' << whole;
      }
    }
  }
}

TEST(RateTest, OneOfMoreThanThreeQuartersGoesWholeWhereTheLimitIsOfOneOrOfMessages) {
  Rate rate;
  EXPECT_EQ(rate.part({{Of::messages, Per::day, 4}}, nth(1), 100, kBegin), 100U);
  EXPECT_EQ(rate.part({{Of::recipients, Per::minute, 4}}, nth(1), 100, kBegin), 100U);
  EXPECT_EQ(rate.part({{Of::recipients, Per::day, 100}}, nth(1), 75, kBegin), 75U);
  EXPECT_EQ(rate.part({{Of::recipients, Per::day, 1}}, nth(1), 100, kBegin), 1U);
  EXPECT_FALSE(rate.take({{Of::recipients, Per::day, 1}}, nth(1), 100, kBegin));
}

TEST(RateTest, NoPartyHasAllThePlacesOfThoseThatWereOvertaken) {
  const RateLimits limits = {{Of::recipients, Per::hour, 100}};
  Rate rate;
  ASSERT_FALSE(rate.take(limits, nth(0), 50, kBegin));
  ASSERT_FALSE(rate.take(limits, nth(1), 49, kBegin));
  for (unsigned i = 0; i < 2 * Rate::kMostOvertaken; ++i)
    ASSERT_TRUE(rate.take(limits, nth(10 + i), {2, 2, 1000}, kBegin));
  const QueueId alert = nth(2);
  const Rate::Load load(60, 60, 0);
  bool went = false;
  WallTime now = kBegin;
  unsigned number = 1000;
  for (; !went && now < kBegin + Seconds(6 * 3600); now += Seconds(30)) {
    if (!rate.closed(limits, now)) went = !rate.take(limits, alert, load, now);
    while (!rate.closed(limits, now) && !rate.take(limits, nth(++number), {1, 1, 1000}, now)) continue;
  }
  EXPECT_TRUE(went);
}

TEST(RateTest, OneThatIsGoneHasNoPlaceNorRoom) {
  const RateLimits limits = {{Of::recipients, Per::hour, 100}};
  Rate rate;
  ASSERT_FALSE(rate.take(limits, nth(1), 60, kBegin));
  ASSERT_TRUE(rate.take(limits, nth(2), 50, kBegin));
  ASSERT_FALSE(rate.take(limits, nth(3), 60, kBegin + Seconds(3601)));
  ASSERT_TRUE(rate.take(limits, nth(2), 50, kBegin + Seconds(3602))) << "it has room from now on";
  const WallTime full = kBegin + Seconds(3602 + 3660);
  for (const unsigned small : {4U, 6U}) ASSERT_FALSE(rate.take(limits, nth(small), 25, full));
  ASSERT_TRUE(rate.take(limits, nth(5), 1, full));
  rate.forget([](const QueueId& id) { return id == nth(9); });
  ASSERT_TRUE(rate.take(limits, nth(5), 1, full));
  rate.forget([](const QueueId& id) { return id == nth(2); });
  EXPECT_FALSE(rate.take(limits, nth(5), 1, full));
}

TEST(RateTest, ALargeOneIsOvertakenButNotForEverByALimitPerMinute) {
  const RateLimits limits = {{Of::recipients, Per::minute, 100}};
  Rate rate;
  const QueueId large = nth(1'000'000);
  ASSERT_FALSE(rate.take(limits, nth(999'999), 20, kBegin));
  std::size_t overtook = 0;
  WallTime now = kBegin;
  std::optional<WallTime> went;
  WallTime again = now + Seconds(1);
  for (unsigned i = 0; !went && now < kBegin + Seconds(300); ++i, now += Milliseconds(333)) {
    if (now >= again) {
      const auto wait = rate.take(limits, large, 90, now);
      if (!wait) went = now;
      if (wait) again = wait->first ? wait->until : std::min(wait->until, now + Seconds(10));
    }
    if (rate.closed(limits, now)) continue;
    if (!rate.take(limits, nth(i), 1, now)) ++overtook;
  }
  ASSERT_TRUE(went);
  EXPECT_LE(*went, kBegin + Seconds(180)) << "its time of patience, and the time of the limit";
  EXPECT_GE(overtook, 80U) << "all that there was room for";
}

TEST(RateTest, SmallMailIsNotHeldByALargeOneThatWaitsForAnHourOrADay) {
  for (const Per per : {Per::hour, Per::day}) {
    const RateLimits limits = {{Of::recipients, per, 100}};
    Rate rate;
    ASSERT_FALSE(rate.take(limits, nth(1), 60, kBegin));
    ASSERT_TRUE(rate.take(limits, nth(2), 100, kBegin));
    const Seconds time = per == Per::hour ? Seconds(3600) : Seconds(86'400);
    ASSERT_FALSE(rate.take(limits, nth(4), 40, kBegin + time / 2));
    const WallTime later = kBegin + time + time / 4;  // it has waited for longer than the time of the limit
    const auto wait = rate.take(limits, nth(2), 100, later);
    ASSERT_TRUE(wait);
    EXPECT_FALSE(wait->first);
    EXPECT_FALSE(rate.closed(limits, later));
    EXPECT_FALSE(rate.take(limits, nth(3), 1, later));
  }
}

/// Small messages, a tenth more than the limit or hundreds at a time, and, when the limit is used up, a large one that
/// is asked for every ten minutes as the queue does.
struct Course {
  std::optional<WallTime> went;
  Milliseconds longest_stop{0};   ///< of the small ones
  std::size_t most = 0;           ///< in any time of the limit
  std::size_t most_of_large = 0;  ///< likewise of the large one alone
};
Course course_of(const RateLimits& limits, Seconds time, std::size_t large_recipients, bool bursts) {
  Rate rate;
  Course course;
  std::deque<std::pair<WallTime, std::size_t>> gone;
  const QueueId large = nth(1'000'000);
  std::size_t left = large_recipients;
  std::vector<std::pair<WallTime, std::size_t>> parts;
  WallTime again = kBegin + time * 9 / 10;  // there is no room for it any more
  WallTime last = kBegin;
  unsigned number = 0;
  for (WallTime now = kBegin; now < kBegin + 12 * time; now += Milliseconds(time) / 110) {
    std::size_t taken = 0;
    if (!course.went && now >= again && !rate.closed(limits, now)) {
      const Rate::Load load(left, large_recipients);
      const std::size_t part = rate.part(limits, large, load, now);
      const auto wait = rate.take(limits, large, load, now);
      if (!wait) left -= part;
      if (left == 0) course.went = now;
      if (!wait) taken += part;
      if (!wait) parts.emplace_back(now, part);
      std::erase_if(parts, [&](const auto& one) { return one.first <= now - time; });
      std::size_t of_large = 0;
      for (const auto& [when, many] : parts) of_large += many;
      course.most_of_large = std::max(course.most_of_large, of_large);
      if (wait) again = std::min(wait->until, now + Seconds(600));
      EXPECT_FALSE(wait && wait->first) << "nobody stands still for it";
    }
    const std::size_t at_once = bursts ? 1000 : 1;
    for (std::size_t i = 0; i < at_once && !rate.closed(limits, now); ++i) {
      if (rate.take(limits, nth(++number), 1, now)) break;
      ++taken;
    }
    if (taken > 0) gone.emplace_back(now, taken);
    while (!gone.empty() && gone.front().first <= now - time) gone.pop_front();
    std::size_t used = 0;
    for (const auto& [when, many] : gone) used += many;
    course.most = std::max(course.most, used);
    if (taken > 0) last = now;
    course.longest_stop = std::max<Milliseconds>(course.longest_stop, now - last);
  }
  return course;
}

TEST(RateTest, ALargeOneHasItsTurnByALimitPerHourOrDayAndSmallMailGoesOn) {
  for (const Per per : {Per::hour, Per::day}) {
    const RateLimits limits = {{Of::recipients, per, 100}};
    const Seconds time = per == Per::hour ? Seconds(3600) : Seconds(86'400);
    for (const std::size_t large : {2U, 10U, 50U, 74U}) {
      const Course course = course_of(limits, time, large, false);
      ASSERT_TRUE(course.went) << large;
      EXPECT_LE(*course.went, kBegin + 7 * time / 2) << large;
      EXPECT_LE(course.most, 100U) << "never more than the limit";
      EXPECT_LE(course.longest_stop, time * 2 / 5) << large << ": small mail goes on, if more slowly";
    }
    const Course course = course_of(limits, time, 50, true);
    ASSERT_TRUE(course.went) << "small mail comes by hundreds at a time";
    EXPECT_LE(*course.went, kBegin + 4 * time);
    EXPECT_LE(course.most, 100U);
  }
}

TEST(RateTest, NoneIsTooLargeForItsTurnByALimitPerHourOrDayAndAQuarterIsForOthers) {
  for (const Per per : {Per::hour, Per::day}) {
    const RateLimits limits = {{Of::recipients, per, 100}};
    const Seconds time = per == Per::hour ? Seconds(3600) : Seconds(86'400);
    for (const bool bursts : {false, true}) {
      for (std::size_t large = 76; large <= 130; large += large < 100 ? 6 : 15) {
        const Course course = course_of(limits, time, large, bursts);
        ASSERT_TRUE(course.went) << large << ' ' << bursts;
        EXPECT_LE(*course.went, kBegin + 9 * time) << large << ' ' << bursts << ": in two or three parts";
        EXPECT_LE(course.most, 100U) << "never more than the limit";
        EXPECT_LE(course.most_of_large, 75U) << large << ' ' << bursts;
        EXPECT_LE(course.longest_stop, time) << large << ' ' << bursts;
      }
    }
  }
}

TEST(RateTest, RoomForALargeOneThatIsGoneIsGivenBack) {
  const RateLimits limits = {{Of::recipients, Per::hour, 100}};
  Rate rate;
  ASSERT_FALSE(rate.take(limits, nth(1), 60, kBegin));
  ASSERT_TRUE(rate.take(limits, nth(2), 50, kBegin));
  ASSERT_FALSE(rate.take(limits, nth(3), 60, kBegin + Seconds(3601)));
  ASSERT_TRUE(rate.take(limits, nth(2), 50, kBegin + Seconds(3602))) << "it has waited, and has room from now on";
  const WallTime full = kBegin + Seconds(3602 + 3660);
  for (const unsigned small : {4U, 6U}) ASSERT_FALSE(rate.take(limits, nth(small), 25, full));
  EXPECT_TRUE(rate.take(limits, nth(5), 1, full)) << "the other half is for that one";
  EXPECT_TRUE(rate.take(limits, nth(5), 1, full + Rate::kRoom - Seconds(1)));
  EXPECT_FALSE(rate.take(limits, nth(5), 1, full + Rate::kRoom)) << "which was never asked for again";
}

TEST(RateTest, TheTurnByALimitPerMinuteComesHoweverManyWaitForAnHourOrADay) {
  for (const Per per : {Per::hour, Per::day}) {
    const RateLimits limits = {{Of::recipients, Per::minute, 10}, {Of::recipients, per, 10'000}};
    Rate rate;
    ASSERT_FALSE(rate.take(limits, nth(0), 5000, kBegin));
    WallTime now = kBegin + Seconds(120);
    ASSERT_FALSE(rate.take(limits, nth(1), 1, now));
    for (unsigned i = 0; i < 2 * Rate::kMostOvertaken; ++i) {
      const auto wait = rate.take(limits, nth(10 + i), 10'001, now);
      ASSERT_TRUE(wait);
      EXPECT_EQ(wait->limit, limits[1]);
    }
    const QueueId large = nth(2);
    bool went = false;
    for (unsigned i = 0; !went && now < kBegin + Seconds(300); ++i) {
      now += Seconds(6);
      if (!rate.closed(limits, now)) went = !rate.take(limits, large, 10, now);
      if (!went && !rate.closed(limits, now)) (void)rate.take(limits, nth(1000 + i), 1, now);
    }
    EXPECT_TRUE(went);
  }
}

TEST(RateTest, OtherLimitsForgetWhoseTurnItIs) {
  const RateLimits limits = {{Of::recipients, Per::minute, 10}};
  Rate rate;
  ASSERT_FALSE(rate.take(limits, nth(1), 5, kBegin));
  ASSERT_TRUE(rate.take(limits, nth(2), 10, kBegin));
  ASSERT_FALSE(rate.take(limits, nth(3), 5, kBegin + Seconds(40)));
  ASSERT_TRUE(rate.take(limits, nth(2), 10, kBegin + Seconds(70)));
  rate.forget_turns();
  const RateLimits higher = {{Of::recipients, Per::minute, 100}};
  EXPECT_FALSE(rate.closed(higher, kBegin + Seconds(71)));
  EXPECT_FALSE(rate.take(higher, nth(4), 1, kBegin + Seconds(71)));
}

TEST(RateTest, ATurnThatNobodyTakesIsGivenAway) {
  const RateLimits limits = {{Of::recipients, Per::minute, 10}};
  Rate rate;
  ASSERT_FALSE(rate.take(limits, nth(1), 5, kBegin));
  ASSERT_TRUE(rate.take(limits, nth(2), 10, kBegin));
  ASSERT_FALSE(rate.take(limits, nth(3), 5, kBegin + Seconds(40)));
  const auto wait = rate.take(limits, nth(2), 10, kBegin + Seconds(70));
  ASSERT_TRUE(wait);
  EXPECT_TRUE(wait->first);
  EXPECT_TRUE(rate.closed(limits, wait->until - Seconds(1)));
  const auto other = rate.take(limits, nth(4), 1, wait->until);
  ASSERT_TRUE(other) << "not yet";
  EXPECT_FALSE(rate.take(limits, nth(4), 1, other->until));
}

TEST(RateTest, WhatWasNotOfferedIsGivenBack) {
  const RateLimits limits = {{Of::messages, Per::hour, 2}, {Of::recipients, Per::hour, 10}};
  Rate rate;
  WallTime now = kBegin;
  for (unsigned i = 0; i < 1000; ++i, now += Seconds(1)) {
    ASSERT_FALSE(rate.take(limits, nth(i), 10, now)) << i;
    rate.give_back(1, 10);
  }
  EXPECT_TRUE(rate.empty(now));
  rate.give_back(1, 10);
  EXPECT_FALSE(rate.take(limits, nth(1), 1, now)) << "more than there is leaves nothing";
}

TEST(RateTest, AClockSetBackForgetsNothingAndMakesNothingWaitLonger) {
  for (const auto& [per, time] : kTimes) {
    for (const Seconds back : {Seconds(1), Seconds(61), Seconds(5000), Seconds(100'000), Seconds(3'000'000'000)}) {
      const RateLimits limits = {{Of::messages, per, 3}};
      Rate rate;
      for (unsigned i = 0; i < 3; ++i) ASSERT_FALSE(rate.take(limits, nth(i), 1, kBegin));
      const WallTime now = kBegin - back;
      const auto wait = rate.closed(limits, now);
      ASSERT_TRUE(wait) << back.count();
      EXPECT_GT(wait->until, now);
      EXPECT_LE(wait->until, now + time + time / Rate::kParts);
      EXPECT_EQ(rate.take(limits, nth(9), 1, now)->until, wait->until);
      EXPECT_FALSE(rate.take(limits, nth(9), 1, wait->until));
    }
  }
}

TEST(RateTest, AnotherNumberHoldsAtOnceForWhatWentBefore) {
  Rate rate;
  for (unsigned i = 0; i < 50; ++i) ASSERT_FALSE(rate.take({}, nth(i), 2, kBegin));
  EXPECT_TRUE(rate.closed({{Of::messages, Per::day, 50}}, kBegin));
  EXPECT_FALSE(rate.closed({{Of::messages, Per::day, 51}}, kBegin));
  EXPECT_TRUE(rate.closed({{Of::recipients, Per::hour, 100}}, kBegin));
  EXPECT_FALSE(rate.closed({{Of::recipients, Per::hour, 101}}, kBegin));
}

TEST(RateTest, WhatIsWrittenReadsTheSame) {
  Rate rate;
  WallTime now = kBegin;
  for (unsigned i = 0; i < 500; ++i, now += Seconds(13)) (void)rate.take({}, nth(i), 1 + i % 5, now);
  const std::string text = rate.lines(";");
  Rate again;
  std::size_t lines = 0;
  for (std::size_t at = 0; at < text.size(); ++lines) {
    const std::size_t end = text.find(';', at);
    ASSERT_TRUE(again.add_line(text.substr(at, end - at)));
    at = end + 1;
  }
  EXPECT_LE(lines, 3U * Rate::kMostParts);
  EXPECT_EQ(again.lines(";"), text);
}

std::string part(int begin, int end) {
  return "day " + to_rfc3339(kBegin + Seconds(begin)) + " " + to_rfc3339(kBegin + Seconds(end)) + " 1 1";
}

TEST(RateTest, ALineThatIsNoneIsRefused) {
  const std::string times = to_rfc3339(kBegin) + " " + to_rfc3339(kBegin);
  for (const std::string& line : std::vector<std::string>{
           "", "day", "day " + times + " 1", "day " + times + " 1 2 3", "week " + times + " 1 2",
           "day " + times + " -1 2", "day " + times + " 1 99999999999999999999", "day 1 2 3 4", part(1, 0)}) {
    Rate rate;
    EXPECT_FALSE(rate.add_line(line)) << line;
    EXPECT_TRUE(rate.empty(kBegin));
  }
  Rate rate;
  for (int i = 0; i < static_cast<int>(Rate::kMostParts); ++i) ASSERT_TRUE(rate.add_line(part(i, i)));
  EXPECT_FALSE(rate.add_line(part(200, 200))) << "no more parts than there can be";
  Rate other;
  ASSERT_TRUE(other.add_line(part(100, 200)));
  EXPECT_FALSE(other.add_line(part(150, 250)));
}

TEST(RateTest, ItIsToldInWords) {
  EXPECT_EQ(to_text({Of::recipients, Per::day, 500}), "500 recipients/day");
  EXPECT_EQ(wait_words({Of::messages, Per::minute, 30}), "waits for the per-minute limit");
  EXPECT_EQ(wait_words({Of::messages, Per::hour, 30}), "waits for the hourly limit");
}

}  // namespace
}  // namespace postern::queue
