// Which dropped files one look takes, and in which order: by turns of their parties, the oldest first within each. What
// is given is held only up to a bound, in which every party has the same share. Pure.
#pragma once

#include "queue/drop_box.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>

namespace postern::queue {

class DropTurns {
 public:
  DropTurns(DropBox::Turn turn, std::size_t most) : turn_(std::move(turn)), most_(most) {}

  void add(DropBox::Waiting file);
  [[nodiscard]] DropBox::Look take();

 private:
  using Key = std::pair<bool, std::uint32_t>;  ///< true: it had its turn before the others
  using Files = std::map<std::pair<bool, DropBox::Place>, DropBox::Waiting>;  ///< true: it was looked at before

  void trim(Files& files) const;

  DropBox::Turn turn_;
  std::size_t most_;
  std::size_t seen_ = 0;
  std::map<Key, Files> parties_;
};

}  // namespace postern::queue
