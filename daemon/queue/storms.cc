#include "queue/storms.h"

#include <algorithm>

namespace postern::queue {

Storms::Windows::iterator Storms::open(const std::string& likeness, std::uint32_t party, WallTime end) {
  if (windows_.size() >= kMostStorms) {
    // As has_place() of shares.h, but whoever waits stays.
    std::map<std::uint32_t, std::size_t> shares;
    for (const auto& [key, one] : windows_) ++shares[one.party];
    const auto most = std::ranges::max_element(shares, {}, [](const auto& one) { return one.second; });
    const auto own = shares.find(party);
    if ((own == shares.end() ? 0 : own->second) + 1 >= most->second) return windows_.end();
    const auto gives_way = std::ranges::find_if(
        windows_, [&](const auto& one) { return one.second.party == most->first && one.second.ids.empty(); });
    if (gives_way == windows_.end()) return windows_.end();
    close(gives_way);
  }
  const auto window = windows_.try_emplace(likeness).first;
  window->second.party = party;
  window->second.end = end;
  idle_.emplace(end, likeness);
  return window;
}

void Storms::set_end(Windows::iterator window, WallTime end) {
  auto& ends = window->second.ids.empty() ? idle_ : ends_;
  ends.erase({window->second.end, window->first});
  window->second.end = end;
  ends.emplace(end, window->first);
}

void Storms::close(Windows::iterator window) {
  idle_.erase({window->second.end, window->first});
  ends_.erase({window->second.end, window->first});
  windows_.erase(window);
}

void Storms::close_past(WallTime now) {
  while (!idle_.empty() && idle_.begin()->first <= now) close(windows_.find(idle_.begin()->second));
}

std::optional<WallTime> Storms::take(const std::string& likeness, const QueueId& id, std::uint32_t party,
                                     const StormRule& rule, WallTime now) {
  close_past(now);
  auto window = windows_.find(likeness);
  if (window == windows_.end()) window = open(likeness, party, now + rule.window);
  if (window == windows_.end()) return std::nullopt;
  Window& own = window->second;
  own.length = rule.window;
  own.after = rule.after;
  ++own.count;
  if (!own.goes_on && own.ids.empty() && own.count <= own.after) return std::nullopt;
  idle_.erase({own.end, likeness});
  own.ids.insert(id);
  ends_.emplace(own.end, likeness);
  waiting_.insert_or_assign(id, likeness);
  if (own.ids.size() >= kMostInDigest) set_end(window, std::min(own.end, now));
  return own.end;
}

void Storms::resume(const std::string& likeness, const QueueId& id, std::uint32_t party, WallTime until, WallTime now) {
  until = std::min(until, now + kLongestStorm);
  auto window = windows_.find(likeness);
  if (window == windows_.end()) window = open(likeness, party, until);
  // Where there is no place for all that waits, each has one of its own rather than none.
  if (window == windows_.end()) {
    window = windows_.try_emplace(likeness).first;
    window->second.party = party;
    window->second.end = until;
  }
  Window& own = window->second;
  // A new one may have come first, and opened a whole window.
  if (until < own.end) set_end(window, until);
  own.goes_on = true;
  ++own.count;
  idle_.erase({own.end, likeness});
  own.ids.insert(id);
  ends_.emplace(own.end, likeness);
  waiting_.insert_or_assign(id, likeness);
}

void Storms::forget(const QueueId& id) {
  const auto known = waiting_.find(id);
  if (known == waiting_.end()) return;
  const auto window = windows_.find(known->second);
  Window& own = window->second;
  own.ids.erase(id);
  if (own.ids.empty()) {
    ends_.erase({own.end, window->first});
    idle_.emplace(own.end, window->first);
  }
  waiting_.erase(known);
}

std::optional<WallTime> Storms::due() const {
  if (ends_.empty()) return std::nullopt;
  return ends_.begin()->first;
}

std::vector<QueueId> Storms::next(WallTime now) {
  close_past(now);
  std::vector<QueueId> batch;
  if (ends_.empty() || ends_.begin()->first > now) return batch;
  const auto window = windows_.find(ends_.begin()->second);
  Window& own = window->second;
  while (!own.ids.empty() && batch.size() < kMostInDigest) {
    const QueueId id = own.ids.extract(own.ids.begin()).value();
    waiting_.erase(id);
    batch.push_back(id);
  }
  if (!own.ids.empty()) return batch;  // the rest is the next batch, at once
  ends_.erase({own.end, window->first});
  if (own.length > Milliseconds(0) && own.count > own.after) {
    own.goes_on = true;
    own.count = 0;
    own.end = now + own.length;
    idle_.emplace(own.end, window->first);
  } else {
    windows_.erase(window);
  }
  return batch;
}

void Storms::end_all(WallTime now) {
  for (auto window = windows_.begin(); window != windows_.end(); ++window) {
    window->second.length = Milliseconds(0);  // and no other begins
    if (window->second.end > now) set_end(window, now);
  }
}

std::vector<std::pair<QueueId, WallTime>> Storms::clock_set(WallTime now) {
  std::vector<std::pair<QueueId, WallTime>> changed;
  for (auto window = windows_.begin(); window != windows_.end(); ++window) {
    const Milliseconds most = window->second.length > Milliseconds(0) ? window->second.length : kLongestStorm;
    if (window->second.end <= now + most) continue;
    set_end(window, now + most);
    for (const QueueId& id : window->second.ids) changed.emplace_back(id, now + most);
  }
  return changed;
}

}  // namespace postern::queue
