#include "history/keeping.h"

#include <algorithm>
#include <limits>
#include <optional>

namespace postern::history {
namespace {

std::uint64_t part_of_disk(std::uint64_t size, const spool::Space& space) {
  return space.total_bytes == 0 ? size : std::min(size, space.total_bytes / kPartOfDisk);
}

/// The latest time of which it is sure that it has come; nothing: of none.
std::optional<WallTime> sure_time(const std::vector<Segment>& segments, const Circumstances& of) {
  if (of.sure) return of.now;
  std::optional<WallTime> latest;
  for (const Segment& one : segments) {
    if (one.first <= of.now - kDay) latest = std::max(latest.value_or(one.first), one.first);
  }
  return latest;
}

std::uint64_t bytes_of(const std::vector<Segment>& segments) {
  std::uint64_t sum = 0;
  for (const Segment& one : segments) sum += one.bytes;
  return sum;
}

WallTime newest_in(const Segment& segment) {
  return segment.first == WallTime::max() ? segment.last : std::max(segment.first, segment.last);
}

/// Without these files mail has the bytes that it may need; they are too few to matter for inodes.
bool has_room(const Circumstances& of, const std::vector<Segment>& going) {
  spool::Space space = of.space;
  if (space.total_bytes == 0) return true;
  space.bytes += bytes_of(going);
  space.inodes = UINT64_MAX;
  return queue::room_left(space, of.wanted) == queue::Room::all;
}

}  // namespace

std::uint64_t most_kept(const HistoryOptions& options, const spool::Space& space) {
  return part_of_disk(options.keep_all ? std::numeric_limits<std::uint64_t>::max() : options.size, space);
}

std::uint64_t most_of_segment(const HistoryOptions& options, const spool::Space& space) {
  return std::max(part_of_disk(options.size, space) / kParts, kSmallestSegment);
}

std::vector<std::uint64_t> what_goes(const std::vector<Segment>& segments, const Circumstances& circumstances) {
  const HistoryOptions& options = circumstances.options;
  if (options.keep_all) return {};
  const std::uint64_t most = most_kept(options, circumstances.space);
  const bool none = options.size == 0;
  const std::optional<WallTime> today = sure_time(segments, circumstances);
  std::vector<Segment> going;
  std::vector<Segment> staying;  // the newest first
  std::uint64_t bytes = 0;       // of this one and of those that are newer
  for (auto one = segments.rbegin(); one != segments.rend(); ++one) {
    bytes += one->bytes;
    // Room for the one that was begun just now is counted as if it were full.
    const bool full = bytes > one->bytes && bytes + most / kParts > most;
    const bool old = today && *today - newest_in(*one) > std::chrono::days(options.days);
    const bool many = staying.size() >= kMostSegments;
    const bool written = circumstances.written != 0 && one->number == circumstances.written;
    (!written && (none || full || old || many) ? going : staying).push_back(*one);
  }
  std::uint64_t left = bytes_of(staying);
  std::vector<Segment> for_mail = going;
  while (!staying.empty() && !has_room(circumstances, for_mail)) {
    const Segment& oldest = staying.back();
    left -= oldest.bytes;
    if (oldest.number == circumstances.written || left < most / kPartThatStays) break;
    for_mail.push_back(oldest);
    staying.pop_back();
  }
  if (has_room(circumstances, for_mail)) going = std::move(for_mail);
  std::vector<std::uint64_t> numbers;
  numbers.reserve(going.size());
  for (const Segment& one : going) numbers.push_back(one.number);
  std::ranges::sort(numbers);
  return numbers;
}

}  // namespace postern::history
