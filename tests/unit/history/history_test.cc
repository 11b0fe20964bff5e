#include "history/history.h"

#include "base/ids.h"
#include "history/answers.h"
#include "support/expected_log.h"
#include "support/fake_clock.h"
#include "support/run.h"
#include "support/scratch_dir.h"
#include "unit/history/history_files.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <deque>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <random>

namespace postern::history {
namespace {

struct Desk {
  boost::asio::io_context loop;
  test::FakeClock clock;
  test::ScratchDir scratch;
  std::deque<std::function<void()>> jobs;
  std::string directory = scratch.path() + "/history";

  std::unique_ptr<History> make(HistoryOptions options = {}) {
    return std::make_unique<History>(
        loop.get_executor(), [this](std::function<void()> job) { jobs.push_back(std::move(job)); }, clock, directory,
        options);
  }
  void run_jobs() {
    while (!jobs.empty()) {
      const auto job = std::move(jobs.front());
      jobs.pop_front();
      job();
    }
  }
};

Record at_now(Record record, const test::FakeClock& clock) {
  record[Field::at] = to_rfc3339(clock.wall());
  return record;
}

TEST(History, RecordsAreGatheredAndWrittenTogetherOffTheLoop) {
  Desk desk;
  const auto history = desk.make();
  for (int i = 0; i < 3; ++i) history->note(a_record(i));
  EXPECT_TRUE(desk.jobs.empty());
  history->flush();
  ASSERT_EQ(desk.jobs.size(), 1U);
  EXPECT_TRUE(found(desk.directory).empty());
  history->note(a_record(3));
  history->flush();
  EXPECT_EQ(desk.jobs.size(), 1U) << "the one under way takes it along";
  desk.run_jobs();
  const std::vector<Record> all = found(desk.directory);
  ASSERT_EQ(all.size(), 4U);
  EXPECT_EQ(all.front(), at_now(a_record(3), desk.clock));
}

TEST(History, MuchIsWrittenAtOnceAndWhatADeadDiskDoesNotTakeIsCountedAndBounded) {
  const test::ExpectLog log("were lost");
  Desk desk;
  const auto history = desk.make();
  Record large = a_record(1);
  large[Field::to] = std::string(2000, 'x');
  const std::size_t fit = History::kMost / line_of(large).size();
  for (std::size_t i = 0; i < fit + 500; ++i) history->note(large);
  ASSERT_EQ(desk.jobs.size(), 1U) << "without its time having come";
  desk.run_jobs();
  EXPECT_EQ(found(desk.directory).size(), fit);
  history->note(a_record(2));
  history->flush();
  desk.run_jobs();
  EXPECT_EQ(found(desk.directory).size(), fit + 1);
}

TEST(History, WhatIsGatheredAtTheEndIsWritten) {
  Desk desk;
  desk.make()->note(a_record(1));
  desk.run_jobs();
  EXPECT_EQ(found(desk.directory).size(), 1U);
}

TEST(History, WithoutSizeThereIsNoneAndWithoutSubjectsNoneOfThem) {
  Desk desk;
  HistoryOptions none;
  none.size = 0;
  desk.make(none)->note(a_record(1));
  desk.run_jobs();
  EXPECT_FALSE(std::filesystem::exists(desk.directory));
  HistoryOptions quiet;
  quiet.subjects = false;
  desk.make(quiet)->note(a_record(1));
  desk.run_jobs();
  EXPECT_EQ(found(desk.directory).at(0)[Field::subject], "");
}

TEST(History, WhatWasNotedIsFoundAtOnceThoughNobodyHasWrittenItYet) {
  Desk desk;
  const auto history = desk.make();
  history->note(a_record(1));
  const auto all = history->search({})->next(10);
  ASSERT_TRUE(all);
  EXPECT_EQ(all->records, std::vector<Record>{at_now(a_record(1), desk.clock)});
  history->flush();
  desk.run_jobs();
  EXPECT_EQ(found(desk.directory).size(), 1U);
}

TEST(History, WhatIsOlderThanItsDaysIsNotFoundThoughItsFileIsStillThere) {
  Desk desk;
  const auto history = desk.make();
  history->note(a_record(1));
  history->flush();
  desk.run_jobs();
  const auto count = [&] { return history->search({})->next(10)->records.size(); };
  desk.clock.advance(std::chrono::days(89));
  EXPECT_EQ(count(), 1U);
  desk.clock.advance(std::chrono::days(2));
  EXPECT_EQ(count(), 0U);
}

TEST(History, OneThatIsSwitchedOffIsRemoved) {
  Desk desk;
  HistoryOptions none;
  none.size = 0;
  {
    const auto history = desk.make();
    history->note(a_record(1));
    history->flush();
    desk.run_jobs();
    ASSERT_EQ(found(desk.directory).size(), 1U);
    history->note(a_record(2));
    history->configure(none);
    desk.run_jobs();
    EXPECT_TRUE(found(desk.directory).empty());
    history->note(a_record(3));
    history->configure({});
    history->note(a_record(4));
    history->flush();
    desk.run_jobs();
    ASSERT_EQ(found(desk.directory).size(), 1U);
  }
  desk.run_jobs();
  const auto off = desk.make(none);
  desk.run_jobs();
  EXPECT_TRUE(found(desk.directory).empty()) << "at the start, too";
}

TEST(History, WhileTheSettingsMayBeWrongNothingIsRemovedAndAllIsShown) {
  Desk desk;
  {
    const auto history = desk.make();
    history->note(a_record(1));
  }
  desk.run_jobs();
  desk.clock.advance(std::chrono::days(2));
  HistoryOptions one_day;
  one_day.days = 1;
  HistoryOptions off;
  off.size = 0;
  for (HistoryOptions salvaged : {one_day, off}) {
    salvaged.keep_all = true;
    const auto history = desk.make(salvaged);
    for (int day = 0; day < 3; ++day) {
      history->tidy();
      desk.run_jobs();
      desk.clock.advance(std::chrono::days(1));
    }
    EXPECT_EQ(history->search({})->next(10)->records.size(), 1U);
  }
  const auto history = desk.make(one_day);
  for (int day = 0; day < 2; ++day) {
    history->tidy();
    desk.run_jobs();
    desk.clock.advance(std::chrono::days(1));
  }
  EXPECT_TRUE(found(desk.directory).empty()) << "when they are sure";
}

TEST(History, WhatIsOldIsRemovedAfterADayInWhichTheClockWasRight) {
  Desk desk;
  const auto history = desk.make();
  history->note(a_record(1));
  history->flush();
  desk.run_jobs();
  const auto a_day_later = [&](Milliseconds jump) {
    desk.clock.advance(std::chrono::days(1));
    desk.clock.jump_wall(jump);
    history->tidy();
    desk.run_jobs();
    return found(desk.directory).size();
  };
  EXPECT_EQ(a_day_later(std::chrono::days(91)), 1U) << "it was set";
  EXPECT_EQ(a_day_later(-std::chrono::days(91)), 1U) << "and back";
  EXPECT_EQ(a_day_later({}), 1U);
  EXPECT_EQ(a_day_later(std::chrono::days(91)), 1U);
  EXPECT_EQ(a_day_later({}), 0U) << "and was right";
}

TEST(History, AMessageOfATimeAtWhichTheClockWasAheadIsFoundByItsId) {
  for (const Milliseconds ahead : {Milliseconds(300), Milliseconds(7'200'000), Milliseconds(80'000'000)}) {
    Desk desk;
    const auto history = desk.make();
    const QueueId id = QueueId::make(desk.clock.wall(), 7);
    Record record = a_record(1, Kind::accepted);
    record[Field::id] = id.text();
    history->note(record);
    desk.clock.jump_wall(-ahead);
    record[Field::kind] = name(Kind::delivered);
    history->note(record);
    const Answers answers(
        *history, [](std::function<Result<Search::Found>()> step) -> Task<Result<Search::Found>> { co_return step(); });
    const Result<Story> story = test::wait(desk.loop, answers.story(id.str(), std::nullopt));
    ASSERT_TRUE(story);
    EXPECT_EQ(story->records.size(), 2U) << ahead.count();
  }
}

TEST(History, APartyThatFillsItsShareKeepsNobodyElsesRecordsOut) {
  const test::ExpectLog log("records are left out of the history");
  Desk desk;
  HistoryOptions small;
  small.size = 1024ULL * 1024;
  const auto history = desk.make(small);
  Record large = a_record(1);
  large[Field::to] = std::string(2000, 'x');
  const std::size_t size = line_of(large).size();
  const std::size_t many = 3 * small.size / size;
  for (std::size_t i = 0; i < many; ++i) {
    history->note(large, 1001);
    if (i % 100 == 50) history->note(a_record(2), 1002);
    if (i % 100 == 60) history->note(a_record(0));
  }
  history->flush();
  desk.run_jobs();
  std::map<std::string, std::size_t> by_owner;
  for (const Record& one : found(desk.directory)) ++by_owner[one[Field::owner]];
  EXPECT_NEAR(static_cast<double>(by_owner["1001"] * size), static_cast<double>(small.size) / Shares::kPart, 10'000);
  EXPECT_GE(by_owner["1002"], many / 100);
  EXPECT_GE(by_owner["1000"], many / 100) << "nobody's share";
}

// Random notes, pauses and restarts: nothing is missing without a mark.
TEST(History, WhatAShareHadNoRoomForIsMarkedToTheLastRecord) {
  const test::ExpectLog log("records are left out of the history");
  for (unsigned seed = 0; seed < 10; ++seed) {
    std::mt19937 random(seed);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same each time
    Desk desk;
    HistoryOptions small;
    small.size = 1024ULL * 1024;
    const WallTime began = desk.clock.wall();
    std::size_t noted = 0;
    for (int life = 0; life < 2; ++life) {
      const auto history = desk.make(small);
      for (int i = 0; i < 400; ++i) {
        Record record = a_record(1, random() % 2 == 0 ? Kind::accepted : Kind::delivered);
        const bool neighbour = random() % 10 == 0;
        record[Field::owner] = record[Field::uid] = neighbour ? "1002" : "1001";
        if (!neighbour) record[Field::to] = std::string(1000 + random() % 1000, 'x');
        history->note(record, neighbour ? 1002 : 1001);
        if (!neighbour) ++noted;
        if (random() % 50 == 0) history->tidy();
        desk.clock.advance(Milliseconds(random() % 100'000));
      }
    }
    desk.run_jobs();
    Query of_one;
    of_one.owner = 1001;
    const std::uint64_t missing = left_out(desk.directory, of_one);
    EXPECT_GT(missing, 100U) << seed;
    EXPECT_EQ(found(desk.directory, of_one).size() + missing, noted) << seed;
    EXPECT_EQ(left_out(desk.directory), missing) << seed;
    Query narrow;
    narrow.subject = "whatever else is asked for";
    narrow.id = "0p6c9x2m7k4hq999";
    EXPECT_EQ(left_out(desk.directory, narrow), missing) << seed;
    Query of_neighbour;
    of_neighbour.owner = 1002;
    EXPECT_EQ(left_out(desk.directory, of_neighbour), 0U);
    Query named;
    named.uid = 1002;
    EXPECT_EQ(left_out(desk.directory, named), 0U);
    Query before;
    before.until = began - std::chrono::hours(2);
    EXPECT_EQ(left_out(desk.directory, before), 0U);
    Query behind;
    behind.since = desk.clock.wall() + Seconds(1);
    EXPECT_EQ(left_out(desk.directory, behind), 0U);
  }
}

// The first is marked at once; of a burst the rest within the hour, whoever is noted then.
TEST(History, AMarkStandsWithinAnHourOfWhatItTells) {
  const test::ExpectLog log("records are left out of the history");
  Desk desk;
  HistoryOptions small;
  small.size = 1024ULL * 1024;
  const auto history = desk.make(small);
  Record large = a_record(1);
  large[Field::to] = std::string(2000, 'x');
  for (int i = 0; i < 300; ++i) history->note(large, 1001);
  const WallTime burst = desk.clock.wall();
  for (int i = 0; i < 10; ++i) {
    desk.clock.advance(std::chrono::minutes(10));
    history->note(a_record(2), 1002);
  }
  history->flush();
  desk.run_jobs();
  Query of_the_burst;
  of_the_burst.since = burst;
  of_the_burst.until = burst + Seconds(1);
  EXPECT_EQ(found(desk.directory, of_the_burst).size() + left_out(desk.directory, of_the_burst), 300U);
}

// And before a mark of it stands, by whatever time is asked for.
TEST(History, WhatIsLeftOutIsToldAtOnceToWhomItConcerns) {
  const test::ExpectLog log("records are left out of the history");
  Desk desk;
  HistoryOptions small;
  small.size = 1024ULL * 1024;
  const auto history = desk.make(small);
  Record large = a_record(1);
  large[Field::to] = std::string(2000, 'x');
  for (int i = 0; i < 300; ++i) history->note(large, 1001);
  desk.clock.advance(Seconds(20));
  history->note(large, 1001);
  Query since;
  since.since = desk.clock.wall();
  since.owner = 1001;
  Query by_id = since;
  by_id.files_since = by_id.since;
  by_id.since.reset();
  by_id.id = "0p6c9x2m7k4hq999";
  const std::uint64_t missing = left_out(*history->search({}));
  EXPECT_EQ(found(desk.directory).size() + missing, 301U);
  EXPECT_EQ(left_out(*history->search(since)), missing - 1) << "but for the first, of which there is a mark";
  EXPECT_EQ(left_out(*history->search(by_id)), missing - 1);
  Query other = since;
  other.owner = 1002;
  EXPECT_EQ(left_out(*history->search(other)), 0U);
  Query before;
  before.until = desk.clock.wall() - Seconds(20);
  EXPECT_EQ(left_out(*history->search(before)), 0U);
}

TEST(History, AMarkThatStandsLateTellsSinceWhenItTells) {
  const test::ExpectLog log("records are left out of the history");
  Desk desk;
  HistoryOptions small;
  small.size = 1024ULL * 1024;
  const auto history = desk.make(small);
  Record large = a_record(1);
  large[Field::to] = std::string(2000, 'x');
  for (int i = 0; i < 300; ++i) history->note(large, 1001);
  const WallTime burst = desk.clock.wall();
  desk.clock.advance(std::chrono::hours(5));
  history->note(a_record(2), 1002);
  history->flush();
  desk.run_jobs();
  Query of_the_burst;
  of_the_burst.since = burst;
  of_the_burst.until = burst + Seconds(1);
  EXPECT_EQ(found(desk.directory, of_the_burst).size() + left_out(desk.directory, of_the_burst), 300U);
  Query before;
  before.until = burst;
  EXPECT_EQ(left_out(desk.directory, before), 0U);
}

TEST(History, BeginsWithTheFirstRecordThatIsThere) {
  const test::ScratchDir scratch;
  HistoryOptions options;
  options.days = 16;
  Segments segments(scratch.path());
  const auto begins = [&] { return Search(scratch.path(), {}).next(1)->begins; };
  EXPECT_FALSE(begins());
  for (const int day : {0, 2}) {
    const WallTime at = kNow + std::chrono::days(day);
    ASSERT_TRUE(segments.append(line_of(a_record_at(1, at)), options, at));
  }
  EXPECT_EQ(begins(), kNow);
  std::filesystem::remove(scratch.path() + "/0000000001.history");
  EXPECT_EQ(begins(), kNow + std::chrono::days(2));
}

TEST(History, IsReadInTheTurnsOfWhoeverAsks) {
  Desk desk;
  const auto history = desk.make();
  std::vector<std::optional<std::uint32_t>> asked;
  const StepsOf steps = [&asked](std::optional<std::uint32_t> owner) -> Steps {
    asked.push_back(owner);
    return [](std::function<Result<Search::Found>()> step) -> Task<Result<Search::Found>> { co_return step(); };
  };
  const Answers answers(*history, steps);
  ASSERT_TRUE(test::wait(desk.loop, answers.story("0123456789abcdef", 2001)));
  ASSERT_TRUE(test::wait(desk.loop, answers.page({}, 1)));
  Query of_a_user;
  of_a_user.owner = 2002;
  ASSERT_TRUE(answers.walk(of_a_user, Detail::all));
  EXPECT_EQ(asked, (std::vector<std::optional<std::uint32_t>>{2001, std::nullopt, 2002}));
}

TEST(History, WhatWasNeverWrittenIsChargedToNobody) {
  const test::ExpectLog log("the history cannot be written");
  Desk desk;
  {
    const UniqueFd file(::open(desk.directory.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
  }
  HistoryOptions small;
  small.size = 1024ULL * 1024;
  const auto history = desk.make(small);
  Record large = a_record(1);
  large[Field::to] = std::string(2000, 'x');
  const std::size_t share = small.size / Shares::kPart / line_of(large).size();
  for (std::size_t i = 0; i < 5 * share; ++i) {
    history->note(large, 1001);
    history->flush();
    desk.run_jobs();
  }
  std::filesystem::remove(desk.directory);
  for (std::size_t i = 0; i < share; ++i) history->note(large, 1001);
  history->flush();
  desk.run_jobs();
  EXPECT_EQ(found(desk.directory).size(), share);
}

TEST(History, AfterADiskThatTookNothingItIsToldHowManyAreMissing) {
  const test::ExpectLog log("the history cannot be written");
  Desk desk;
  {
    const UniqueFd file(::open(desk.directory.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
  }
  const auto history = desk.make();
  for (int i = 0; i < 3; ++i) history->note(a_record(i));
  history->flush();
  desk.run_jobs();
  std::filesystem::remove(desk.directory);
  history->note(a_record(3));
  history->flush();
  desk.run_jobs();
  EXPECT_EQ(found(desk.directory).size(), 1U);
}

TEST(History, ADirectoryThatCannotBeHadIsToldOnceAndCostsNothingElse) {
  const test::ExpectLog log("the history cannot be written");
  Desk desk;
  const UniqueFd file(::open(desk.directory.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
  const auto history = desk.make();
  for (int i = 0; i < 3; ++i) {
    history->note(a_record(i));
    history->flush();
    desk.run_jobs();
  }
}

std::size_t lines_in_the_last(const std::string& path, std::uintmax_t bytes) {
  std::ifstream file(path, std::ios::binary);
  file.seekg(-static_cast<std::streamoff>(bytes), std::ios::end);
  return static_cast<std::size_t>(std::count(std::istreambuf_iterator<char>(file), {}, '\n'));
}

// Random records, restarts, and powers cut: what is found is what was written, in its order, but for the last lines of
// the file at which each cut was.
TEST(History, IsWhatWasNotedButForTheEndsThatCrashesCut) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    std::mt19937 random(seed);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same each time
    Desk desk;
    std::vector<Record> model;
    auto history = desk.make();
    for (int step = 0; step < 300; ++step) {
      desk.clock.advance(Milliseconds(random() % 100'000));
      const auto what = random() % 10;
      if (what < 8) {
        const Record record = a_record(step, static_cast<Kind>(random() % 7));
        history->note(record);
        model.push_back(at_now(record, desk.clock));
      } else if (what == 8) {
        history = nullptr;
        desk.run_jobs();
        history = desk.make();
      } else {
        history->flush();
        desk.run_jobs();
        history = desk.make();
        const auto names = segment_names(desk.directory);
        if (!names || names->empty() || model.empty()) continue;
        const std::string path = newest_in(desk.directory);
        const auto size = std::filesystem::file_size(path);
        const auto cut = std::min<std::uintmax_t>(random() % 700, size - first_line().size());
        const std::size_t cut_lines = lines_in_the_last(path, cut);
        std::filesystem::resize_file(path, size - cut);
        // Each line that is not whole is gone; one that lost no more than some of its last text may be found.
        const std::vector<Record> left = found(desk.directory);
        ASSERT_LE(left.size(), model.size());
        ASSERT_GE(left.size() + cut_lines + (cut > 0 ? 1U : 0U), model.size()) << "one may have lost its end before";
        model.resize(left.size());
        if (!left.empty()) model.back() = left.front();
      }
    }
    history = nullptr;
    desk.run_jobs();
    std::vector<Record> all = found(desk.directory);
    std::ranges::reverse(all);
    EXPECT_EQ(all, model) << seed;
  }
}

}  // namespace
}  // namespace postern::history
