#include "history/keeping.h"

#include "queue/free_space.h"

#include <gtest/gtest.h>

#include <vector>

namespace postern::history {
namespace {

using Numbers = std::vector<std::uint64_t>;

constexpr std::uint64_t kMega = 1024 * std::uint64_t{1024};
constexpr WallTime kToday{std::chrono::sys_days(std::chrono::year(2026) / 11 / 23)};

WallTime day(int number) { return kToday + std::chrono::days(number); }

/// A megabyte of each of these days and the next; the numbers from 1 on.
std::vector<Segment> of_days(const std::vector<int>& days) {
  std::vector<Segment> segments;
  for (const int one : days) segments.push_back({segments.size() + 1, kMega, day(one), day(one + 1)});
  return segments;
}

Circumstances at(int today, std::uint64_t written, bool sure = false) {
  Circumstances circumstances;
  circumstances.options.size = 100 * kMega;
  circumstances.options.days = 10;
  circumstances.written = written;
  circumstances.now = day(today);
  circumstances.sure = sure;
  return circumstances;
}

spool::Space a_disk(std::uint64_t total, std::uint64_t free) {
  return {.bytes = free, .inodes = 1'000'000, .total_bytes = total, .total_inodes = 2'000'000};
}

TEST(Keeping, WhatIsOldGoesByTheDaysOfTheRecordsAndByNoSingleLookAtTheClock) {
  struct Case {
    std::vector<int> days;
    int today;
    bool sure;
    Numbers goes;
  };
  const std::vector<Case> cases = {
      {{0, 5, 10}, 11, false, {}},
      {{0, 5, 12}, 13, false, {1}},
      {{0, 5, 12}, 12, false, {}},                  // the record that would tell is of today
      {{0, 5, 10}, 100, false, {}},                 // the clock was set, or nothing was noted since
      {{0, 5, 100}, 100, false, {}},                // likewise, and something is noted now
      {{0, 5, 100, 6}, 7, false, {}},               // and it was set back
      {{0, 5, 100, 101, 102}, 102, false, {1, 2}},  // it stays so
      {{0, 5, 10}, 100, true, {1, 2}},              // the last one is written to
      {{0, 5, 10}, 15, true, {1}},
      {{0, -20'000, 5}, 6, false, {2}},  // a clock that was behind
      {{0, 5, 10}, -20'000, false, {}},
      {{}, 0, true, {}},
  };
  for (const Case& one : cases) {
    const auto segments = of_days(one.days);
    EXPECT_EQ(what_goes(segments, at(one.today, segments.size(), one.sure)), one.goes)
        << one.today << " " << one.days.size();
    Circumstances held = at(one.today, segments.size(), one.sure);
    held.options.keep_all = true;
    held.options.size = 0;
    EXPECT_EQ(what_goes(segments, held), Numbers()) << "while the settings are not sure";
  }
}

TEST(Keeping, WhatIsNoFileOfOursGoesByItsChangeAndTellsNoTime) {
  std::vector<Segment> segments = of_days({0, 5, 6});
  segments[1] = {2, kMega, WallTime::max(), day(100)};
  EXPECT_EQ(what_goes(segments, at(101, 3)), Numbers());
  segments[1].last = day(-100);
  EXPECT_EQ(what_goes(segments, at(8, 3)), Numbers{2});
}

TEST(Keeping, TheOldestGoWhereTheNewerOnesHaveTheRoom) {
  const auto segments = of_days({0, 1, 2, 3, 4, 5});
  for (std::uint64_t size = 1; size < 8; ++size) {
    Circumstances circumstances = at(6, 6);
    circumstances.options.size = size * kMega;
    Numbers goes;
    for (std::uint64_t number = 1; number + std::max<std::uint64_t>(size, 2) - 1 <= 6; ++number) goes.push_back(number);
    EXPECT_EQ(what_goes(segments, circumstances), goes) << size;
  }
  Circumstances off = at(6, 0);
  off.options.size = 0;
  EXPECT_EQ(what_goes(segments, off).size(), 6U);
}

TEST(Keeping, ItIsASixteenthOfASmallDisk) {
  EXPECT_EQ(most_kept({}, a_disk(160 * kMega, 100 * kMega)), 10 * kMega);
  EXPECT_EQ(most_kept({}, a_disk(16'000 * kMega, 100 * kMega)), 256 * kMega);
  EXPECT_EQ(most_kept({}, {}), 256 * kMega);
  EXPECT_EQ(most_of_segment({}, a_disk(160 * kMega, 100 * kMega)), 10 * kMega / kParts);
  EXPECT_EQ(most_of_segment({}, a_disk(kMega, kMega)), kSmallestSegment);
  Circumstances circumstances = at(5, 5);
  circumstances.space = a_disk(48 * kMega, 47 * kMega);
  EXPECT_EQ(what_goes(of_days({0, 1, 2, 3, 4}), circumstances), (Numbers{1, 2, 3}));
  circumstances.options.keep_all = true;
  EXPECT_EQ(what_goes(of_days({0, 1, 2, 3, 4}), circumstances), Numbers());
}

TEST(Keeping, WhereMailLacksRoomTheOldestGiveItBackButForAQuarter) {
  const auto segments = of_days({0, 1, 2, 3, 4, 5, 6, 7});
  constexpr std::uint64_t kTotal = 256 * kMega;  // of which 16 are for the history
  const std::uint64_t needed = queue::kReservedBytes + queue::last_part_of(a_disk(kTotal, 0)).bytes;
  Circumstances circumstances = at(8, 8);
  circumstances.wanted = kMega / 2;
  struct Case {
    std::uint64_t lacking;
    Numbers goes;
  };
  for (const Case& one : std::vector<Case>{{0, {}},
                                           {kMega / 4, {1}},
                                           {2 * kMega, {1, 2}},
                                           {2 * kMega + 1, {1, 2, 3}},
                                           {4 * kMega, {1, 2, 3, 4}},
                                           {4 * kMega + 1, {}},
                                           {20 * kMega, {}}}) {
    circumstances.space = a_disk(kTotal, needed + circumstances.wanted - one.lacking);
    EXPECT_EQ(what_goes(segments, circumstances), one.goes) << one.lacking;
  }
  circumstances.space = a_disk(kTotal, kTotal);
  circumstances.space.inodes = 0;
  EXPECT_EQ(what_goes(segments, circumstances), Numbers()) << "a few files are no inodes to speak of";
}

TEST(Keeping, AClockThatIsSetBackAndForthMakesNoEndOfFiles) {
  std::vector<Segment> segments;
  for (std::uint64_t i = 1; i <= kMostSegments + 5; ++i) segments.push_back({i, 100, day(0), day(0)});
  EXPECT_EQ(what_goes(segments, at(0, segments.size())), (Numbers{1, 2, 3, 4, 5}));
}

}  // namespace
}  // namespace postern::history
