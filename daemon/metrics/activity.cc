#include "metrics/activity.h"

#include <algorithm>
#include <cmath>

namespace postern::metrics {
namespace {

constexpr double kSmallest = 10;  // milliseconds

/// The most milliseconds that a bucket has.
double bound(std::size_t bucket) { return kSmallest * std::pow(2.0, static_cast<double>(bucket) / 2); }

std::int64_t number_of(WallTime time) {
  return std::chrono::floor<std::chrono::minutes>(time.time_since_epoch()) / Activity::kPeriod;
}

std::size_t place_of(std::int64_t number) {
  constexpr auto kPlaces = static_cast<std::int64_t>(Activity::kPeriods);
  return static_cast<std::size_t>(((number % kPlaces) + kPlaces) % kPlaces);
}

}  // namespace

void Delays::add(Milliseconds delay) {
  std::size_t bucket = 0;
  while (bucket + 1 < kBuckets && static_cast<double>(delay.count()) > bound(bucket)) ++bucket;
  ++counts_[bucket];
  ++all_;
  slowest_ = std::max(slowest_, delay);
}

void Delays::add(const Delays& others) {
  for (std::size_t bucket = 0; bucket < kBuckets; ++bucket) counts_[bucket] += others.counts_[bucket];
  all_ += others.all_;
  slowest_ = std::max(slowest_, others.slowest_);
}

std::optional<Milliseconds> Delays::within(double share) const {
  if (all_ == 0) return std::nullopt;
  const double wanted = share * static_cast<double>(all_);
  std::uint64_t seen = 0;
  for (std::size_t bucket = 0; bucket + 1 < kBuckets; ++bucket) {
    seen += counts_[bucket];
    if (static_cast<double>(seen) < wanted) continue;
    // Nearer to what was measured, as a rule, than the bound itself: the middle by ratio.
    const double middle = bucket == 0 ? kSmallest : bound(bucket) / std::pow(2.0, 0.25);
    return std::min(slowest_, Milliseconds(std::llround(middle)));
  }
  return slowest_;
}

std::optional<Milliseconds> Delays::slowest() const {
  if (all_ == 0) return std::nullopt;
  return slowest_;
}

void Counts::add(const Counts& others) {
  delivered += others.delivered;
  deferred += others.deferred;
  failed += others.failed;
  delays.add(others.delays);
}

void Activity::count(mail::Verdict verdict, Milliseconds waited, WallTime now) {
  const std::int64_t number = number_of(now);
  Kept& kept = kept_[place_of(number)];
  if (kept.number != number) kept = Kept{number, {}};
  switch (verdict) {
    case mail::Verdict::delivered:
      ++kept.counts.delivered;
      kept.counts.delays.add(std::max(waited, Milliseconds(0)));
      break;
    case mail::Verdict::deferred: ++kept.counts.deferred; break;
    case mail::Verdict::failed: ++kept.counts.failed; break;
  }
}

std::vector<Activity::Period> Activity::day(WallTime now) const {
  std::vector<Period> periods;
  periods.reserve(kPeriods);
  const std::int64_t last = number_of(now);
  for (std::int64_t number = last - static_cast<std::int64_t>(kPeriods) + 1; number <= last; ++number) {
    const Kept& kept = kept_[place_of(number)];
    periods.push_back({WallTime(kPeriod * number), kept.number == number ? kept.counts : Counts{}});
  }
  return periods;
}

}  // namespace postern::metrics
