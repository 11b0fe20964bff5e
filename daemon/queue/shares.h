// Places of which there are few, shared among the parties that want them. Pure.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>

namespace postern::queue {

/// One more of this party has a place among at most so many; the values of `map` have a `party`. Where all are taken,
/// of the party that has the most one that may go gives way to one of a party that has fewer.
template <typename Map, typename MayGo>
bool has_place(Map& map, std::size_t most_of_all, std::uint32_t party, MayGo may_go) {
  if (map.size() < most_of_all) return true;
  std::map<std::uint32_t, std::size_t> shares;
  for (const auto& [key, one] : map) ++shares[one.party];
  const auto most = std::ranges::max_element(shares, {}, [](const auto& one) { return one.second; });
  const auto own = shares.find(party);
  if ((own == shares.end() ? 0 : own->second) + 1 >= most->second) return false;
  const auto gives_way =
      std::ranges::find_if(map, [&](const auto& one) { return one.second.party == most->first && may_go(one.second); });
  if (gives_way == map.end()) return false;
  map.erase(gives_way);
  return true;
}
template <typename Map>
bool has_place(Map& map, std::size_t most_of_all, std::uint32_t party) {
  return has_place(map, most_of_all, party, [](const auto&) { return true; });
}

}  // namespace postern::queue
