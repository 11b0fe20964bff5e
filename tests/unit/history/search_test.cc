#include "history/search.h"

#include "history/keeping.h"
#include "history/left_out.h"
#include "history/segments.h"
#include "support/scratch_dir.h"
#include "unit/history/history_files.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace postern::history {
namespace {

TEST(Search, ReadsOnWhereAFileIsDroppedMeanwhile) {
  const test::ScratchDir scratch;
  HistoryOptions options;
  options.size = kSmallestSegment * kParts;
  Segments segments(scratch.path());
  std::string lines;
  for (int i = 0; i < 1500; ++i) {
    lines += line_of(a_record(i));
    if (i % 50 == 49) {
      ASSERT_TRUE(segments.append(std::exchange(lines, {}), options, kNow));
    }
  }
  const std::vector<std::string> names = *segment_names(scratch.path());
  ASSERT_GT(names.size(), 3U);
  Search search(scratch.path(), {});
  const auto first = search.next(10);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->records.front(), a_record(1499));
  std::filesystem::remove(scratch.path() + "/" + names.back());  // it is open
  std::filesystem::remove(scratch.path() + "/" + names.front());
  std::vector<Record> rest;
  for (;;) {
    const auto more = search.next(100);
    ASSERT_TRUE(more);
    rest.insert(rest.end(), more->records.begin(), more->records.end());
    if (more->ended) break;
  }
  EXPECT_EQ(rest.front(), a_record(1489)) << "and went on where it was";
  EXPECT_GT(rest.size(), 800U);
  EXPECT_LT(rest.size(), 1490U);
}

