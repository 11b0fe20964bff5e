// What a start after a crash tells the history once more.
#include "history/repeats.h"

#include "unit/history/a_record.h"

#include <gtest/gtest.h>

#include <string>

namespace postern::history {
namespace {

Record gathered_in(const std::string& digest, int message = 1) {
  Record record = a_record(message, Kind::gathered);
  record[Field::digest] = digest;
  return record;
}

TEST(HistoryRepeats, ThatItWentInADigestIsToldOnceWheneverItWasNoted) {
  Repeats repeats;
  Record later = gathered_in("0p6c9x2m7k4hq107");
  later[Field::at] = to_rfc3339(WallTime(Milliseconds(1'800'000'000'000)));
  EXPECT_FALSE(repeats.has(later));
  EXPECT_FALSE(repeats.has(gathered_in("0p6c9x2m7k4hq107", 2)));
  EXPECT_TRUE(repeats.has(gathered_in("0p6c9x2m7k4hq107")));
  EXPECT_TRUE(repeats.has(gathered_in("0p6c9x2m7k4hq107", 2)));
  EXPECT_FALSE(repeats.has(gathered_in("0p6c9x2m7k4hq108"))) << "that it went in another one, too, is news";
  Record of_others = gathered_in("0p6c9x2m7k4hq107");
  of_others[Field::to] = "ops@example.com";
  EXPECT_FALSE(repeats.has(of_others)) << "the next of very many recipients";
}

TEST(HistoryRepeats, ThatADigestWasTakenIsToldOnce) {
  Repeats repeats;
  Record digest = a_record(1, Kind::accepted);
  digest[Field::reply] = "storm digest";
  EXPECT_FALSE(repeats.has(digest));
  EXPECT_TRUE(repeats.has(digest));
  digest[Field::id] = a_record(2)[Field::id];
  EXPECT_FALSE(repeats.has(digest));
}

TEST(HistoryRepeats, AllElseIsToldAsOftenAsItHappened) {
  Repeats repeats;
  for (const Kind kind :
       {Kind::accepted, Kind::delivered, Kind::deferred, Kind::failed, Kind::bounced, Kind::deleted, Kind::refused}) {
    EXPECT_FALSE(repeats.has(a_record(1, kind)));
    EXPECT_FALSE(repeats.has(a_record(1, kind))) << name(kind);
  }
}

TEST(HistoryRepeats, OfVeryManyTheMemoryIsBounded) {
  Repeats repeats;
  for (std::size_t i = 0; i < 2 * Repeats::kMost; ++i) {
    Record one = gathered_in("0p6c9x2m7k4hq107");
    one[Field::id] = std::to_string(i);
    EXPECT_FALSE(repeats.has(one));
  }
  // Of those that were forgotten.
  Record first = gathered_in("0p6c9x2m7k4hq107");
  first[Field::id] = "0";
  EXPECT_FALSE(repeats.has(first));
}

}  // namespace
}  // namespace postern::history
