#include "base/measures.h"

#include "base/nearest.h"
#include "base/text.h"

#include <algorithm>
#include <array>
#include <limits>

namespace postern {
namespace {

constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();

struct Unit {
  std::string_view names;  ///< in lower case, between blanks
  std::uint64_t factor;
};

constexpr std::array kSizes = {Unit{"b byte bytes", 1}, Unit{"k kb ki kib kilobyte kilobytes", 1ULL << 10U},
                               Unit{"m mb mi mib megabyte megabytes", 1ULL << 20U},
                               Unit{"g gb gi gib gigabyte gigabytes", 1ULL << 30U}};
constexpr std::array kDurations = {Unit{"s sec secs second seconds", 1}, Unit{"m min mins minute minutes", 60},
                                   Unit{"h hr hrs hour hours", 3600}, Unit{"d day days", 86400},
                                   Unit{"w week weeks", 7 * 86400}};

template <std::size_t N>
const Unit* unit_named(const std::array<Unit, N>& units, std::string_view word) {
  const auto unit = std::ranges::find_if(units, [&](const Unit& one) { return has_word(one.names, word); });
  return unit == units.end() ? nullptr : &*unit;
}

/// The next number and the word behind it, which are taken off `text`.
struct Part {
  std::optional<std::uint64_t> number;
  std::string_view word;
};
Part next_part(std::string_view& text) {
  const auto take = [&text](std::size_t count) {
    const std::string_view part = text.substr(0, count);
    text = trim(text.substr(part.size()));
    return part;
  };
  Part part;
  part.number = parse_decimal(take(std::min(text.find_first_not_of("0123456789"), text.size())));
  part.word = trim(take(std::min(text.find_first_of("0123456789 \t"), text.size())));
  return part;
}

}  // namespace

std::optional<std::uint64_t> parse_duration(std::string_view text) {
  std::uint64_t sum = 0;
  std::uint64_t last = kMost;
  do {
    const Part part = next_part(text);
    // "M" may be months: systemd has it so.
    const Unit* const unit = part.word == "M" ? nullptr : unit_named(kDurations, to_lower(part.word));
    if (!part.number || unit == nullptr || unit->factor >= last || *part.number > (kMost - sum) / unit->factor)
      return {};
    sum += *part.number * unit->factor;
    last = unit->factor;
  } while (!text.empty());
  return sum;
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  if (const auto plain = parse_decimal(text)) return plain;
  const Part part = next_part(text);
  const Unit* const unit = unit_named(kSizes, to_lower(part.word));
  if (!part.number || unit == nullptr || !text.empty() || *part.number > kMost / unit->factor) return {};
  return *part.number * unit->factor;
}

}  // namespace postern
