#include "queue/digest.h"

#include <algorithm>
#include <utility>

namespace postern::queue {

bool ReportLimit::take(const std::string& sender, SteadyTime now, std::size_t per_sender, std::size_t in_all) {
  while (!sent_.empty() && now - sent_.front().when >= kReportHour) sent_.pop_front();
  if (sent_.size() >= in_all) return false;
  const auto to_it = std::ranges::count(sent_, sender, &Sent::sender);
  if (static_cast<std::size_t>(to_it) >= per_sender) return false;
  sent_.push_back(Sent{now, sender});
  return true;
}

void OwedReports::add(const std::string& sender, const QueueId& id, WallTime since, WallTime now) {
  since = std::min(since, now);
  const auto [place, first] = senders_.try_emplace(sender, Sender{since, {}});
  place->second.since = std::min(place->second.since, since);
  place->second.ids.insert(id);
}

std::optional<WallTime> OwedReports::due() const {
  std::optional<WallTime> earliest;
  for (const auto& [name, sender] : senders_) {
    earliest = std::min(earliest.value_or(WallTime::max()), sender.since + kReportHour);
  }
  return earliest;
}

std::optional<WallTime> OwedReports::due(const std::string& sender) const {
  const auto known = senders_.find(sender);
  if (known == senders_.end()) return std::nullopt;
  return known->second.since + kReportHour;
}

std::optional<OwedReports::Batch> OwedReports::take(WallTime now) {
  const auto first = std::ranges::min_element(senders_, {}, [](const auto& one) { return one.second.since; });
  if (first == senders_.end() || first->second.since + kReportHour > now) return std::nullopt;
  Batch batch;
  batch.sender = first->first;
  std::set<QueueId>& ids = first->second.ids;
  while (!ids.empty() && batch.ids.size() < kDigestMessages) {
    batch.ids.push_back(ids.extract(ids.begin()).value());
  }
  if (ids.empty()) {
    senders_.erase(first);
  } else {
    first->second.since = now;
  }
  return batch;
}

void OwedReports::clock_set(WallTime now) {
  for (auto& [name, sender] : senders_) sender.since = std::min(sender.since, now);
}

}  // namespace postern::queue
