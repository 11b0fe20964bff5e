#include "queue/digest.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace postern::queue {

bool ReportLimit::take(const std::string& to, std::uint32_t party, SteadyTime now, std::size_t to_each,
                       std::size_t in_all) {
  while (!sent_.empty() && now - sent_.front().when >= kReportHour) sent_.pop_front();
  const auto to_it = [&to](const Sent& one) { return one.to == to; };
  const auto any = [](const Sent&) { return true; };
  if (!has_room(party, to_each, to_it) || !has_room(party, in_all, any)) return false;
  sent_.push_back(Sent{now, party, to});
  return true;
}

template <typename Counts>
bool ReportLimit::has_room(std::uint32_t party, std::size_t most, Counts counts) const {
  std::set<std::uint32_t> parties{party};
  std::size_t sent = 0;
  std::size_t had = 0;
  for (const Sent& one : sent_) {
    if (!counts(one)) continue;
    parties.insert(one.party);
    ++sent;
    if (one.party == party) ++had;
  }
  return sent < most || had < most / parties.size();
}

void OwedReports::add(const Mailboxes& to, const QueueId& id, WallTime since, WallTime now) {
  since = std::min(since, now);
  const auto [known, first] = owed_.try_emplace(to);
  Owed& owed = known->second;
  if (first) owed.place = order_.emplace(since, &known->first);
  if (since < owed.place->first) move(owed, since);
  owed.ids.insert(id);
}

void OwedReports::move(Owed& owed, WallTime since) {
  auto node = order_.extract(owed.place);
  node.key() = since;
  owed.place = order_.insert(std::move(node));
}

std::optional<WallTime> OwedReports::due() const {
  if (order_.empty()) return std::nullopt;
  return order_.begin()->first + kReportHour;
}

std::optional<WallTime> OwedReports::due(const Mailboxes& to) const {
  const auto known = owed_.find(to);
  if (known == owed_.end()) return std::nullopt;
  return known->second.place->first + kReportHour;
}

std::optional<OwedReports::Batch> OwedReports::take(WallTime now) {
  const auto next = due();
  if (!next || *next > now) return std::nullopt;
  const auto first = owed_.find(*order_.begin()->second);
  Batch batch;
  batch.to = first->first;
  std::set<QueueId>& ids = first->second.ids;
  while (!ids.empty() && batch.ids.size() < kDigestMessages) {
    batch.ids.push_back(ids.extract(ids.begin()).value());
  }
  if (ids.empty()) {
    order_.erase(first->second.place);
    owed_.erase(first);
  } else {
    move(first->second, now);
  }
  return batch;
}

void OwedReports::clock_set(WallTime now) {
  while (!order_.empty() && std::prev(order_.end())->first > now) {
    move(owed_.at(*std::prev(order_.end())->second), now);
  }
}

}  // namespace postern::queue
