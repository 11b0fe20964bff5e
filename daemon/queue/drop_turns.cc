#include "queue/drop_turns.h"

#include <algorithm>
#include <iterator>
#include <vector>

namespace postern::queue {

void DropTurns::trim(Files& files) const {
  const std::size_t share = std::max<std::size_t>(1, most_ / parties_.size());
  while (files.size() > share) files.erase(std::prev(files.end()));
}

void DropTurns::add(DropBox::Waiting file) {
  ++seen_;
  const auto behind = turn_.behind.find(file.party);
  const bool looked_at = behind != turn_.behind.end() && file.at <= behind->second;
  const bool served = turn_.last && file.party <= *turn_.last;
  const auto [own, is_new] = parties_.try_emplace(Key{served, file.party});
  own->second.emplace(std::pair(looked_at, file.at), std::move(file));
  // More parties than places: those whose turn is the farthest off wait for another look.
  if (parties_.size() > most_) {
    const auto last = std::prev(parties_.end());
    const bool it_is_own = last == own;
    parties_.erase(last);
    if (it_is_own) return;
  }
  if (!is_new) {
    trim(own->second);
    return;
  }
  for (auto& [key, files] : parties_) trim(files);
}

DropBox::Look DropTurns::take() {
  std::vector<std::pair<Files::iterator, Files::iterator>> rounds;
  rounds.reserve(parties_.size());
  for (auto& [key, files] : parties_) rounds.emplace_back(files.begin(), files.end());
  DropBox::Look look;
  while (!rounds.empty()) {
    for (auto& [next, end] : rounds) look.files.push_back(std::move((next++)->second));
    std::erase_if(rounds, [](const auto& round) { return round.first == round.second; });
  }
  look.left = seen_ - look.files.size();
  return look;
}

}  // namespace postern::queue
