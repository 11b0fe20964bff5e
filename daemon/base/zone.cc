#include "base/zone.h"

#include <fmt/format.h>

#include <array>
#include <ctime>

namespace postern {
namespace {

std::tm local(WallTime time) {
  const std::time_t seconds = std::chrono::floor<Seconds>(time).time_since_epoch().count();
  std::tm result{};
  if (::localtime_r(&seconds, &result) == nullptr) ::gmtime_r(&seconds, &result);
  return result;
}

}  // namespace

std::chrono::minutes utc_offset(WallTime time) { return std::chrono::minutes(local(time).tm_gmtoff / 60); }

std::string local_text(WallTime time, const char* format) {
  const std::tm parts = local(time);
  std::array<char, 64> text{};
  return {text.data(), std::strftime(text.data(), text.size(), format, &parts)};
}

std::string to_local_rfc3339(WallTime time) {
  const std::chrono::minutes offset = utc_offset(time);
  std::string text = to_rfc3339(time + offset);
  text.back() = offset.count() < 0 ? '-' : '+';
  const auto distance = std::chrono::abs(offset).count();
  return text + fmt::format("{:02}:{:02}", distance / 60, distance % 60);
}

}  // namespace postern
