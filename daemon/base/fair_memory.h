// Memory that parties (users) share: nobody has more of it than is left to others, so one party has at most half, two
// have a third each, and whoever comes when many have much still has a little.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>

namespace postern {

/// Bytes.
struct MemoryLimits {
  std::size_t all = 0;
  std::size_t little = 0;  ///< what a party needs for something ordinary,
  std::size_t kept = 0;    ///< and what is there, besides all, for parties that have no more than that
};

struct MemoryHeld {
  std::size_t by_all = 0;
  std::size_t by_party = 0;  ///< of these
};

/// Whether the party may hold `more` bytes. Pure.
[[nodiscard]] bool has_memory(const MemoryLimits& limits, const MemoryHeld& held, std::size_t more);

/// Who holds how much. It counts what it is told, and allocates nothing for anybody.
class FairMemory {
 public:
  /// What one session or request holds; may outlive the memory.
  class Share;

  explicit FairMemory(const MemoryLimits& limits) : sums_(std::make_shared<Sums>(limits)) {}

  /// Bytes held by all.
  [[nodiscard]] std::size_t all() const { return sums_->all; }
  /// Much was given back since the last time: worth giving it back to the system.
  [[nodiscard]] bool has_shrunk();

 private:
  struct Sums {
    explicit Sums(const MemoryLimits& most) : limits(most) {}
    MemoryLimits limits;
    std::size_t all = 0;
    std::size_t peak = 0;
    std::map<std::uint32_t, std::size_t> of_party;
  };
  std::shared_ptr<Sums> sums_;
};

class FairMemory::Share {
 public:
  Share(const FairMemory& memory, std::uint32_t party) : sums_(memory.sums_), party_(party) {}
  ~Share() { set(0); }
  Share(const Share&) = delete;
  Share& operator=(const Share&) = delete;

  /// Holds so many bytes from now on. False: it may not, and holds what it held.
  bool resize(std::size_t bytes);
  /// Whether resize() would be true.
  [[nodiscard]] bool may_be(std::size_t bytes) const;
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  void set(std::size_t bytes);

  std::shared_ptr<Sums> sums_;
  std::uint32_t party_;
  std::size_t size_ = 0;
};

}  // namespace postern
