#include "mail/tally.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <string>

namespace postern::mail {
namespace {

/// 9 stands for a digit, a for a letter or digit, all else for itself.
bool begins_like(std::string_view text, std::string_view form) {
  if (text.size() < form.size()) return false;
  return std::ranges::equal(text.substr(0, form.size()), form, [](char c, char f) {
    if (f == '9') return std::isdigit(static_cast<unsigned char>(c)) != 0;
    if (f == 'a') return std::isalnum(static_cast<unsigned char>(c)) != 0;
    return c == f;
  });
}

TEST(Tally, ALineCountsForNullmailerAndForEximWhateverItsNumber) {
  ::setenv("TZ", "UTC", 1);
  const WallTime now = std::chrono::sys_days(std::chrono::year(2026) / 11 / 29) + Seconds(3661);
  EXPECT_EQ(tally_line(17, now), "2026-11-29 01:01:01 0 bytes 000000-000017-00 \n");
  for (const std::uint64_t number : {1ULL, 999'999ULL, 1'000'000ULL, 123'456'789ULL, 999'999'999'999ULL}) {
    const std::string line = tally_line(number, now);
    EXPECT_TRUE(begins_like(line, "9999-99-99 99:99:99 9 bytes")) << line;
    const std::size_t blank = line.find("bytes ") + 5;
    EXPECT_TRUE(begins_like(std::string_view(line).substr(blank), " aaaaaa-aaaaaa-aa ")) << line;
    EXPECT_EQ(std::ranges::count(line, '\n'), 1) << line;
  }
  EXPECT_NE(tally_line(1, now), tally_line(1'000'001, now));
}

TEST(Tally, TheTotalCountsForSendmail) { EXPECT_EQ(tally_total(3), "                Total Requests: 3\n"); }

/// What stands above is itself no message to anybody.
TEST(Tally, TheHeadingCountsForNobody) {
  EXPECT_FALSE(begins_like(tally_heading(), "9"));
  EXPECT_EQ(tally_heading().find("equests:"), std::string::npos);
  EXPECT_EQ(std::ranges::count(tally_heading(), '\n'), 1);
}

}  // namespace
}  // namespace postern::mail
