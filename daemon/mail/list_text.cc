#include "mail/list_text.h"

#include "base/zone.h"

#include <fmt/format.h>

#include <array>
#include <chrono>

namespace postern::mail {

std::string messages(std::size_t count) { return fmt::format("{} {}", count, count == 1 ? "message" : "messages"); }

std::string all_and_own(std::size_t all, std::size_t own) {
  return fmt::format("{} {}, {} of them yours", messages(all), all == 1 ? "waits" : "wait",
                     own == 0 ? "none" : std::to_string(own));
}

std::string short_size(std::int64_t bytes) {
  constexpr std::array<char, 4> kUnits{'K', 'M', 'G', 'T'};
  if (bytes < 1024) return std::to_string(bytes);
  double size = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  while (size >= 1000 && unit + 1 < kUnits.size()) {
    size /= 1024;
    ++unit;
  }
  return size < 10 ? fmt::format("{:.1f}{}", size, kUnits[unit]) : fmt::format("{:.0f}{}", size, kUnits[unit]);
}

std::string bracketed(const std::string& address) { return address.empty() ? "<>" : address; }

std::string clock_time(WallTime time, WallTime now) {
  const bool today = local_text(time, "%F") == local_text(now, "%F");
  return local_text(time, today ? "%H:%M" : "%b %e %H:%M");
}

std::string near_time(WallTime time, WallTime now) {
  constexpr Seconds kNear{3600};
  return std::chrono::abs(time - now) < kNear ? local_text(time, "%H:%M:%S") : clock_time(time, now);
}

std::string waits_in_storms(std::size_t count, std::optional<WallTime> until, WallTime now) {
  std::string text = messages(count) + (count == 1 ? " waits in a storm" : " wait in storms");
  if (until) text.append(count == 1 ? " until " : ", the first until ").append(near_time(*until, now));
  return text;
}

}  // namespace postern::mail