TEST(Search, PassesOverFilesOfOtherTimesAndFindsTheSame) {
  const test::ScratchDir scratch;
  HistoryOptions options;
  options.size = kSmallestSegment * kParts * 2;
  std::vector<Record> written;
  {
    Segments segments(scratch.path());
    std::string lines;
    for (int i = 0; i < 6000; ++i) {
      Record record = a_record(i * 300);  // 20 days
      written.push_back(record);
      lines += line_of(record);
      if (i % 50 == 49) {
        ASSERT_TRUE(segments.append(std::exchange(lines, {}), options, kNow));
      }
    }
  }
  std::ranges::reverse(written);
  ASSERT_GT(segment_names(scratch.path())->size(), 5U);
  std::mt19937 random(3);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same each time
  for (int round = 0; round < 15; ++round) {
    Query query;
    const WallTime since = kNow + Seconds(random() % 2'000'000);
    if (round % 3 != 0) query.since = since;
    if (round % 3 != 1) query.until = since + Seconds(random() % 200'000);
    std::vector<Record> expected;
    for (const Record& one : written) {
      const WallTime at = *parse_rfc3339(one[Field::at]);
      if ((!query.since || at >= *query.since) && (!query.until || at < *query.until)) expected.push_back(one);
    }
    EXPECT_EQ(found(scratch.path(), query), expected);
  }
}

TEST(Search, AStepEndsAfterItsBytesThoughNothingFits) {
  const test::ScratchDir scratch;
  HistoryOptions options;
  options.size = 1024ULL * 1024 * 1024;
  Segments segments(scratch.path());
  Record large = a_record(1);
  large[Field::to] = std::string(2000, 'x');
  const std::string line = line_of(large);
  std::string lines;
  while (lines.size() <= 2 * Search::kStep) lines += line;
  ASSERT_GT(lines.size(), 2 * Search::kStep);
  ASSERT_TRUE(segments.append(lines, options, kNow));
  Query query;
  query.to = "nobody@";
  Search search(scratch.path(), query);
  const auto first = search.next(10);
  ASSERT_TRUE(first);
  EXPECT_TRUE(first->records.empty());
  EXPECT_FALSE(first->ended);
  EXPECT_TRUE(found(scratch.path(), query).empty());
}

TEST(Search, ARecordOfAClockThatWasBehindHidesNothing) {
  // Seconds before or after kNow of each record, one after the other.
  const std::vector<std::vector<std::int64_t>> rows = {
      {-20, -1'790'000'000, -10},
      {-20, -1'790'000'000},
      {-1'790'000'000, -20, -10},
      {-20, -3 * 86'400, -10},
      {-20, -86'400 * 80, -86'399 * 80, -10},
      {-20, 86'400 * 91, -10},
      {-20, -7200, -10, -7200, -5},
  };
  for (const std::vector<std::int64_t>& row : rows) {
    for (const bool restarts : {false, true}) {
      const test::ScratchDir scratch;
      std::optional<Segments> segments(scratch.path());
      std::size_t late = 0;
      for (std::size_t i = 0; i < row.size(); ++i) {
        if (restarts) segments.emplace(scratch.path());
        const WallTime at = kNow + Seconds(row[i]);
        ASSERT_TRUE(segments->append(line_of(a_record_at(static_cast<int>(i), at)), {}, at));
        late += row[i] >= -3600 ? 1U : 0U;
      }
      EXPECT_EQ(found(scratch.path()).size(), row.size());
      Query query;
      query.since = kNow - Seconds(3600);
      EXPECT_EQ(found(scratch.path(), query).size(), late) << row[1];
    }
  }
}

TEST(Search, ByTheTimeOfAnIdFilesArePassedOverAndNoRecord) {
  const test::ScratchDir scratch;
  Segments segments(scratch.path());
  ASSERT_TRUE(segments.append(line_of(a_record_at(1, kNow - std::chrono::hours(2))), {}, kNow));
  Query query;
  query.files_since = kNow;
  EXPECT_EQ(found(scratch.path(), query).size(), 1U);
  query.files_since = kNow + std::chrono::days(2);
  EXPECT_TRUE(found(scratch.path(), query).empty());
}

TEST(Search, TellsAUserNothingOfTheTimesOfOthers) {
  const test::ScratchDir scratch;
  Segments segments(scratch.path());
  for (const int number : {0, 1}) ASSERT_TRUE(segments.append(line_of(a_record(number)), {}, kNow));  // uids 1000, 1001
  for (const auto& [owner, reached] : std::vector<std::pair<std::uint32_t, std::string>>{
           {1000, a_record(0)[Field::at]}, {1001, a_record(1)[Field::at]}, {1002, ""}}) {
    Query query;
    query.owner = owner;
    Search search(scratch.path(), query);
    EXPECT_EQ(search.next(10)->reached, reached);
  }
}

TEST(Search, AMarkTellsOfTheTimesUpToItsOwnAndOneOfBeforeOfItsOwnAlone) {
  const test::ScratchDir scratch;
  Record mark = a_record_at(1, kNow);
  mark[Field::kind] = name(Kind::left_out);
  mark[Field::count] = "5";
  Record of_before = mark;
  of_before[Field::count] = "100";
  mark[Field::accepted] = to_rfc3339(kNow - std::chrono::hours(4));
  Segments segments(scratch.path());
  ASSERT_TRUE(segments.append(line_of(mark) + line_of(of_before), {}, kNow));
  const auto told = [&](Milliseconds since, Milliseconds until) {
    Query query;
    query.since = kNow + since;
    query.until = kNow + until;
    return left_out(scratch.path(), query);
  };
  const Milliseconds began = -std::chrono::hours(4);
  EXPECT_EQ(told(began - Milliseconds(1000), began), 0U);
  EXPECT_EQ(told(began, began + Milliseconds(1)), 5U);
  EXPECT_EQ(told(began, Milliseconds(0)), 5U);
  EXPECT_EQ(told(began, Milliseconds(1)), 105U);
  EXPECT_EQ(told(Milliseconds(1), Milliseconds(1000)), 0U);
  LeftOut all;
  all.add({of_before, mark});
  const boost::json::array users = all.to_json();
  ASSERT_EQ(users.size(), 1U);
  EXPECT_EQ(users[0].at("number").as_int64(), 105);
  EXPECT_EQ(std::string(users[0].at("first").as_string()), mark[Field::accepted]);
  EXPECT_EQ(std::string(users[0].at("last").as_string()), mark[Field::at]);
}

TEST(Search, TellsAMarkThatStandsInNoFileYetToWhomItConcerns) {
  const test::ScratchDir scratch;
  Record mark = a_record_at(1, kNow);  // uid 1001
  mark[Field::kind] = name(Kind::left_out);
  for (const std::uint32_t owner : {1000U, 1001U}) {
    Query query;
    query.owner = owner;
    Search search(scratch.path(), query, {}, {mark});
    EXPECT_EQ(search.next(10)->left_out.size(), owner == 1001 ? 1U : 0U);
    EXPECT_TRUE(search.next(10)->left_out.empty()) << "and once";
  }
}

/// Everything that a search finds, and what it could not read.
Search::Found sum_of(Search& search) {
  Search::Found sum;
  while (!sum.ended) {
    const auto found = search.next(10);
    EXPECT_TRUE(found);
    if (!found) break;
    sum.records.insert(sum.records.end(), found->records.begin(), found->records.end());
    sum.unread.insert(sum.unread.end(), found->unread.begin(), found->unread.end());
    sum.ended = found->ended;
  }
  return sum;
}

TEST(Search, ADamagedByteInATimeHidesNoOtherRecordAndIsTold) {
  constexpr int kRecords = 40;
  constexpr int kApart = 1200;  // seconds
  // A byte of a time and what it became: "2026-09-21T..."
  struct Damage {
    std::size_t at;
    char byte;
  };
  const std::vector<Damage> damages = {{0, '1'}, {0, '9'},  {0, '3'},  {1, '9'},    {0, 'X'},  {0, ' '},   {4, '/'},
                                       {5, 'o'}, {10, 't'}, {11, '9'}, {2, '\x01'}, {23, 'z'}, {3, '\xff'}};
  for (const int bad : {0, 1, 7, 8, 20, 31, 38, kRecords - 1}) {
    for (const Damage& damage : damages) {
      const test::ScratchDir scratch;
      std::string text = first_line();
      for (int i = 0; i < kRecords; ++i) {
        std::string line = line_of(a_record_at(i, kNow + Seconds(i * kApart)));
        if (i == bad) line[damage.at] = damage.byte;
        text += line;
      }
      std::ofstream(scratch.path() + "/0000000001.history") << text;
      const WallTime end = kNow + Seconds(kRecords * kApart);
      for (const WallTime since : {WallTime(), kNow, kNow - std::chrono::days(30)}) {
        for (const bool until : {false, true}) {
          Query query;
          query.since = since;
          if (until) query.until = end;
          Search search(scratch.path(), query);
          const Search::Found all = sum_of(search);
          EXPECT_GE(all.records.size(), kRecords - 1U) << bad << " " << damage.at << damage.byte;
          ASSERT_EQ(all.unread.size(), 1U) << bad << " " << damage.at << damage.byte;
          EXPECT_TRUE(all.unread.front().ends_with("0000000001.history: a time in it is damaged"));
        }
      }
      Query other;
      other.to = bad < 20 ? "admin33@" : "admin3@";
      Search search(scratch.path(), other);
      EXPECT_EQ(sum_of(search).records.size(), 1U);
    }
  }
}

TEST(Search, ATimeIsNoMatterOfThoseWhoMayNotSeeItNorOfThoseWhoAskForOtherRecords) {
  const test::ScratchDir scratch;
  std::string text = first_line();
  for (int i = 0; i < 30; ++i) {  // their uids are 1000, 1001, 1002 in turns
    std::string line = line_of(a_record_at(i, kNow + Seconds(i)));
    if (i == 10) line[0] = '1';
    text += line;
  }
  std::ofstream(scratch.path() + "/0000000001.history") << text;
  for (const auto& [owner, told] : std::vector<std::pair<std::uint32_t, std::size_t>>{{1001, 1}, {1000, 0}}) {
    Query query;
    query.owner = owner;
    query.since = kNow;
    Search search(scratch.path(), query);
    EXPECT_EQ(sum_of(search).unread.size(), told);
  }
  Query other;
  other.to = "admin20@";
  other.since = kNow;
  Search search(scratch.path(), other);
  EXPECT_TRUE(sum_of(search).unread.empty());
}

TEST(Search, AFileThatBeginsTooEarlyIsNotReadToItsBeginning) {
  const test::ScratchDir scratch;
  HistoryOptions options;
  options.size = 1024ULL * 1024 * 1024;
  options.days = 3650;
  Segments segments(scratch.path());
  std::string lines;
  int number = 0;
  while (lines.size() <= 2 * Search::kStep) lines += line_of(a_record_at(++number, kNow));
  for (int i = 0; i < 20; ++i) lines += line_of(a_record_at(++number, kNow + std::chrono::days(3)));
  ASSERT_TRUE(segments.append(lines, options, kNow));
  Query query;
  query.since = kNow + std::chrono::days(2);
  Search search(scratch.path(), query);
  const auto first = search.next(100);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->records.size(), 20U);
  EXPECT_TRUE(first->ended);
}

/// Three files with a record each: the one in the middle is what is spoilt.
struct ThreeFiles {
  test::ScratchDir scratch;
  std::string middle;

  ThreeFiles() {
    for (int i = 0; i < 3; ++i) {
      Segments segments(scratch.path());
      const WallTime at = kNow - std::chrono::hours(2 * i);  // set back: a new one is begun
      EXPECT_TRUE(segments.append(line_of(a_record_at(i, at)), {}, at));
    }
    const std::vector<std::string> names = *segment_names(scratch.path());
    EXPECT_EQ(names.size(), 3U);
    middle = scratch.path() + "/" + names.at(1);
  }
  void become(const std::string& text) const { std::ofstream(middle, std::ios::trunc) << text; }
  [[nodiscard]] Search::Found all(Query query = {}) const {
    Search search(scratch.path(), std::move(query));
    return sum_of(search);
  }
};

TEST(Search, AFileThatCannotBeReadIsNamedWithItsReasonAndTakesNoOtherAnswerAway) {
  struct Row {
    std::string what;
    std::function<void(const ThreeFiles&)> spoil;
    std::string reason;
  };
  const std::string line = line_of(a_record(1));
  const std::vector<Row> rows = {
      {"damaged at its beginning", [&](const ThreeFiles& files) { files.become("XXXX" + first_line() + line); },
       "damaged"},
      {"without a first line", [&](const ThreeFiles& files) { files.become(line); }, "damaged"},
      {"noise", [](const ThreeFiles& files) { files.become(std::string(3'000'000, '\1')); }, "damaged"},
      {"nothing but NUL", [](const ThreeFiles& files) { files.become(std::string(5000, '\0')); }, "damaged"},
      {"an empty first line", [&](const ThreeFiles& files) { files.become("\n" + line); }, "damaged"},
      {"of a later version", [&](const ThreeFiles& files) { files.become("postern-history 2\tat\n" + line); },
       "version"},
      {"a symbolic link",
       [](const ThreeFiles& files) {
         std::filesystem::rename(files.middle, files.scratch.path() + "/elsewhere");
         std::filesystem::create_symlink("elsewhere", files.middle);
       },
       "symbolic link"},
      {"that of somebody else",
       [](const ThreeFiles& files) { std::filesystem::permissions(files.middle, std::filesystem::perms::none); },
       "Permission denied"},
  };
  for (const Row& row : rows) {
    if (::geteuid() == 0 && row.reason == "Permission denied") continue;  // root may
    const ThreeFiles files;
    row.spoil(files);
    const Search::Found found = files.all();
    EXPECT_EQ(found.records.size(), 2U) << row.what;
    ASSERT_EQ(found.unread.size(), 1U) << row.what;
    EXPECT_TRUE(found.unread.front().starts_with(files.middle + ": ")) << found.unread.front();
    EXPECT_NE(found.unread.front().find(row.reason), std::string::npos) << found.unread.front();
  }
}

TEST(Search, WhicheverByteOfTheFirstLineIsDamagedItIsTold) {
  const ThreeFiles files;
  const std::string whole = first_line() + line_of(a_record(1));
  for (std::size_t i = 0; i < first_line().size(); ++i) {
    std::string damaged = whole;
    damaged[i] = damaged[i] == 'X' ? 'Y' : 'X';
    files.become(damaged);
    const Search::Found found = files.all();
    EXPECT_EQ(found.records.size(), 2U) << i;
    EXPECT_EQ(found.unread.size(), 1U) << i;
  }
  std::string later = first_line();
  later.insert(later.size() - 1, "\tmood");
  std::string line = line_of(a_record(1));
  line.insert(line.size() - 1, "\tbad");
  files.become(later + line);
  EXPECT_EQ(files.all().records.size(), 3U) << "what a later version has more";
  EXPECT_TRUE(files.all().unread.empty());
}

TEST(Search, WhatNeverHadARecordIsNotMissed) {
  struct Row {
    std::string what;
    std::function<void(const ThreeFiles&)> become;
  };
  const std::vector<Row> rows = {
      {"just begun", [](const ThreeFiles& files) { files.become(""); }},
      {"cut in its first line", [](const ThreeFiles& files) { files.become(first_line().substr(0, 40)); }},
      {"cut behind it", [](const ThreeFiles& files) { files.become(first_line()); }},
      {"gone", [](const ThreeFiles& files) { std::filesystem::remove(files.middle); }},
      {"a directory",
       [](const ThreeFiles& files) {
         std::filesystem::remove(files.middle);
         std::filesystem::create_directory(files.middle);
       }},
      {"a FIFO",
       [](const ThreeFiles& files) {
         std::filesystem::remove(files.middle);
         EXPECT_EQ(::mkfifo(files.middle.c_str(), 0600), 0);
       }},
  };
  for (const Row& row : rows) {
    const ThreeFiles files;
    row.become(files);
    const Search::Found found = files.all();
    EXPECT_EQ(found.records.size(), 2U) << row.what;
    EXPECT_TRUE(found.unread.empty()) << row.what;
  }
}

TEST(Search, AFileThatCannotBeReadIsNotMissedWhereItIsOlderThanWhatIsAskedFor) {
  const ThreeFiles files;
  files.become("no record at all");
  const std::array<timespec, 2> times{timespec{1'780'000'000, 0}, timespec{1'780'000'000, 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, files.middle.c_str(), times.data(), 0), 0);
  const WallTime written{Seconds(1'780'000'000)};
  for (const auto& [since, missed] : std::vector<std::pair<WallTime, std::size_t>>{
           {written - Seconds(1), 1}, {written + std::chrono::hours(23), 1}, {written + std::chrono::hours(25), 0}}) {
    Query by_time;
    by_time.since = since;
    EXPECT_EQ(files.all(by_time).unread.size(), missed);
    Query by_id;
    by_id.files_since = since;
    EXPECT_EQ(files.all(by_id).unread.size(), missed);
  }
  EXPECT_EQ(files.all().unread.size(), 1U);
}

TEST(Search, ADirectoryThatCannotBeReadIsATroubleOfTheDiskWhoeverAsks) {
  const test::ScratchDir scratch;
  std::ofstream(scratch.path() + "/file") << "x";
  Search search(scratch.path() + "/file", {});
  const auto found = search.next(1);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().failure, Failure::io);
}

}  // namespace
}  // namespace postern::history
