#include "history/record.h"

#include "base/clock.h"
#include "unit/history/a_record.h"

#include <gtest/gtest.h>

namespace postern::history {
namespace {

LineReader own_reader() {
  const std::string first = first_line();
  return *LineReader::of(std::string_view(first).substr(0, first.size() - 1));
}

std::optional<Record> back(const std::string& line) {
  const auto view = own_reader().read(std::string_view(line).substr(0, line.size() - 1));
  return view ? std::optional(view->record()) : std::nullopt;
}

TEST(HistoryRecord, EachKindAndFieldHasANameOfItsOwn) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kFields; ++i) names.insert(name(static_cast<Field>(i)));
  EXPECT_EQ(names.size(), kFields);
  for (int i = 0; i < static_cast<int>(kKindCount); ++i) {
    EXPECT_EQ(kind_named(name(static_cast<Kind>(i))), static_cast<Kind>(i));
  }
  EXPECT_FALSE(kind_named(""));
  EXPECT_FALSE(kind_named("lost"));
}

TEST(HistoryRecord, IsReadBackAsItWasWritten) {
  for (int kind = 0; kind < static_cast<int>(kKindCount); ++kind) {
    const Record record = a_record(kind, static_cast<Kind>(kind));
    const std::string line = line_of(record);
    EXPECT_EQ(line.find('\n'), line.size() - 1);
    EXPECT_EQ(back(line), record);
  }
}

TEST(HistoryRecord, NoTextOfOthersEndsItsFieldOrItsLineOrGrowsWithoutEnd) {
  for (std::size_t field = 0; field < kFields; ++field) {
    if (static_cast<Field>(field) == Field::kind || static_cast<Field>(field) == Field::at) continue;
    for (const std::string& hostile :
         {std::string("a\tb\nc\rd\0e\x1b[2J", 14), std::string("\xff\xfe\xc3"), std::string(100'000, '\t'),
          std::string(100'000, 'x'), std::string("\u202e\u0085")}) {
      Record record = a_record(1);
      const Record other = record;
      record.texts[field] = hostile;
      const std::string line = line_of(record);
      ASSERT_LE(line.size(), kLongestLine);
      EXPECT_EQ(line.find('\n'), line.size() - 1);
      const auto read = back(line);
      ASSERT_TRUE(read) << name(static_cast<Field>(field));
      for (std::size_t i = 0; i < kFields; ++i) {
        if (i != field) {
          EXPECT_EQ(read->texts[i], other.texts[i]);
        }
      }
    }
  }
}

TEST(HistoryRecord, ARowGivesBackItsTextsAndTakesNoneInPart) {
  const std::vector<std::string> texts = {"a@example.com", "", "-", "\"two words\"@example.com", "\xff"};
  Row row(Field::to);
  for (const std::string& text : texts) EXPECT_TRUE(row.add(text));
  EXPECT_EQ(texts_in_row(row.text()),
            (std::vector<std::string>{"a@example.com", "", "-", "\"two words\"@example.com", "\\xff"}));
  EXPECT_TRUE(texts_in_row("").empty());
  Row empty(Field::original);
  EXPECT_TRUE(empty.add("") && empty.add(""));
  EXPECT_EQ(empty.text(), "") << "nobody was named otherwise";
  Row full(Field::to);
  std::size_t taken = 0;
  while (full.add("somebody@example.com")) ++taken;
  EXPECT_GT(taken, 50U);
  EXPECT_EQ(texts_in_row(full.text()), std::vector<std::string>(taken, "somebody@example.com"));
  Record record = a_record(1);
  record[Field::to] = full.text();
  EXPECT_EQ(back(line_of(record)), record);
}

TEST(HistoryRecord, ALineThatWasCutIsNoRecordUnlessOnlyItsLastTextIsShorter) {
  const std::string line = line_of(a_record(1));
  const std::size_t reply = line.rfind('\t');
  for (std::size_t length = 0; length <= reply; ++length) {
    EXPECT_FALSE(own_reader().read(std::string_view(line).substr(0, length))) << length;
  }
  EXPECT_TRUE(own_reader().read(std::string_view(line).substr(0, line.size() - 5)));
  // Two lines run together where a crash cut the first.
  for (std::size_t length = 1; length < line.size() - 1; ++length) {
    const std::string both = line.substr(0, length) + line.substr(0, line.size() - 1);
    const auto view = own_reader().read(both);
    EXPECT_TRUE(!view || view->record()[Field::reply].size() <= both.size());
  }
}

TEST(HistoryRecord, AFileOfAnotherVersionIsReadByTheNamesOfItsFields) {
  const auto newer = LineReader::of("postern-history 1\tkind\tat\tmood\tto\treply");
  ASSERT_TRUE(newer);
  const auto view = newer->read("failed\t2026-11-29T03:00:01.000Z\tbad\tb@example.com\t550 no");
  ASSERT_TRUE(view);
  EXPECT_EQ((*view)[Field::kind], "failed");
  EXPECT_EQ((*view)[Field::to], "b@example.com");
  EXPECT_EQ((*view)[Field::from], "");
  EXPECT_FALSE(newer->read("failed\t2026-11-29T03:00:01.000Z\tbad\tb@example.com"));
  EXPECT_FALSE(LineReader::of("postern-history 2\tkind"));
  EXPECT_FALSE(LineReader::of(""));
  EXPECT_FALSE(LineReader::of("something else"));
}

}  // namespace
}  // namespace postern::history
