#include "mail/parties.h"

#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <utility>

namespace postern::mail {
namespace {

/// No machine has as many; more of a file is left unread.
constexpr std::size_t kMostRanges = 100'000;
/// One beyond the last uid.
constexpr std::uint64_t kUidsEnd = kNoUid;

std::optional<std::uint32_t> uid_in_digits(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

struct Line {
  std::string user;
  std::uint32_t first = 0;
  std::uint32_t count = 0;
};

std::optional<Line> parse_line(std::string_view text) {
  const std::size_t one = text.find(':');
  const std::size_t two = one == std::string_view::npos ? one : text.find(':', one + 1);
  if (two == std::string_view::npos || one == 0) return std::nullopt;
  const auto first = uid_in_digits(text.substr(one + 1, two - one - 1));
  const auto count = uid_in_digits(text.substr(two + 1));
  if (!first || !count || std::uint64_t{*first} + *count > kUidsEnd) return std::nullopt;
  return Line{std::string(text.substr(0, one)), *first, *count};
}

}  // namespace

std::string party_text(std::uint32_t party) {
  return party == kNoUid ? std::string("whoever has no known uid") : fmt::format("user {}", party);
}

Parties::Parties(std::vector<Range> ranges, std::uint32_t overflow) : overflow_(overflow) {
  std::ranges::sort(ranges, {}, [](const Range& range) { return std::pair(range.first, range.owner); });
  std::vector<Range> apart;
  std::uint64_t end = 0;
  for (Range range : ranges) {
    const std::uint64_t its_end = std::uint64_t{range.first} + range.count;
    if (its_end <= end || range.count == 0) continue;
    if (range.first < end) {
      range.count = static_cast<std::uint32_t>(its_end - end);
      range.first = static_cast<std::uint32_t>(end);
    }
    apart.push_back(range);
    end = its_end;
  }
  if (!apart.empty()) ranges_ = std::make_shared<const std::vector<Range>>(std::move(apart));
}

std::uint32_t Parties::of(std::uint32_t uid) const {
  if (uid == overflow_) return kNoUid;
  if (uid == 0 || uid == kNoUid || ranges_ == nullptr) return uid;
  const auto after = std::ranges::upper_bound(*ranges_, uid, {}, &Range::first);
  if (after == ranges_->begin()) return uid;
  const Range& range = *std::prev(after);
  return uid - range.first < range.count ? range.owner : uid;
}

SubordinateIds parse_subordinate_ids(
    std::string_view text, const std::function<std::optional<std::uint32_t>(const std::string& name)>& uid_of) {
  SubordinateIds found;
  std::map<std::string, std::optional<std::uint32_t>> known;
  for (std::size_t number = 1; !text.empty() && found.ranges.size() < kMostRanges; ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view written = trim(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (written.empty() || written.starts_with('#')) continue;
    const std::optional<Line> line = parse_line(written);
    if (!line) {
      if (found.broken++ == 0) found.first_broken_at = number;
      continue;
    }
    if (line->first < kFirstSubordinate) {
      ++found.over_accounts;
      continue;
    }
    std::optional<std::uint32_t> owner = uid_in_digits(line->user);
    if (!owner) {
      const auto [place, is_new] = known.try_emplace(line->user);
      if (is_new) place->second = uid_of(line->user);
      owner = place->second;
    }
    found.ranges.push_back({line->first, line->count, owner.value_or(0) == 0 ? line->first : *owner});
  }
  return found;
}

}  // namespace postern::mail
