// Dates and times as people and programs write them, found where a word begins. The functions read one from the place,
// or leave that where it is. Pure.
#pragma once

#include "queue/text_cursor.h"

#include <cstdint>
#include <string_view>

namespace postern::queue {

constexpr bool is_year(std::uint64_t number) { return number >= 1970 && number <= 2099; }
constexpr bool is_day(std::uint64_t number) { return number >= 1 && number <= 31; }
constexpr bool is_month_number(std::uint64_t number) { return number >= 1 && number <= 12; }

/// In any case of letters; `names` are small, with blanks between them.
[[nodiscard]] bool is_one_of_names(std::string_view word, std::string_view names);
/// With a capital: "may" is another word.
[[nodiscard]] bool names_month(std::string_view word);
/// The month has such a day, in some year.
[[nodiscard]] bool is_day_of_month(std::uint64_t day, std::string_view name);
/// "Mon", "Monday": neither "mon", which is a machine, nor "SAT".
[[nodiscard]] bool names_weekday(std::string_view word);
/// In capitals but for "am", "pm". Not those that are other words, too: "WEST".
[[nodiscard]] bool names_zone(std::string_view word);

/// "+0100", "-03:30": of a time that some place has.
[[nodiscard]] bool read_offset(Cursor& from);
/// "2:46 AM", "02:46 UTC", "at 02:46", "02:46:32", "02:46:32.123", with an offset or letters that stand at it. "02:46"
/// and "2:46" by themselves, which may be a slot, are ones only where they are `dated`, right behind a date; "03:00.0"
/// is none.
[[nodiscard]] bool read_clock(Cursor& from, bool dated);
/// "2026-11-30", "2026/11/30", "2026_11_30", "2026-Nov-30", "2026-W49-1", "2026.11.30" before a time, with a time right
/// behind it. In this and the next two what is joined to the date is a time only if it can be one; where it cannot, or
/// a word like "order" stands before, it is the number of a thing.
[[nodiscard]] bool read_date_from_year(Cursor& from);
/// "30.11.2026", "11/30/2026", "30-Nov-2026", "30/Nov/2026:06:25:02"; "11/30/26" and "30.11.26" only before a time, and
/// only if that is about the year that it is now.
[[nodiscard]] bool read_date_from_day(Cursor& from, std::uint64_t year_now);
/// "20261130", "20261130024632", "20261130T024632Z"
[[nodiscard]] bool read_compact_date(Cursor& from);
/// "261130" before a time with seconds, if it is about the year that it is now.
[[nodiscard]] bool read_short_date(Cursor& from, std::uint64_t year_now);
/// "30th" and "30th of", before a month.
[[nodiscard]] bool read_ordinal(Cursor& from);
/// "E1130 02:46:32.123456"
[[nodiscard]] bool begins_line_of_glog(Cursor at);

}  // namespace postern::queue
