#include "console/moments.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

namespace postern::console {
namespace {

class Moments : public testing::Test {
 protected:
  Moments() { set_zone("Europe/Berlin"); }
  ~Moments() override { set_zone("UTC"); }
  static void set_zone(const char* zone) {
    ::setenv("TZ", zone, 1);
    ::tzset();
  }
  /// In UTC; empty: it is none.
  static std::string read(std::string_view text, std::string_view now = "2026-11-30T09:30:00Z",
                          Twice twice = Twice::earlier) {
    const auto moment = parse_moment(text, *parse_rfc3339(now), twice);
    return moment ? to_rfc3339(*moment).substr(0, 19) : "";
  }
};

TEST_F(Moments, AreReadAsPeopleWriteThem) {
  struct Case {
    std::string_view text;
    std::string_view moment;
  };
  constexpr Case kCases[] = {
      {"now", "2026-11-30T09:30:00"},
      {"24h", "2026-11-29T09:30:00"},
      {"90s", "2026-11-30T09:28:30"},
      {"1h30m", "2026-11-30T08:00:00"},
      {"5 min", "2026-11-30T09:25:00"},
      {"2d", "2026-11-28T09:30:00"},
      {"today", "2026-11-29T23:00:00"},
      {"Yesterday", "2026-11-28T23:00:00"},
      {"03:00", "2026-11-30T02:00:00"},
      {"3:00", "2026-11-30T02:00:00"},
      {"23:15:30", "2026-11-29T22:15:30"},
      {"2026-11-29", "2026-11-28T23:00:00"},
      {"2026-11-29 03:00", "2026-11-29T02:00:00"},
      {"2026-11-29T03:00:05", "2026-11-29T02:00:05"},
      {" 2026-11-29  03:00 ", "2026-11-29T02:00:00"},
      {"yesterday 03:00", "2026-11-29T02:00:00"},
      {"today 3:00", "2026-11-30T02:00:00"},
      {"2026-07-01", "2026-06-30T22:00:00"},
      {"2026-11-29T03:00:00Z", "2026-11-29T03:00:00"},
      {"2026-11-29T03:00:00.123Z", "2026-11-29T03:00:00"},
      {"2026-11-29T03:00:00.2Z", "2026-11-29T03:00:00"},
      {"2026-11-29T03:00:00.285123Z", "2026-11-29T03:00:00"},
      {"2026-11-29T03:00:00.285123+01:00", "2026-11-29T02:00:00"},
      {"2026-11-29t03:00:00z", "2026-11-29T03:00:00"},
      {"2026-11-29 03:00:00Z", "2026-11-29T03:00:00"},
      {"2026-11-29 03:00:00-05:30", "2026-11-29T08:30:00"},
      {"1w", "2026-11-23T09:30:00"},
      {"2026-11-29T03:00:00+01:00", "2026-11-29T02:00:00"},
      {"2026-11-29T03:00:00-05:30", "2026-11-29T08:30:00"},
      {"2026-11-29T03:00+01:00", "2026-11-29T02:00:00"},
      {"2026-11-29T03:00:00+0100", "2026-11-29T02:00:00"},
      {"2026-11-29T03:00+0530", "2026-11-28T21:30:00"},
      {"2026-11-29 03:00 +0100", "2026-11-29T02:00:00"},
      {"2026-11-29 03:00:05-08", "2026-11-29T11:00:05"},
      {"2026-11-29 03:00 UTC", "2026-11-29T03:00:00"},
      {"2026-11-29 03:00:05 utc", "2026-11-29T03:00:05"},
      {"2026-11-29T03:00Z", "2026-11-29T03:00:00"},
      {"2026-11-29 03:00 GMT", "2026-11-29T03:00:00"},
      {"1h ago", "2026-11-30T08:30:00"},
      {"2d Ago", "2026-11-28T09:30:00"},
  };
  for (const Case& one : kCases) EXPECT_EQ(read(one.text), one.moment) << one.text;
}

TEST_F(Moments, ADayBeforeIsOneOfTheCalendarAlsoWhereAMonthBeginsOrTheClocksChange) {
  EXPECT_EQ(read("yesterday", "2026-11-01T09:00:00Z"), "2026-10-30T23:00:00");
  EXPECT_EQ(read("yesterday", "2026-01-01T09:00:00Z"), "2025-12-30T23:00:00");
  EXPECT_EQ(read("yesterday", "2026-10-26T09:00:00Z"), "2026-10-24T22:00:00") << "a day of 25 hours";
  EXPECT_EQ(read("12:00", "2026-10-25T09:00:00Z"), "2026-10-24T10:00:00");
}

TEST_F(Moments, OfAnHourThatIsThereTwiceTheFirstOrTheSecondIsMeantAsAsked) {
  struct Case {
    const char* zone;
    std::string_view text;
    std::string_view earlier;
    std::string_view later;
  };
  constexpr Case kCases[] = {
      {"Europe/Berlin", "2026-10-25 02:30", "2026-10-25T00:30:00", "2026-10-25T01:30:00"},
      {"Europe/Berlin", "2026-10-25 02:00", "2026-10-25T00:00:00", "2026-10-25T01:00:00"},
      {"Europe/Berlin", "2026-10-25 02:59:59", "2026-10-25T00:59:59", "2026-10-25T01:59:59"},
      {"Europe/Berlin", "2026-10-25 01:59:59", "2026-10-24T23:59:59", "2026-10-24T23:59:59"},
      {"Europe/Berlin", "2026-10-25 03:00", "2026-10-25T02:00:00", "2026-10-25T02:00:00"},
      {"Europe/Berlin", "2026-10-25", "2026-10-24T22:00:00", "2026-10-24T22:00:00"},
      {"America/New_York", "2026-11-01 01:30", "2026-11-01T05:30:00", "2026-11-01T06:30:00"},
      {"Europe/Dublin", "2026-10-25 01:30", "2026-10-25T00:30:00", "2026-10-25T01:30:00"},
      {"Australia/Sydney", "2026-04-05 02:30", "2026-04-04T15:30:00", "2026-04-04T16:30:00"},
      {"UTC", "2026-10-25 02:30", "2026-10-25T02:30:00", "2026-10-25T02:30:00"},
      {"Asia/Tokyo", "2026-10-25 02:30", "2026-10-24T17:30:00", "2026-10-24T17:30:00"},
  };
  for (const Case& one : kCases) {
    set_zone(one.zone);
    EXPECT_EQ(read(one.text), one.earlier) << one.zone << " " << one.text;
    EXPECT_EQ(read(one.text, "2026-11-30T09:30:00Z", Twice::later), one.later) << one.zone << " " << one.text;
  }
  set_zone("Europe/Berlin");
  EXPECT_EQ(read("02:30", "2026-10-25T00:45:00Z", Twice::later), "2026-10-25T00:30:00") << "it was so late once yet";
  EXPECT_EQ(read("02:30", "2026-10-25T02:00:00Z", Twice::later), "2026-10-25T01:30:00");
  EXPECT_NE(read("2026-03-29 02:30"), "") << "an hour that is left out is near by";
}

TEST_F(Moments, WhatIsNoneIsNotGuessed) {
  for (const std::string_view text : {"",
                                      " ",
                                      "whenever",
                                      "tomorrow",
                                      "25:00",
                                      "03:60",
                                      "3",
                                      "2026",
                                      "03:0",
                                      "2026-11-29T03:00:00.Z",
                                      "2026-11-29T03:00:00.12",
                                      "2026-13-01",
                                      "2026-02-30",
                                      "2026-11-29 25:00",
                                      "2026-11-29T",
                                      "29.11.2026",
                                      "11/29/2026",
                                      "2026-11-29 03:00 CET",
                                      "2026-11-29 UTC",
                                      "UTC",
                                      "2026-11-29T03:00+1",
                                      "2026-11-29T03:00+24:00",
                                      "2026-11-29T03:00+01:0x",
                                      "2026-11-29+01:00",
                                      "3 ago",
                                      "ago",
                                      " ago",
                                      "yesterday ago",
                                      "-1h",
                                      "yesterday at 3",
                                      "99999999999d"}) {
    EXPECT_EQ(read(text), "") << text;
  }
}

}  // namespace
}  // namespace postern::console
