#include "queue/gaps.h"

#include <algorithm>
#include <utility>

namespace postern::queue {
namespace {

constexpr std::string_view kGapsFirstLine = "postern-gaps 1\n";

/// "from=2026-11-23T17:04:05.123Z to=2026-12-01T08:00:00.000Z"
std::optional<std::pair<WallTime, WallTime>> gap_of(std::string_view line) {
  constexpr std::string_view kFrom = "from=";
  constexpr std::string_view kTo = " to=";
  const std::size_t middle = line.find(kTo);
  if (!line.starts_with(kFrom) || middle == std::string_view::npos) return std::nullopt;
  const auto from = parse_rfc3339(line.substr(kFrom.size(), middle - kFrom.size()));
  const auto to = parse_rfc3339(line.substr(middle + kTo.size()));
  if (!from || !to) return std::nullopt;
  return std::pair(*from, *to);
}

}  // namespace

bool Gaps::note(WallTime from, WallTime to) {
  if (std::chrono::abs(to - from) < kShortest) return false;
  if (gaps_.size() == kMost) gaps_.pop_front();
  gaps_.push_back(Gap{from, to});
  return true;
}

Milliseconds Gaps::age(WallTime accepted, WallTime now) const {
  constexpr Milliseconds kNone{0};
  Milliseconds after{0};  // time in which we ran, from `end` to now
  WallTime end = now;
  // Where it fits nowhere, it came after what was noted last before it.
  std::optional<WallTime> nearest_end;
  Milliseconds nearest{0};
  for (auto gap = gaps_.rbegin(); gap != gaps_.rend(); ++gap) {
    if (accepted >= gap->to && accepted <= end + kHeartbeat) return after + std::max(end - accepted, kNone);
    if (accepted > end && (!nearest_end || end > *nearest_end)) {
      nearest_end = end;
      nearest = after;
    }
    after += std::max(end - gap->to, kNone);
    end = gap->from;
  }
  if (accepted > end && nearest_end && *nearest_end >= end) return nearest;
  return after + std::max(end - accepted, kNone);
}

std::string Gaps::text() const {
  std::string text(kGapsFirstLine);
  for (const Gap& gap : gaps_) {
    text.append("from=").append(to_rfc3339(gap.from)).append(" to=").append(to_rfc3339(gap.to)).append("\n");
  }
  return text;
}

Result<Gaps> Gaps::parse(std::string_view text) {
  if (!text.starts_with(kGapsFirstLine)) return Error{Failure::corrupt, "it does not begin with its first line"};
  Gaps gaps;
  std::size_t number = 1;
  for (text.remove_prefix(kGapsFirstLine.size()); !text.empty();) {
    ++number;
    const std::size_t end = text.find('\n');
    const auto gap = end == std::string_view::npos ? std::nullopt : gap_of(text.substr(0, end));
    if (!gap) return Error{Failure::corrupt, "line " + std::to_string(number) + " makes no sense"};
    gaps.note(gap->first, gap->second);
    text.remove_prefix(end + 1);
  }
  return gaps;
}

}  // namespace postern::queue
