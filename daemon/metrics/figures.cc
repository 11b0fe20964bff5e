#include "metrics/figures.h"

#include <fmt/format.h>

namespace postern::metrics {

std::string grouped(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t end = text.size(); end > 3; end -= 3) text.insert(end - 3, 1, ',');
  return text;
}

std::string delay_words(Milliseconds delay) {
  const std::int64_t count = delay.count();
  if (count < 995) return fmt::format("{:.2f} s", static_cast<double>(count) / 1000);
  if (count < 9950) return fmt::format("{:.1f} s", static_cast<double>(count) / 1000);
  if (count < 59'500) return fmt::format("{:.0f} s", static_cast<double>(count) / 1000);
  return to_words(std::chrono::round<Seconds>(delay));
}

}  // namespace postern::metrics
