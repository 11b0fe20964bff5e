// What each party has in the queue, waiting or on hold. Pure.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstddef>
#include <cstdint>

namespace postern::queue {

struct Usage {
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;  ///< of their files

  friend bool operator==(const Usage&, const Usage&) = default;
};

class Usages {
 public:
  void add(std::uint32_t party, std::uint64_t bytes) {
    Usage& usage = of_each_[party];
    ++usage.messages;
    usage.bytes += bytes;
    ++all_.messages;
    all_.bytes += bytes;
  }
  /// What was added.
  void remove(std::uint32_t party, std::uint64_t bytes) {
    const auto place = of_each_.find(party);
    if (place == of_each_.end()) return;
    all_.bytes -= bytes;
    --all_.messages;
    place->second.bytes -= bytes;
    if (--place->second.messages == 0) of_each_.erase(place);
  }
  [[nodiscard]] Usage of(std::uint32_t party) const {
    const auto place = of_each_.find(party);
    return place == of_each_.end() ? Usage() : place->second;
  }
  [[nodiscard]] const Usage& all() const { return all_; }
  /// How many have anything.
  [[nodiscard]] std::size_t parties() const { return of_each_.size(); }
  [[nodiscard]] const boost::unordered_flat_map<std::uint32_t, Usage>& each() const { return of_each_; }

 private:
  boost::unordered_flat_map<std::uint32_t, Usage> of_each_;
  Usage all_;
};

}  // namespace postern::queue
