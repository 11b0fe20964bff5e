// Which messages were under way when the program crashed, and how often: one that takes the program down must not do so
// for ever. A message under way at a crash is a suspect, and is tried alone from then on; after kGuilty crashes in a
// row, without an attempt that had a result, it is guilty. Other messages under way at the same crash are cleared by
// their first attempt.
//
// The table lives in memory of the caller, who keeps it over the end of the process and sets the byte at kCrashedAt
// when it dies of a fault of its own. Only such a death counts: a kill or a power cut says nothing about the messages
// that were under way, and a busy queue would be held after three of them. Pure; plain memory writes, no system call.
#pragma once

#include "base/ids.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace postern::queue {

class Suspects {
 public:
  static constexpr unsigned kGuilty = 3;
  static constexpr std::size_t kCrashedAt = 8;
  /// Enough for four hundred messages at once. With less, or none, fewer are remembered, or none.
  static constexpr std::size_t kMemory = 8192;

  /// Judges what the process before left in the memory and clears the mark of its crash. Anything that is not a table
  /// of this version becomes an empty one.
  explicit Suspects(std::span<char> memory);

  void begin(const QueueId& id);
  /// Likewise of what need not be done: in a place that is free alone, of which a quarter stays for begin(). False:
  /// there is none, and it is better left. True where nothing is remembered at all.
  [[nodiscard]] bool begin_beside(const QueueId& id);
  /// The attempt came to nothing; what is known of the message stays.
  void returned(const QueueId& id);
  /// The attempt had a result, or the message is gone.
  void ended(const QueueId& id);

  /// The crashes; 0: no suspect.
  [[nodiscard]] unsigned count(const QueueId& id) const;
  [[nodiscard]] bool guilty(const QueueId& id) const { return count(id) >= kGuilty; }

 private:
  struct Slot {
    std::array<char, QueueId::kLength> id;  ///< zeros: free
    std::uint8_t count;
    std::uint8_t under_way;
    [[nodiscard]] bool is_free() const { return id[0] == '\0'; }
  };
  static_assert(alignof(Slot) == 1);

  [[nodiscard]] Slot* find(const QueueId& id) const;
  [[nodiscard]] Slot* place(const QueueId& id);
  void take(Slot& slot, const QueueId& id);
  void free(Slot& slot);
  static void judge(Slot& slot, unsigned crashes);

  std::span<Slot> slots_;
  std::size_t used_ = 0;  ///< all from here on are free
};

}  // namespace postern::queue
