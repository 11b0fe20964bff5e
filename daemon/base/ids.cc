#include "base/ids.h"

#include "base/text.h"

#include <algorithm>

namespace postern {
namespace {

// Crockford's alphabet in lower case: ascending in ASCII, no characters that look alike.
constexpr std::string_view kDigits = "0123456789abcdefghjkmnpqrstvwxyz";

}  // namespace

// Ten digits hold 50 bits: 35 years of microseconds. Counted from 2020 they last until 2055.
constexpr std::chrono::sys_time<std::chrono::microseconds> kEpoch =
    std::chrono::sys_days(std::chrono::year(2020) / std::chrono::January / 1);

QueueId QueueId::make(std::chrono::sys_time<std::chrono::microseconds> accepted, std::uint64_t random) {
  const auto since = std::max<std::chrono::microseconds>(accepted - kEpoch, std::chrono::microseconds(0));
  auto time = static_cast<std::uint64_t>(since.count());
  QueueId id;
  for (std::size_t i = kTimeLength; i > 0; --i, time >>= 5U) id.text_[i - 1] = kDigits[time & 31U];
  for (std::size_t i = kLength; i > kTimeLength; --i, random >>= 5U) id.text_[i - 1] = kDigits[random & 31U];
  return id;
}

std::optional<QueueId> QueueId::parse(std::string_view text) {
  if (text.size() != kLength || text.find_first_not_of(kDigits) != std::string_view::npos) return std::nullopt;
  QueueId id;
  std::ranges::copy(text, id.text_.begin());
  return id;
}

std::optional<QueueId> QueueId::read(std::string_view text) { return parse(to_lower(text)); }

WallTime QueueId::accepted() const {
  std::uint64_t time = 0;
  for (const char c : text().substr(0, kTimeLength)) time = time << 5U | kDigits.find(c);
  return std::chrono::floor<Milliseconds>(kEpoch + std::chrono::microseconds(time));
}

}  // namespace postern
