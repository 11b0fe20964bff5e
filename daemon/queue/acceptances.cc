#include "queue/acceptances.h"

#include <algorithm>

namespace postern::queue {

void Acceptances::taken(const std::string& site, const std::string& sender, const QueueId& id, WallTime when) {
  const auto [place, is_new] = known_.try_emplace({site, sender}, Known{{id, when}});
  if (!is_new) {
    Known& known = place->second;
    if (known.last.id != id) known.before = known.last;
    known.last = {id, when};
    return;
  }
  if (known_.size() <= kMost) return;
  known_.erase(std::ranges::min_element(
      known_, {}, [&](const auto& one) { return one.first == place->first ? WallTime::max() : one.second.last.when; }));
}

std::optional<WallTime> Acceptances::other(const std::string& site, const std::string& sender,
                                           const QueueId& id) const {
  const auto place = known_.find({site, sender});
  if (place == known_.end()) return std::nullopt;
  const Known& known = place->second;
  if (known.last.id != id) return known.last.when;
  return known.before ? std::optional(known.before->when) : std::nullopt;
}

}  // namespace postern::queue
