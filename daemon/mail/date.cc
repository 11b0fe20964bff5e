#include "mail/date.h"

#include <array>
#include <cstdio>

namespace postern::mail {

std::string format_date(WallTime time, std::chrono::minutes offset) {
  static constexpr std::array<const char*, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array<const char*, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto local = time + offset;
  const auto day = std::chrono::floor<std::chrono::days>(local);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<Seconds>(local - day));
  const std::chrono::hh_mm_ss zone(std::chrono::abs(offset));

  // snprintf and not fmt: the sendmail shim uses this and must stay small.
  std::array<char, 64> text{};
  const int length = std::snprintf(text.data(), text.size(), "%s, %d %s %04d %02d:%02d:%02d %c%02d%02d",
                                   kDays.at(std::chrono::weekday(day).c_encoding()),
                                   static_cast<int>(static_cast<unsigned>(date.day())),
                                   kMonths.at(static_cast<unsigned>(date.month()) - 1), static_cast<int>(date.year()),
                                   static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                                   static_cast<int>(clock.seconds().count()), offset.count() < 0 ? '-' : '+',
                                   static_cast<int>(zone.hours().count()), static_cast<int>(zone.minutes().count()));
  return {text.data(), static_cast<std::size_t>(length)};
}

}  // namespace postern::mail
