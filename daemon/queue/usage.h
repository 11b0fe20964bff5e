// What each party has in the queue, waiting or on hold. Pure.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

namespace postern::queue {

/// Who asks how things are: an administrator hears of every party's limits, whoever else of those of the own party, and
/// whoever is of none of nobody's.
struct Asker {
  bool administrator = false;
  std::optional<std::uint32_t> party{};
};

struct Usage {
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;  ///< of their files

  Usage& operator+=(const Usage& other) {
    messages += other.messages;
    bytes += other.bytes;
    return *this;
  }
  Usage& operator-=(const Usage& other) {
    messages -= other.messages;
    bytes -= other.bytes;
    return *this;
  }
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

/// One message of a party that counts for as long as this lives, with the bytes that it was given so far.
class Counted {
 public:
  Counted(std::shared_ptr<Usages> usages, std::uint32_t party) : usages_(std::move(usages)), party_(party) {}
  ~Counted() { end(); }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;

  void add(std::uint64_t bytes) {
    if (bytes_) usages_->remove(party_, *bytes_);
    bytes_ = bytes_.value_or(0) + bytes;
    usages_->add(party_, *bytes_);
  }
  [[nodiscard]] Usage so_far() const { return bytes_ ? Usage{1, *bytes_} : Usage(); }
  void end() {
    if (bytes_) usages_->remove(party_, *bytes_);
    bytes_.reset();
  }

 private:
  std::shared_ptr<Usages> usages_;
  std::uint32_t party_;
  std::optional<std::uint64_t> bytes_;
};

}  // namespace postern::queue
