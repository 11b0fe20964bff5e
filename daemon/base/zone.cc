#include "base/zone.h"

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

}  // namespace postern
