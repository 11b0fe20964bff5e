#include "queue/turns.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace postern::queue {

void Turns::take_out(Turn who, Place& place) {
  if (!place.waits) return;
  if (place.ready) {
    spare_ = ready_.extract({rank(who, place), who});
  } else {
    later_.erase({place.due, who});
  }
}

void Turns::put_in(Turn who, Place& place) {
  if (!place.waits) return;
  place.ready = place.due <= looked_;
  if (place.ready && spare_) {
    spare_.value() = {rank(who, place), who};
    ready_.insert(std::move(spare_));
  } else if (place.ready) {
    ready_.emplace(rank(who, place), who);
  } else {
    later_.emplace(place.due, who);
  }
}

template <typename Change>
void Turns::change(Turn who, Change change) {
  Place& place = places_[who];
  take_out(who, place);
  change(place);
  put_in(who, place);
  if (!place.waits && place.ahead == 0 && places_.size() > kMostIdle) places_.erase(who);
}

void Turns::set_first(Turn who, std::optional<WallTime> due) {
  if (const auto known = places_.find(who); known != places_.end() && known->second.waits && due) {
    Place& place = known->second;
    // The order among those that are ready is not by their times.
    if (place.due == *due || (place.ready && *due <= looked_)) {
      place.due = *due;
      return;
    }
  }
  change(who, [&due](Place& place) {
    place.waits = due.has_value();
    if (due) place.due = *due;
  });
}

void Turns::taken(Turn who) {
  change(who, [](Place& place) { ++place.ahead; });
}

void Turns::returned(Turn who) {
  change(who, [](Place& place) { place.ahead = std::max<std::int64_t>(place.ahead - 1, 0); });
}

void Turns::tried(Turn who) {
  change(who, [this](Place& place) {
    place.ahead = std::max<std::int64_t>(place.ahead - 1, 0);
    place.last = ++attempts_;
    place.preferred = false;
  });
}

void Turns::prefer(Turn who) {
  change(who, [](Place& place) { place.preferred = true; });
}

std::optional<Turn> Turns::next(WallTime now) {
  if (now < looked_) {
    // The wall clock was set back: what was due is not, maybe.
    std::vector<Turn> all;
    for (const auto& [key, who] : ready_) all.push_back(who);
    for (const Turn who : all) take_out(who, places_[who]);
    looked_ = now;
    for (const Turn who : all) put_in(who, places_[who]);
  }
  looked_ = now;
  while (!later_.empty() && later_.begin()->first <= now) {
    const Turn who = later_.begin()->second;
    Place& place = places_[who];
    take_out(who, place);
    put_in(who, place);
  }
  return ready_.empty() ? std::nullopt : std::optional(ready_.begin()->second);
}

std::optional<WallTime> Turns::earliest() const {
  if (!ready_.empty()) return looked_;
  return later_.empty() ? std::nullopt : std::optional(later_.begin()->first);
}

Turns::Rank Turns::rank(Turn who, std::int64_t less) const {
  const auto known = places_.find(who);
  if (known == places_.end()) return {};
  Rank found = rank(who, known->second);
  if (found.ahead > 0) found.ahead -= less;
  return found;
}

}  // namespace postern::queue
