#include "mail/date.h"
#include "mail/report.h"
#include "mail/status.h"
#include "mail/xtext.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

namespace postern::mail {
namespace {

using std::chrono::minutes;

TEST(FormatDate, IsTheDateOfRfc5322) {
  const WallTime time = *parse_rfc3339("2026-11-23T17:04:05.678Z");
  EXPECT_EQ(format_date(time), "Mon, 23 Nov 2026 17:04:05 +0000");
  EXPECT_EQ(format_date(time, minutes(60)), "Mon, 23 Nov 2026 18:04:05 +0100");
  EXPECT_EQ(format_date(time, minutes(-210)), "Mon, 23 Nov 2026 13:34:05 -0330");
  EXPECT_EQ(format_date(time, minutes(7 * 60)), "Tue, 24 Nov 2026 00:04:05 +0700");
  EXPECT_EQ(format_date(WallTime(Milliseconds(0)), minutes(-1)), "Wed, 31 Dec 1969 23:59:00 -0001");
}

TEST(FormatDate, CountsTheDaysOfALeapYear) {
  std::set<std::string> seen;
  for (int day = 0; day < 366; ++day) {
    const std::string date = format_date(*parse_rfc3339("2028-01-01T00:00:00Z") + std::chrono::days(day));
    EXPECT_EQ(date.substr(0, 3), std::string("SatSunMonTueWedThuFri").substr(static_cast<std::size_t>(day % 7) * 3, 3));
    seen.insert(date);
  }
  EXPECT_EQ(seen.size(), 366U);
  EXPECT_TRUE(seen.contains("Tue, 29 Feb 2028 00:00:00 +0000"));
}

TEST(IsDate, KnowsWhatFormatDateWritesAndTheObsoleteForms) {
  for (int day = 0; day < 1000; day += 13) {
    const WallTime time = WallTime(std::chrono::days(20'000 + day)) + std::chrono::minutes(day);
    EXPECT_TRUE(is_date(format_date(time, std::chrono::minutes(120 - day)))) << day;
  }
  for (const std::string good :
       {"23 Nov 2026 17:04:05 +0000", "Mon, 23 Nov 2026 17:04 GMT", "mon,1 nov 26 1:2:3 (CET, x)",
        "Mon 23 Nov 2026 17:04:05", "Montag, 23 Nov 2026 17:04:05 +0100"}) {
    EXPECT_TRUE(is_date(good)) << good;
  }
  for (const std::string bad :
       {"", "now", "Mon Nov 23 17:04:05 2026", "2026-11-23 17:04:05", "23. Nov 2026 17:04", "23 Nov",
        "23 November 2026 17:04", "23 Nov 2026 17", "23 Nov 2026 17:", "23 Nov 2026 17:04:05:06", "23 Nov 20267 17:04",
        "123 Nov 2026 17:04", "23 Okt 2026 17:04", ", ", "at 23 Nov 2026 17:04"}) {
    EXPECT_FALSE(is_date(bad)) << bad;
  }
}

TEST(Xtext, EncodesAndDecodesEveryByte) {
  for (int byte = 0; byte < 256; ++byte) {
    const std::string raw(1, static_cast<char>(byte));
    const std::string coded = xtext_encode(raw);
    for (const char c : coded) EXPECT_TRUE(c > ' ' && c < 0x7F && c != '=');
    EXPECT_EQ(xtext_decode(coded), raw);
  }
  EXPECT_EQ(xtext_encode("a+b=c d"), "a+2Bb+3Dc+20d");
}

TEST(Xtext, RefusesWhatIsNone) {
  for (const std::string_view text : {"+", "+2", "+2b", "+G0", "a b", "a=b", "a\xC3\xA4", "a\n"})
    EXPECT_FALSE(xtext_decode(text)) << text;
}

TEST(Names, AreDistinct) {
  std::set<std::string_view> names;
  for (int step = 0; step <= static_cast<int>(Step::quit); ++step) names.insert(name(static_cast<Step>(step)));
  EXPECT_EQ(names.size(), static_cast<std::size_t>(Step::quit) + 1);
  EXPECT_FALSE(names.contains("unknown"));
  EXPECT_EQ(name(Verdict::delivered), "delivered");
  EXPECT_EQ(name(Verdict::deferred), "deferred");
  EXPECT_EQ(name(Verdict::failed), "failed");
}

TEST(Status, IsShownAsTheServerSaidItWhateverWeTakeItFor) {
  EXPECT_EQ(to_text({Verdict::failed, 550, "5.1.1", "no such user"}), "550 5.1.1 no such user");
  // Taken as temporary: the server's own code leads the text.
  EXPECT_EQ(to_text({Verdict::deferred, 550, "4.7.60", "5.7.60 may not send as this sender"}),
            "550 5.7.60 may not send as this sender");
  EXPECT_EQ(to_text({Verdict::deferred, 552, "4.5.3", "too many"}), "552 too many");
  EXPECT_EQ(to_text({Verdict::failed, 450, "5.4.7", "4.2.1 later"}), "450 4.2.1 later");
  EXPECT_EQ(to_text({Verdict::failed, 0, "5.4.7", "it was tried for five days"}), "5.4.7 it was tried for five days");
  EXPECT_EQ(to_text({Verdict::failed, 554, "", "no"}), "554 no");
  for (const std::string kind : {"4", "5"}) {
    const int code = std::stoi(kind) * 100 + 50;
    EXPECT_EQ(to_text({Verdict::failed, code, kind + ".0.0", "no"}), kind + "50 no") << "ours, and tells nothing";
    EXPECT_EQ(to_text({Verdict::failed, 0, kind + ".0.0", "no"}), kind + ".0.0 no");
    EXPECT_EQ(to_text({Verdict::failed, code, kind + ".0.10", "no"}), kind + "50 " + kind + ".0.10 no");
  }
}

}  // namespace
}  // namespace postern::mail
