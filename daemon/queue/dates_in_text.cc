#include "queue/dates_in_text.h"

#include "base/text.h"
#include "mail/date.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

namespace postern::queue {

bool is_one_of_names(std::string_view word, std::string_view names) {
  constexpr std::size_t kLongest = 12;  // "serialnumber"
  if (word.empty() || word.size() > kLongest) return false;
  const std::string small = to_lower(word);
  for (std::size_t begin = 0; begin < names.size();) {
    const std::size_t end = std::min(names.find(' ', begin), names.size());
    if (names.substr(begin, end - begin) == small) return true;
    begin = end + 1;
  }
  return false;
}

bool names_month(std::string_view word) {
  if (word.empty() || !is_upper(word.front())) return false;
  return mail::is_month(word) ||
         is_one_of_names(word,
                         "january february march april june july august september october november december sept");
}

namespace {

bool is_date(std::uint64_t year, std::uint64_t month, std::uint64_t day) {
  return is_month_number(month) && is_day(day) &&
         std::chrono::year_month_day(std::chrono::year(static_cast<int>(year)),
                                     std::chrono::month(static_cast<unsigned>(month)),
                                     std::chrono::day(static_cast<unsigned>(day)))
             .ok();
}

std::uint64_t number_of_month(std::string_view name) {
  return std::string_view("janfebmaraprmayjunjulaugsepoctnovdec").find(to_lower(name.substr(0, 3))) / 3 + 1;
}

}  // namespace

bool is_day_of_month(std::uint64_t day, std::string_view name) {
  constexpr std::uint64_t kLeapYear = 2024;
  return names_month(name) && is_date(kLeapYear, number_of_month(name), day);
}

bool names_weekday(std::string_view word) {
  if (word.empty() || !is_upper(word.front()) || std::ranges::any_of(word.substr(1), is_upper)) return false;
  return mail::is_weekday(word) || is_one_of_names(word, "monday tuesday wednesday thursday friday saturday sunday");
}

bool names_zone(std::string_view word) {
  if (is_one_of_names(word, "am pm")) return true;
  return std::ranges::none_of(word, is_lower) &&
         is_one_of_names(word,
                         "utc gmt z cet cest eet eest msk bst ist jst kst est edt cst cdt mst mdt pst pdt akst akdt "
                         "hst aest aedt acst acdt awst nzst nzdt sast");
}

bool read_offset(Cursor& from) {
  Cursor to = from;
  if (!to.one_of("+-")) return false;
  const std::string_view hours = to.text.substr(to.at, 2);
  if (!to.digits(2) || *parse_number(hours) > 14) return false;
  (void)to.one_of(":");
  const std::string_view minutes = to.text.substr(to.at, 2);
  if (!to.digits(2) || *parse_number(minutes) % 15 != 0 || *parse_number(minutes) > 45 || !to.word_ends()) return false;
  from = to;
  return true;
}

namespace {

/// "AM" or "UTC" right here, or behind a blank; with two digits before the colon, which slots and ports have, too.
bool says_that_it_is_a_time(Cursor at, bool short_hour) {
  (void)at.one_of(" ");
  const std::string_view letters = at.run(is_letter);
  return is_one_of_names(letters, "am pm") || (!short_hour && !letters.empty() && names_zone(letters));
}

/// "at 02:46", "since 02:46", "Time: 02:46".
bool is_behind_word_of_time(const Cursor& from) {
  std::size_t end = from.at;
  while (end > 0 && (from.text[end - 1] == ' ' || from.text[end - 1] == ':' || from.text[end - 1] == '=')) --end;
  std::size_t begin = end;
  while (begin > 0 && is_letter(from.text[begin - 1])) --begin;
  return is_one_of_names(from.text.substr(begin, end - begin), "at since till until time");
}

}  // namespace

bool read_clock(Cursor& from, bool dated) {
  Cursor to = from;
  const bool short_hour = to.next(1) == ':';
  bool sure = dated || (!short_hour && is_behind_word_of_time(from));
  const auto hour = to.number(1, 2);
  if (!hour || *hour > 24 || !to.one_of(":")) return false;
  const auto minute = to.number(2, 2);
  if (!minute || *minute > 59) return false;
  if (to.next() == ':' && is_digit(to.next(1))) {
    sure = true;
    ++to.at;
    const auto second = to.number(2, 2);
    if (!second || *second > 60) return false;
    if ((to.next() == '.' || to.next() == ',') && is_digit(to.next(1))) {
      ++to.at;
      if (!to.number(1, 9)) return false;
    }
  } else if (to.next() == '.' && is_digit(to.next(1))) {
    return false;  // where a card is in its machine
  }
  if (to.next() == ':' && (is_word(to.next(1)) || to.next(1) == ':')) return false;  // an address of IPv6, or of a card
  if (!sure && !says_that_it_is_a_time(to, short_hour)) return false;
  Cursor zone = to;
  if (const std::string_view letters = zone.run(is_letter); !letters.empty() && names_zone(letters)) to = zone;
  if (!to.word_ends()) return false;
  (void)read_offset(to);
  from = to;
  return true;
}

namespace {

/// What a date stands behind, for what is joined to it: "20261130-0246" is a time in the name of a file, and the number
/// of an order behind that word.
enum class Before {
  nothing,
  name,   ///< "backup-"
  code,   ///< "RMA-": of what is numbered
  thing,  ///< "order ", "Bestellung Nr. "
};

bool is_joint(char c) { return c != '\0' && std::string_view("-_./").find(c) != std::string_view::npos; }

/// By the end of the word, as in "Kundennummer" and "PurchaseOrder".
bool is_numbered(std::string_view word) {
  constexpr auto kShort = std::string_view("no nr num id ref case bug po rma inv order orders lot los batch charge");
  constexpr auto kEnds = std::to_array<std::string_view>(
      {"purchaseorder", "workorder", "ticket",  "tickets", "issue",   "incident",     "invoice",  "request",
       "quote",         "receipt",   "booking", "claim",   "nummer",  "number",       "nr",       "bestellung",
       "auftrag",       "rechnung",  "vorgang", "angebot", "anfrage", "lieferschein", "commande", "facture",
       "pedido",        "factura",   "ordine",  "fattura", "factuur", "bestelling"});
  const std::string small = to_lower(word);
  return is_one_of_names(word, kShort) ||
         std::ranges::any_of(kEnds, [&](std::string_view end) { return small.ends_with(end); });
}

Before what_is_before(const Cursor& from) {
  constexpr std::size_t kLongestWord = 20;
  std::size_t end = from.at;
  while (end > 0 && std::string_view(" \t-_./=:#\"'([").find(from.text[end - 1]) != std::string_view::npos) --end;
  std::size_t begin = end;
  while (begin > 0 && end - begin < kLongestWord && is_letter(from.text[begin - 1])) --begin;
  const std::string_view word = from.text.substr(begin, end - begin);
  if (is_numbered(word)) return Before::thing;
  if (from.at == 0 || !is_joint(from.text[from.at - 1])) return Before::nothing;
  const bool whole = begin == 0 || (!is_word(from.text[begin - 1]) && !is_joint(from.text[begin - 1]));
  return whole && !word.empty() && std::ranges::all_of(word, is_upper) ? Before::code : Before::name;
}

bool is_clock(std::uint64_t hour, std::uint64_t minute, std::uint64_t second) {
  return hour < 24 && minute < 60 && second < 60;
}

/// "0246", "024632". What begins with "00" may be the first ones of the day, and four digits are soon any number.
bool read_clock_of_digits(Cursor& from, char separator, Before what) {
  Cursor to = from;
  const std::string_view digits = to.run(is_digit);
  if (digits.size() != 4 && digits.size() != 6) return false;
  const auto part = [&](std::size_t at) { return at < digits.size() ? *parse_number(digits.substr(at, 2)) : 0; };
  if (!is_clock(part(0), part(2), part(4))) return false;
  if (to.next() != '.' && is_joint(to.next()) && is_digit(to.next(1))) return false;  // the year of another date
  (void)to.one_of("Zz");
  if (separator == 'T' || separator == 't') {
    (void)read_offset(to);
  } else {
    const bool in_file = what == Before::name || (what == Before::nothing && to.next() == '.' && is_letter(to.next(1)));
    const bool known = in_file || (what == Before::nothing && separator == '_') || digits.size() == 6;
    const bool sure = in_file && digits.size() == 6;
    if (what == Before::thing || !known || (part(0) == 0 && !sure)) return false;
  }
  if (!to.word_ends()) return false;
  from = to;
  return true;
}

/// "02-46-32", "02.46.32", "02_46_32", "02-46"
bool read_clock_of_parts(Cursor& from, Before what) {
  Cursor to = from;
  const std::string_view digits = to.text.substr(to.at, 8);
  const auto part = [&](std::size_t at) { return *parse_number(digits.substr(at, 2)); };
  if (what == Before::thing || !to.digits(2)) return false;
  const char separator = to.next();
  if (!to.one_of("-._") || !to.digits(2)) return false;
  std::uint64_t second = 0;
  if (to.next() == separator && is_digit(to.next(1))) {
    ++to.at;
    if (!to.digits(2)) return false;
    second = part(6);
  } else if (separator != '-' || what == Before::code) {
    return false;
  }
  if (!is_clock(part(0), part(3), second) || !to.word_ends()) return false;
  if (to.next() == separator && is_digit(to.next(1))) return false;
  from = to;
  return true;
}

/// A time right behind a date: "T02:46:32Z", ":06:25:02", "T024632Z", "-024632", "_02-46-32".
void read_clock_of_date(Cursor& from, Before what) {
  Cursor to = from;
  const char separator = to.next();
  if (!to.one_of("Tt:_-")) return;
  const bool is_time =
      read_clock(to, true) ||
      (separator != ':' && (read_clock_of_digits(to, separator, what) || read_clock_of_parts(to, what)));
  if (is_time) from = to;
}

/// The rest of a date, if it is one: "2026-11-30-9981" is the number of an order behind that word.
bool read_rest_of_date(Cursor& from, Cursor to) {
  const Before what = what_is_before(from);
  read_clock_of_date(to, what);
  if (!to.word_ends()) return false;
  if (is_joint(to.next()) && is_digit(to.next(1)) && what != Before::name) {
    Cursor more = to;
    ++more.at;
    const std::size_t digits = more.run(is_digit).size();
    // "30.11.2026-02.12.2026" are two dates.
    const bool is_number = digits == 3 || digits == 5 || digits == 6 || (digits == 4 && !is_joint(more.next()));
    if (is_number || what != Before::nothing) return false;
  }
  from = to;
  return true;
}

/// "11", "Nov": what stands for a month between separators.
std::optional<std::uint64_t> read_month(Cursor& from) {
  if (is_digit(from.next())) {
    const auto number = from.number(1, 2);
    return number && is_month_number(*number) ? number : std::nullopt;
  }
  const std::string_view name = from.run(is_letter);
  if (!names_month(name)) return std::nullopt;
  return number_of_month(name);
}

bool is_before_clock(Cursor at) {
  Cursor joined = at;
  read_clock_of_date(joined, Before::nothing);
  if (joined.at != at.at) return true;
  (void)at.one_of(",");
  (void)at.run(is_blank);
  return read_clock(at, true);
}

/// "02:46:32" behind blanks.
bool is_before_seconds(Cursor at) {
  const bool blanks = !at.run(is_blank).empty();
  const std::string_view clock = at.text.substr(at.at, 6);  // "02:46:"
  const std::size_t minutes = clock.find(':');
  return blanks && minutes <= 2 && clock.find(':', minutes + 1) == minutes + 3 && read_clock(at, true);
}

}  // namespace

bool read_date_from_year(Cursor& from) {
  Cursor to = from;
  const auto year = to.number(4, 4);
  if (!year || !is_year(*year)) return false;
  const char separator = to.next();
  if (!to.one_of("-/._")) return false;
  if (to.next() == 'W' && is_digit(to.next(1))) {
    ++to.at;
    if (!to.number(2, 2)) return false;
    if (to.next() == '-' && is_digit(to.next(1))) to.at += 2;
  } else {
    const auto month = read_month(to);
    if (!month || to.next() != separator) return false;
    ++to.at;
    const auto day = to.number(1, 2);
    if (!day || !is_date(*year, *month, *day)) return false;
    constexpr std::size_t kWhole = 10;
    // "2026.11.3" is a version.
    if (separator == '.' && (to.at - from.at != kWhole || !is_before_seconds(to))) return false;
    if (separator == '_' && to.at - from.at != kWhole) return false;
  }
  return read_rest_of_date(from, to);
}

bool read_date_from_day(Cursor& from, std::uint64_t year_now) {
  Cursor to = from;
  const auto first = to.number(1, 2);
  const char separator = to.next();
  if (!first || !is_day(*first) || !to.one_of("-/.")) return false;
  Cursor behind_month = to;
  const auto month = read_month(behind_month);
  const auto second = month ? month : to.number(1, 2);
  if (!second) return false;
  if (month) to = behind_month;
  if (to.next() != separator) return false;
  ++to.at;
  const bool short_year = to.text.substr(to.at, 4).find_first_not_of("0123456789") == 2;
  const auto year = to.number(2, 4);
  // "1.12.26" is a version.
  const bool german = separator == '.' && to.at - from.at == 8;
  if (!year || (short_year ? separator != '/' && !german : !is_year(*year))) return false;
  // "1/1/10" may be a port of a switch.
  const auto is_near_now = [&] { return 2000 + *year + 1 >= year_now && 2000 + *year <= year_now + 1; };
  if (short_year && (!is_near_now() || !is_before_clock(to))) return false;
  const std::uint64_t whole_year = short_year ? 2000 + *year : *year;
  if (!is_date(whole_year, *second, *first) && !is_date(whole_year, *first, *second)) return false;
  return read_rest_of_date(from, to);
}

bool read_compact_date(Cursor& from) {
  Cursor to = from;
  const std::string_view digits = to.run(is_digit);
  if (digits.size() != 8 && digits.size() != 12 && digits.size() != 14) return false;
  const auto part = [&](std::size_t at, std::size_t count) { return *parse_number(digits.substr(at, count)); };
  if (!is_year(part(0, 4)) || !is_date(part(0, 4), part(4, 2), part(6, 2))) return false;
  const Before what = what_is_before(from);
  if (what == Before::thing) return false;
  if (digits.size() == 8) return read_rest_of_date(from, to);
  if (!is_clock(part(8, 2), part(10, 2), digits.size() == 14 ? part(12, 2) : 0)) return false;
  // The first ones of the day, maybe.
  if (digits.size() == 12 && part(8, 2) == 0 && what != Before::name) return false;
  (void)to.one_of("Zz");
  if (!to.word_ends()) return false;
  from = to;
  return true;
}

bool read_short_date(Cursor& from, std::uint64_t year_now) {
  Cursor to = from;
  const std::string_view digits = to.run(is_digit);
  if (digits.size() != 6) return false;
  const std::uint64_t year = 2000 + *parse_number(digits.substr(0, 2));
  if (year + 1 < year_now || year > year_now + 1) return false;
  if (!is_date(year, *parse_number(digits.substr(2, 2)), *parse_number(digits.substr(4, 2)))) return false;
  if (!is_before_seconds(to)) return false;
  from = to;
  return true;
}

bool read_ordinal(Cursor& from) {
  Cursor to = from;
  const auto day = to.number(1, 2);
  if (!day || !is_one_of_names(to.run(is_letter), "st nd rd th") || to.run(is_blank).empty()) return false;
  Cursor month = to;
  if (is_one_of_names(month.run(is_letter), "of") && !month.run(is_blank).empty()) to = month;
  if (!is_day_of_month(*day, Cursor(to).run(is_letter))) return false;
  from = to;
  return true;
}

bool begins_line_of_glog(Cursor at) {
  constexpr std::uint64_t kLeapYear = 2024;
  if (at.at != 0 || !at.one_of("IWEF")) return false;
  const std::string_view digits = at.run(is_digit);
  if (digits.size() != 4) return false;
  if (!is_date(kLeapYear, *parse_number(digits.substr(0, 2)), *parse_number(digits.substr(2, 2)))) return false;
  constexpr std::size_t kSeconds = 9;  // with the blank
  return is_before_seconds(at) && at.next(kSeconds) == '.';
}

}  // namespace postern::queue
