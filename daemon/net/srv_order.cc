#include "net/srv_order.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace postern::net {
namespace {

using Position = std::vector<DnsRecord>::difference_type;

/// Which of those left of one priority is next, those without weight standing first.
Position drawn(const std::vector<DnsRecord>& records, Position begin, Position end, const Draw& draw) {
  std::uint32_t sum = 0;
  for (Position i = begin; i < end; ++i) sum += records[static_cast<std::size_t>(i)].weight;
  const Position last = end - 1;
  if (sum == 0) return std::min(last, begin + static_cast<Position>(draw(static_cast<std::uint32_t>(last - begin))));
  const std::uint32_t number = draw(sum);
  std::uint32_t running = 0;
  for (Position i = begin; i < end; ++i) {
    running += records[static_cast<std::size_t>(i)].weight;
    if (running >= number) return i;
  }
  return last;
}

/// Stable, and few enough to insert one by one: for std::stable_sort clang refuses libstdc++'s deprecated buffer.
std::vector<DnsRecord> sorted(const std::vector<DnsRecord>& records) {
  const auto rank = [](const DnsRecord& one) { return std::pair(one.priority, one.weight != 0); };
  std::vector<DnsRecord> in_order;
  for (const DnsRecord& one : records) in_order.insert(std::ranges::upper_bound(in_order, rank(one), {}, rank), one);
  return in_order;
}

}  // namespace

std::vector<DnsRecord> in_srv_order(const std::vector<DnsRecord>& found, const Draw& draw) {
  std::vector<DnsRecord> records = sorted(found);
  const auto first = records.begin();
  const auto count = static_cast<Position>(records.size());
  for (Position at = 0; at < count; ++at) {
    Position end = at + 1;
    while (end < count && first[end].priority == first[at].priority) ++end;
    const Position next = drawn(records, at, end, draw);
    // The others keep their order, in which those without weight are the first.
    std::rotate(first + at, first + next, first + next + 1);
  }
  return records;
}

}  // namespace postern::net
