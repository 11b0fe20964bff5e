#include "base/clock.h"

#include "base/text.h"

#include <fmt/format.h>

#include <array>

namespace postern {
namespace {

class SystemClock final : public Clock {
 public:
  [[nodiscard]] WallTime wall() const override {
    return std::chrono::floor<Milliseconds>(std::chrono::system_clock::now());
  }
  [[nodiscard]] SteadyTime steady() const override { return std::chrono::steady_clock::now(); }
};

/// The number in `text[from, from + count)`, or nothing.
std::optional<unsigned> number_at(std::string_view text, std::size_t from, std::size_t count) {
  const auto number = parse_number(text.substr(from, count));
  if (!number) return std::nullopt;
  return static_cast<unsigned>(*number);
}

std::optional<Milliseconds> parse_fraction(std::string_view text) {
  if (text.empty()) return Milliseconds(0);
  if (text.front() != '.' || text.size() != 4) return std::nullopt;
  const auto number = number_at(text, 1, 3);
  if (!number) return std::nullopt;
  return Milliseconds(*number);
}

/// Without a formatting library: several of these stand in the lines of each delivery.
void put_number(std::string& text, std::size_t at, std::size_t digits, std::int64_t number) {
  for (std::size_t i = at + digits; i > at; number /= 10) text[--i] = static_cast<char>('0' + number % 10);
}

}  // namespace

Clock& system_clock() {
  static SystemClock clock;
  return clock;
}

std::string to_rfc3339(WallTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  std::string text = "0000-00-00T00:00:00.000Z";
  put_number(text, 0, 4, static_cast<int>(date.year()));
  put_number(text, 5, 2, static_cast<unsigned>(date.month()));
  put_number(text, 8, 2, static_cast<unsigned>(date.day()));
  put_number(text, 11, 2, clock.hours().count());
  put_number(text, 14, 2, clock.minutes().count());
  put_number(text, 17, 2, clock.seconds().count());
  put_number(text, 20, 3, clock.subseconds().count());
  return text;
}

std::optional<WallTime> parse_rfc3339(std::string_view text) {
  constexpr std::string_view kShape = "dddd-dd-ddTdd:dd:dd";
  if (text.size() < kShape.size() + 1 || text.back() != 'Z') return std::nullopt;
  for (std::size_t i = 0; i < kShape.size(); ++i) {
    if (kShape[i] != 'd' && text[i] != kShape[i]) return std::nullopt;
  }
  const auto year = number_at(text, 0, 4);
  const auto month = number_at(text, 5, 2);
  const auto day = number_at(text, 8, 2);
  const auto hour = number_at(text, 11, 2);
  const auto minute = number_at(text, 14, 2);
  const auto second = number_at(text, 17, 2);
  const auto fraction = parse_fraction(text.substr(kShape.size(), text.size() - kShape.size() - 1));
  if (!year || !month || !day || !hour || !minute || !second || !fraction) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*year)), std::chrono::month(*month),
                                         std::chrono::day(*day)};
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  return WallTime(std::chrono::sys_days(date)) + std::chrono::hours(*hour) + std::chrono::minutes(*minute) +
         Seconds(*second) + *fraction;
}

std::string to_words(Seconds duration) {
  struct Unit {
    char letter;
    long seconds;
  };
  constexpr std::array<Unit, 4> kUnits{{{'d', 86400}, {'h', 3600}, {'m', 60}, {'s', 1}}};
  long rest = std::max<long>(duration.count(), 0);
  std::string out;
  for (std::size_t i = 0; i < kUnits.size(); ++i) {
    if (rest < kUnits[i].seconds && i + 1 < kUnits.size()) continue;
    out = fmt::format("{}{}", rest / kUnits[i].seconds, kUnits[i].letter);
    rest %= kUnits[i].seconds;
    if (i + 1 < kUnits.size() && rest >= kUnits[i + 1].seconds) {
      out += fmt::format("{}{}", rest / kUnits[i + 1].seconds, kUnits[i + 1].letter);
    }
    break;
  }
  return out;
}

}  // namespace postern
