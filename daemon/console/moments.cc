#include "console/moments.h"

#include "base/text.h"
#include "console/arguments.h"

#include <algorithm>
#include <ctime>
#include <string>

namespace postern::console {
namespace {

struct TimeOfDay {
  int hour = 0;
  int minute = 0;
  int second = 0;
};

/// Digits of exactly this width at the front; they are taken off.
std::optional<int> take_digits(std::string_view& text, std::size_t width) {
  if (text.size() < width) return std::nullopt;
  const auto number = parse_number(text.substr(0, width));
  if (!number) return std::nullopt;
  text.remove_prefix(width);
  return static_cast<int>(*number);
}

bool take(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

/// "3:00", "03:00" or "03:00:05".
std::optional<TimeOfDay> parse_time_of_day(std::string_view text) {
  TimeOfDay time;
  const auto hour = take_digits(text, text.find(':') == 1 ? 1 : 2);
  if (!hour || !take(text, ':')) return std::nullopt;
  const auto minute = take_digits(text, 2);
  if (!minute) return std::nullopt;
  time.hour = *hour;
  time.minute = *minute;
  if (take(text, ':')) {
    const auto second = take_digits(text, 2);
    if (!second) return std::nullopt;
    time.second = *second;
  }
  const bool well = text.empty() && time.hour < 24 && time.minute < 60 && time.second < 60;
  return well ? std::optional(time) : std::nullopt;
}

std::tm local_parts(WallTime time) {
  const std::time_t seconds = std::chrono::floor<Seconds>(time).time_since_epoch().count();
  std::tm parts{};
  if (::localtime_r(&seconds, &parts) == nullptr) ::gmtime_r(&seconds, &parts);
  return parts;
}

/// That day at that time, by the zone of this machine.
std::optional<WallTime> moment_of(std::tm day, const TimeOfDay& time, Twice twice) {
  day.tm_hour = time.hour;
  day.tm_min = time.minute;
  day.tm_sec = time.second;
  std::optional<std::time_t> found;
  for (const int summer : {1, 0}) {
    std::tm parts = day;
    parts.tm_isdst = summer;
    const std::time_t seconds = ::mktime(&parts);
    // Where it is the other time of the year, it comes out an hour off.
    if (seconds == -1 || parts.tm_isdst != summer || parts.tm_hour != time.hour) continue;
    if (!found || (seconds < *found) == (twice == Twice::earlier)) found = seconds;
  }
  day.tm_isdst = -1;
  // An hour that the clocks leave out is what mktime() takes it for.
  const std::time_t seconds = found ? *found : ::mktime(&day);
  if (seconds == -1) return std::nullopt;
  return WallTime(Seconds(seconds));
}

/// The last time it was so late.
std::optional<WallTime> last_time(const TimeOfDay& time, WallTime now, Twice twice) {
  std::tm day = local_parts(now);
  for (const Twice one : {twice, Twice::earlier}) {
    const auto today = moment_of(day, time, one);
    if (today && *today <= now) return today;
  }
  --day.tm_mday;
  return moment_of(day, time, twice);
}

/// "today", "yesterday", "2026-11-29".
std::optional<std::tm> parse_day(std::string_view text, WallTime now) {
  std::tm day = local_parts(now);
  if (iequals(text, "today")) return day;
  if (iequals(text, "yesterday")) {
    --day.tm_mday;  // mktime() finds the month before
    return day;
  }
  const auto year = take_digits(text, 4);
  if (!year || !take(text, '-')) return std::nullopt;
  const auto month = take_digits(text, 2);
  if (!month || !take(text, '-')) return std::nullopt;
  const auto of_month = take_digits(text, 2);
  if (!of_month || !text.empty()) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*of_month))};
  if (!date.ok()) return std::nullopt;
  day.tm_year = *year - 1900;
  day.tm_mon = *month - 1;
  day.tm_mday = *of_month;
  return day;
}

/// Seconds, their fraction in as many digits as parse_rfc3339() reads, and what RFC 3339 section 5.6 lets one write
/// otherwise: a small letter, or a blank, for the T. In UTC.
std::optional<WallTime> parse_day_and_time(std::string_view text) {
  constexpr std::size_t kDay = 10;
  constexpr std::size_t kMinute = 16;
  constexpr std::size_t kSecond = 19;
  std::string made(text);
  if (made.size() > kDay && (made[kDay] == ' ' || made[kDay] == 't')) made[kDay] = 'T';
  if (made.size() == kMinute) made += ":00";
  if (made.size() > kSecond && made[kSecond] == '.') {
    std::string digits = made.substr(kSecond + 1);
    const bool well = !digits.empty() && digits.find_first_not_of("0123456789") == std::string::npos;
    if (!well) return std::nullopt;
    digits.resize(3, '0');
    made = made.substr(0, kSecond + 1) + digits;
  }
  return parse_rfc3339(made + "Z");
}

/// "+01:00", "+0100" or "+01", without its sign.
std::optional<std::chrono::minutes> parse_distance(std::string_view text) {
  const auto hours = take_digits(text, 2);
  if (!hours || *hours > 23) return std::nullopt;
  if (text.empty()) return std::chrono::hours(*hours);
  take(text, ':');
  const auto minutes = take_digits(text, 2);
  if (!minutes || *minutes > 59 || !text.empty()) return std::nullopt;
  return std::chrono::minutes(*hours * 60 + *minutes);
}

/// With a zone of its own: RFC 3339, and as date(1) writes it.
std::optional<WallTime> parse_zoned(std::string_view text) {
  constexpr std::size_t kDay = 10;  // there are signs in it
  for (const std::string_view utc : {"Z", "UTC", "GMT"}) {
    if (text.size() > kDay && iequals(text.substr(text.size() - utc.size()), utc))
      return parse_day_and_time(trim(text.substr(0, text.size() - utc.size())));
  }
  const std::size_t sign = text.find_last_of("+-");
  if (sign == std::string_view::npos || sign <= kDay) return std::nullopt;
  const auto distance = parse_distance(text.substr(sign + 1));
  const auto there = parse_day_and_time(trim(text.substr(0, sign)));
  if (!distance || !there) return std::nullopt;
  return text[sign] == '+' ? *there - *distance : *there + *distance;
}

}  // namespace

std::optional<WallTime> parse_moment(std::string_view text, WallTime now, Twice twice) {
  constexpr std::string_view kAgo = " ago";
  text = trim(text);
  if (iequals(text, "now")) return now;
  const bool ago = text.size() > kAgo.size() && iequals(text.substr(text.size() - kAgo.size()), kAgo);
  if (ago) text = trim(text.substr(0, text.size() - kAgo.size()));
  if (const auto age = parse_age(text)) return now - Seconds(*age);
  if (ago) return std::nullopt;
  if (const auto zoned = parse_zoned(text)) return zoned;
  if (const auto time = parse_time_of_day(text)) return last_time(*time, now, twice);
  const std::size_t between = text.find_first_of(" T", 1);
  // The T of "Today" is at the front.
  const bool two = between != std::string_view::npos;
  const auto day = parse_day(text.substr(0, between), now);
  const auto time = two ? parse_time_of_day(trim(text.substr(between + 1))) : std::optional(TimeOfDay());
  return day && time ? moment_of(*day, *time, twice) : std::nullopt;
}

}  // namespace postern::console
