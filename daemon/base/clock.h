// Time. Wall time is for what people and files see (milliseconds since 1970, UTC); the steady clock
// is for intervals inside the process. Pure code is given `now`; only the edges ask a Clock.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace postern {

using Milliseconds = std::chrono::milliseconds;
using Seconds = std::chrono::seconds;
using WallTime = std::chrono::sys_time<Milliseconds>;
using SteadyTime = std::chrono::steady_clock::time_point;

class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual WallTime wall() const = 0;
  [[nodiscard]] virtual SteadyTime steady() const = 0;
};

[[nodiscard]] Clock& system_clock();

/// 2026-11-23T17:04:05.123Z (RFC 3339), always with milliseconds and in UTC; of the years 0 to 9999.
[[nodiscard]] std::string to_rfc3339(WallTime time);
/// The inverse; the fraction may be missing. Nothing if the text is anything else.
[[nodiscard]] std::optional<WallTime> parse_rfc3339(std::string_view text);

/// 90s -> "1m30s", 3 days 2 h -> "3d2h": the two largest units, for people.
[[nodiscard]] std::string to_words(Seconds duration);

}  // namespace postern
