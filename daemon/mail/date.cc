#include "mail/date.h"

#include "base/text.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace postern::mail {
namespace {

constexpr std::array<const char*, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<const char*, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

bool is_one_of(std::string_view word, const auto& names) {
  return std::ranges::any_of(names, [word](std::string_view one) { return iequals(one, word); });
}

bool has_digits(std::string_view word, std::size_t least, std::size_t most) {
  return word.size() >= least && word.size() <= most && parse_number(word);
}

/// "17:04:05" or "17:04"
bool is_time(std::string_view word) {
  for (int part = 0; part < 3; ++part) {
    const std::string_view digits = word.substr(0, word.find(':'));
    if (!has_digits(digits, 1, 2)) return false;
    if (digits.size() == word.size()) return part > 0;
    word.remove_prefix(digits.size() + 1);
  }
  return false;
}

}  // namespace

std::string format_date(WallTime time, std::chrono::minutes offset) {
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

bool is_weekday(std::string_view word) { return is_one_of(word, kDays); }

bool is_month(std::string_view word) { return is_one_of(word, kMonths); }

bool is_date(std::string_view text) {
  // The first words decide; a field may be as long as the header.
  constexpr std::size_t kLongest = 200;
  text = text.substr(0, kLongest);
  const std::string_view day = text.substr(0, text.find_first_of("0123456789"));
  if (trim(day).ends_with(',') || is_weekday(trim(day))) text.remove_prefix(day.size());
  const auto words = split_words(text);
  return words.size() >= 4 && has_digits(words[0], 1, 2) && is_month(words[1]) && has_digits(words[2], 2, 4) &&
         is_time(words[3]);
}

}  // namespace postern::mail
