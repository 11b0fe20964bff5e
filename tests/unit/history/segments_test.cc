#include "history/segments.h"

#include "history/keeping.h"
#include "support/scratch_dir.h"
#include "unit/history/history_files.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <optional>
#include <utility>
#include <vector>

namespace postern::history {
namespace {

TEST(Segments, WhatIsWrittenIsFoundNewestFirst) {
  const test::ScratchDir scratch;
  const std::string directory = scratch.path() + "/history";
  EXPECT_TRUE(found(directory).empty()) << "no directory is no history";
  Segments segments(directory);
  std::vector<Record> written;
  for (int i = 0; i < 1000; ++i) {
    written.push_back(a_record(i));
    ASSERT_TRUE(segments.append(line_of(written.back()), {}, kNow));
  }
  std::ranges::reverse(written);
  for (const std::size_t most : {std::size_t{1}, std::size_t{7}, std::size_t{1000}, std::size_t{5000}})
    EXPECT_EQ(found(directory, {}, most), written) << most;
  struct stat about{};
  ASSERT_EQ(::stat(newest_in(directory).c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777U, 0600U);
}

TEST(Segments, TheOldestGoWhereTheNewestHaveTheRoom) {
  const test::ScratchDir scratch;
  HistoryOptions options;
  options.size = kSmallestSegment * kParts;
  Segments segments(scratch.path());
  std::string lines;
  std::vector<Record> written;
  for (int i = 0; i < 8'000; ++i) {
    written.push_back(a_record(i));
    lines += line_of(written.back());
    if (i % 100 != 99) continue;
    ASSERT_TRUE(segments.append(std::exchange(lines, {}), options, kNow));
    ASSERT_LE(bytes_in(scratch.path()), options.size + kSmallestSegment);
  }
  std::ranges::reverse(written);
  const std::vector<Record> kept = found(scratch.path());
  ASSERT_GT(kept.size(), 1000U);
  ASSERT_LT(kept.size(), written.size());
  EXPECT_TRUE(std::equal(kept.begin(), kept.end(), written.begin())) << "a whole row of the newest";
}

// A disk that did not answer for long is given much at once.
TEST(Segments, OfABatchBeyondWhatIsKeptTheNewestStay) {
  const test::ScratchDir scratch;
  HistoryOptions options;
  options.size = kSmallestSegment * kParts;
  Segments segments(scratch.path());
  std::string lines;
  std::vector<Record> written;
  for (int i = 0; lines.size() < 4'000'000; ++i) {
    written.push_back(a_record(i));
    lines += line_of(written.back());
  }
  ASSERT_TRUE(segments.append(lines, options, kNow));
  written.push_back(a_record(static_cast<int>(written.size())));
  ASSERT_TRUE(segments.append(line_of(written.back()), options, kNow));
  EXPECT_GT(bytes_in(scratch.path()), 900'000U);
  EXPECT_LE(bytes_in(scratch.path()), options.size + kSmallestSegment);
  std::ranges::reverse(written);
  const std::vector<Record> kept = found(scratch.path());
  ASSERT_LT(kept.size(), written.size());
  EXPECT_TRUE(std::equal(kept.begin(), kept.end(), written.begin())) << "a whole row of the newest";
}

TEST(Segments, WhatIsTooOldGoesWhenARecordOfAnotherDayTellsSo) {
  const test::ScratchDir scratch;
  HistoryOptions options;
  options.days = 2;
  Segments segments(scratch.path());
  const auto note = [&](int hour) {
    const WallTime at = kNow + std::chrono::hours(hour);
    ASSERT_TRUE(segments.append(line_of(a_record_at(hour, at)), options, at));
  };
  const auto hours = [&] {
    std::vector<std::string> all;
    for (const Record& one : found(scratch.path())) all.push_back(one[Field::subject]);
    return all;
  };
  for (const int hour : {1, 30, 60, 90}) note(hour);
  EXPECT_EQ(hours(), (std::vector<std::string>{"Backup 90", "Backup 60", "Backup 30"}));
  note(91);
  EXPECT_EQ(hours().size(), 4U) << "looked at once a day";
}

TEST(Segments, AClockThatIsAheadForAMomentRemovesNothing) {
  for (const int days : {91, 4000}) {
    const test::ScratchDir scratch;
    for (int step = 0; step < 6; ++step) {
      Segments segments(scratch.path());  // each time the program began anew
      const WallTime at =
          kNow + std::chrono::hours(step) + (step == 3 ? std::chrono::days(days) : std::chrono::days(0));
      ASSERT_TRUE(segments.prune({}, at));
      ASSERT_TRUE(segments.append(line_of(a_record_at(step, at)), {}, at));
    }
    EXPECT_EQ(found(scratch.path()).size(), 6U) << days;
    Query today;
    today.since = kNow;
    today.until = kNow + std::chrono::days(1);
    EXPECT_EQ(found(scratch.path(), today).size(), 5U) << days;
  }
}

TEST(Segments, WithAClockThatIsSureWhatIsOldGoesThoughNothingNewIsNoted) {
  const test::ScratchDir scratch;
  Segments segments(scratch.path());
  ASSERT_TRUE(segments.append(line_of(a_record(1)), {}, kNow));
  Segments another(scratch.path());
  ASSERT_TRUE(another.prune({}, kNow + std::chrono::days(89), true));
  EXPECT_EQ(found(scratch.path()).size(), 1U);
  ASSERT_TRUE(another.prune({}, kNow + std::chrono::days(91), false));
  EXPECT_EQ(found(scratch.path()).size(), 1U);
  ASSERT_TRUE(another.prune({}, kNow + std::chrono::days(91), true));
  EXPECT_TRUE(found(scratch.path()).empty());
}

TEST(Segments, AtEveryCutOfTheFileTheWholeLinesAreFoundAndWhatComesNextIsNotLost) {
  const test::ScratchDir scratch;
  std::string text;
  for (int i = 0; i < 4; ++i) text += line_of(a_record(i));
  const std::string first = first_line();
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    std::filesystem::remove_all(scratch.path() + "/h");
    {
      Segments before(scratch.path() + "/h");
      ASSERT_TRUE(before.append(text, {}, kNow));
    }
    ASSERT_EQ(::truncate(newest_in(scratch.path() + "/h").c_str(), static_cast<off_t>(first.size() + cut)), 0);
    Segments after(scratch.path() + "/h");
    ASSERT_TRUE(after.append(line_of(a_record(9)), {}, kNow));
    const std::vector<Record> all = found(scratch.path() + "/h");
    const auto whole = static_cast<std::size_t>(std::ranges::count(text.substr(0, cut), '\n'));
    ASSERT_GE(all.size(), whole + 1) << cut;
    ASSERT_LE(all.size(), whole + 2) << cut;  // the last text of a line may have been cut
    EXPECT_EQ(all.front(), a_record(9)) << cut;
    for (std::size_t i = 0; i < whole; ++i) EXPECT_EQ(all[all.size() - 1 - i], a_record(static_cast<int>(i)));
  }
}

TEST(Segments, AFileThatIsNoneOfOursOrOfANewerVersionIsLeftAlone) {
  for (const std::string text : {"", "x", "postern-history 2\tat\n", "postern-history 1\tat\tkind\treply\n"}) {
    const test::ScratchDir scratch;
    const std::string path = scratch.path() + "/0000000007.history";
    const UniqueFd file(::open(path.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    ASSERT_TRUE(write_all(file.get(), text));
    ASSERT_EQ(::symlink("/etc/passwd", (scratch.path() + "/0000000008.history").c_str()), 0);
    ASSERT_EQ(::mkdir((scratch.path() + "/0000000009.history").c_str(), 0700), 0);
    ASSERT_EQ(::mkfifo((scratch.path() + "/0000000010.history").c_str(), 0600), 0);
    Segments segments(scratch.path());
    const bool written = segments.append(line_of(a_record(1)), {}, kNow).has_value();
    EXPECT_EQ(std::filesystem::file_size(path), text.size());
    if (written) {
      EXPECT_NE(newest_in(scratch.path()), path);
    }
  }
}

TEST(Segments, AFullDiskLosesWhatDoesNotFitAndTheNextLineIsWhole) {
  const test::ScratchDir scratch;
  Segments segments(scratch.path());
  ASSERT_TRUE(segments.append(line_of(a_record(1)), {}, kNow));
  const auto size = static_cast<rlim_t>(bytes_in(scratch.path()));
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto old = ::signal(SIGXFSZ, SIG_IGN);
  rlimit little = before;
  little.rlim_cur = size + 20;  // the middle of a line
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &little), 0);
  const auto refused = segments.append(line_of(a_record(2)), {}, kNow);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  ::signal(SIGXFSZ, old);
  EXPECT_FALSE(refused);
  ASSERT_TRUE(segments.append(line_of(a_record(3)), {}, kNow));
  EXPECT_EQ(found(scratch.path()), (std::vector<Record>{a_record(3), a_record(1)}));
}

TEST(Segments, RecordsOfManyDaysStandInSeveralFilesSoThatTheOldOnesCanGo) {
  const test::ScratchDir scratch;
  HistoryOptions options;
  options.days = 32;
  Segments segments(scratch.path());
  const auto note = [&](int day) {
    const WallTime at = kNow + std::chrono::days(day);
    ASSERT_TRUE(segments.append(line_of(a_record_at(day, at)), options, at));
  };
  for (int day = 0; day < 10; ++day) note(day);
  EXPECT_GE(segment_names(scratch.path())->size(), 3U);
  EXPECT_LE(segment_names(scratch.path())->size(), 6U);
  note(60);
  EXPECT_EQ(found(scratch.path()).size(), 11U) << "one look at the clock makes nothing old";
  note(62);
  EXPECT_EQ(found(scratch.path()).size(), 2U);
}

TEST(Segments, ABatchInWhichTheClockWasSetBackStandsInTwoFiles) {
  const test::ScratchDir scratch;
  Segments segments(scratch.path());
  const WallTime long_ago{Seconds(60)};
  const std::vector<Record> written = {a_record(1), a_record_at(2, long_ago), a_record(3), a_record(4)};
  std::string lines;
  for (const Record& one : written) lines += line_of(one);
  ASSERT_TRUE(segments.append(lines, {}, kNow));
  EXPECT_EQ(segment_names(scratch.path())->size(), 3U);
  std::vector<Record> all = found(scratch.path());
  std::ranges::reverse(all);
  EXPECT_EQ(all, written);
}

TEST(Segments, BehindADamagedFirstLineNothingIsWritten) {
  for (const bool restarts : {false, true}) {
    const test::ScratchDir scratch;
    std::optional<Segments> segments(scratch.path());
    ASSERT_TRUE(segments->append(line_of(a_record(1)), {}, kNow));
    {
      const UniqueFd file(::open(newest_in(scratch.path()).c_str(), O_WRONLY | O_CLOEXEC));
      ASSERT_EQ(::pwrite(file.get(), "XXXX", 4, 0), 4);
    }
    if (restarts) segments.emplace(scratch.path());
    ASSERT_TRUE(segments->append(line_of(a_record(2)), {}, kNow));
    EXPECT_EQ(segment_names(scratch.path())->size(), 2U);
    EXPECT_EQ(found(scratch.path()), std::vector<Record>{a_record(2)});
  }
}

TEST(Segments, FilesThatSomebodyRemovedAreBegunAnew) {
  const test::ScratchDir scratch;
  const std::string directory = scratch.path() + "/h";
  Segments segments(directory);
  ASSERT_TRUE(segments.append(line_of(a_record(1)), {}, kNow));
  std::filesystem::remove_all(directory);
  ASSERT_TRUE(segments.append(line_of(a_record(2)), {}, kNow));
  EXPECT_EQ(found(directory), std::vector<Record>{a_record(2)});
}

}  // namespace
}  // namespace postern::history
