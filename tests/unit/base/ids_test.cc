#include "base/ids.h"

#include "base/text.h"

#include <gtest/gtest.h>

namespace postern {
namespace {

using Microseconds = std::chrono::microseconds;

std::chrono::sys_time<Microseconds> day(int year) { return std::chrono::sys_days(std::chrono::year(year) / 1 / 1); }

TEST(QueueId, SortsByTimeOfAcceptanceAndTellsIt) {
  QueueId last;
  for (int year = 2026; year < 2055; ++year) {
    const QueueId id = QueueId::make(day(year) + Microseconds(1234), 0x3FFFFFFF);
    EXPECT_GT(id, last);
    EXPECT_EQ(id.accepted(), std::chrono::floor<Milliseconds>(day(year) + Microseconds(1234)));
    last = id;
  }
  EXPECT_LT(QueueId::make(day(2026), 0x3FFFFFFF), QueueId::make(day(2026) + Microseconds(1), 0));
}

TEST(QueueId, ReadsBackWhatItWroteAndNothingElse) {
  const QueueId id = QueueId::make(day(2026), 12345);
  EXPECT_EQ(QueueId::parse(id.text()), id);
  EXPECT_FALSE(QueueId::parse(""));
  EXPECT_FALSE(QueueId::parse(id.str() + "0"));
  EXPECT_FALSE(QueueId::parse("../../etc/passwd"));
  for (std::size_t place = 0; place < QueueId::kLength; ++place) {
    for (const char c : {'/', '.', 'A', 'i', 'l', 'o', 'u', '\0', '\n', '-', '*'}) {
      std::string bad = id.str();
      bad[place] = c;
      EXPECT_FALSE(QueueId::parse(bad)) << place << c;
    }
  }
}

TEST(QueueId, DiffersByItsRandomPartWithinOneMicrosecond) {
  EXPECT_NE(QueueId::make(day(2026), 1), QueueId::make(day(2026), 2));
}

TEST(QueueId, IsReadInCapitalsFromPeopleAndFromNoFile) {
  const QueueId id = QueueId::make(day(2026), 12345);
  EXPECT_EQ(QueueId::read(to_upper(id.text())), id);
  EXPECT_EQ(QueueId::read(id.text()), id);
  EXPECT_FALSE(QueueId::parse(to_upper(id.text())));
  for (const std::string bad : {"", "../../ETC/PASSWD", "0P6C9X2M7K4HQ8F", "0P6C9X2M7K4HQ8FO"}) {
    EXPECT_FALSE(QueueId::read(bad)) << bad;
  }
}

}  // namespace
}  // namespace postern
