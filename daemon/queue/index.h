// The messages in memory: one small ticket each, found by id or taken in order of their due time. A million of
// them take about 100 MiB. Synchronous and without I/O.
#pragma once

#include "base/clock.h"
#include "base/ids.h"
#include "mail/envelope.h"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace postern::queue {

struct Ticket {
  /// `held` is kept from delivery but stays in queue/: of a newer format, or damaged and not to be moved.
  enum class Phase : std::uint8_t { waiting, active, held, corrupt };

  QueueId id;
  WallTime due;
  std::uint64_t size = 0;              ///< bytes of the file
  std::uint32_t owner = mail::kNoUid;  ///< uid of the local user who handed it in, once its envelope is read
  std::uint16_t site = 0;              ///< the number of the site it was last tried at; 0: none
  std::uint16_t lane = kUnread;  ///< whose way it goes; those of one lane are taken in the order of their due times
  Phase phase = Phase::waiting;
  bool read = false;       ///< its envelope was: the owner is known
  bool ours = false;       ///< an alarm or a report: no party's
  bool settled = false;    ///< nobody waits for a delivery any more: its sender is still to be told
  bool doubtful = false;   ///< see Standing
  bool uncertain = false;  ///< see Standing
  bool reminded = false;   ///< it was seen to, since the start, that its sender knows of the delay

  /// The lane of those of which nothing but the names and times of their files is known.
  static constexpr std::uint16_t kUnread = 0;
  /// The lane of those that any site may take.
  static constexpr std::uint16_t kAny = 1;
};

class Index {
 public:
  /// False if there already is one with this id.
  bool add(const Ticket& ticket);
  bool remove(const QueueId& id);
  /// Valid until the next change of the index.
  [[nodiscard]] const Ticket* find(const QueueId& id) const;

  /// The waiting ticket of this lane that is due first.
  [[nodiscard]] const Ticket* first(std::uint16_t lane) const;
  /// The waiting tickets of this lane that are due first, in that order; at most so many.
  [[nodiscard]] std::vector<QueueId> first(std::uint16_t lane, std::size_t count) const;
  /// Changes the phase and, if given, the due time.
  void set(const QueueId& id, Ticket::Phase phase, std::optional<WallTime> due = {});
  void set_site(const QueueId& id, std::uint16_t site);
  void set_lane(const QueueId& id, std::uint16_t lane);
  /// What its envelope told. A lane that it was given meanwhile stays.
  void set_read(const QueueId& id, std::uint16_t lane, std::uint32_t owner, bool ours = false);
  void set_size(const QueueId& id, std::uint64_t size);
  void set_settled(const QueueId& id);
  void set_reminded(const QueueId& id);
  void set_standing(const QueueId& id, bool doubtful, bool uncertain);
  /// Gives every waiting ticket the due time that `change` makes of its own.
  void reschedule(const std::function<WallTime(WallTime)>& change);
  void for_each(const std::function<void(const Ticket&)>& visit) const;

  /// Of those whose envelopes were read, another is of another owner than this. What is ours does not count.
  [[nodiscard]] bool has_other_than(std::uint32_t owner) const;
  /// The one that is due first of those that wait, were read and are not ours, and whose owner is such a one; null:
  /// none is due by `now`. Looks at every ticket where there is such an owner at all.
  [[nodiscard]] const Ticket* first_of(const std::function<bool(std::uint32_t owner)>& wanted, WallTime now) const;
  [[nodiscard]] std::size_t size() const { return places_.size(); }

 private:
  using Slot = std::uint32_t;
  using Heap = std::vector<Slot>;  ///< binary heap of waiting entries, the earliest first
  static constexpr Slot kNowhere = UINT32_MAX;
  struct Entry {
    Ticket ticket;
    bool used = true;
    Slot heap_at = kNowhere;  ///< position in the heap of its lane while waiting
  };

  [[nodiscard]] bool before(Slot a, Slot b) const;
  void put(Heap& heap, std::size_t position, Slot slot);
  void rise(Heap& heap, std::size_t position);
  void sink(Heap& heap, std::size_t position);
  void push(Slot slot);
  void pull(Slot slot);

  void count(const Ticket& ticket);
  void discount(const Ticket& ticket);

  std::vector<Entry> entries_;
  boost::unordered_flat_map<std::uint32_t, std::size_t> owners_;  ///< how many of each are read
  std::vector<Slot> free_;
  std::vector<Heap> heaps_{1};  ///< one for each lane
  boost::unordered_flat_map<QueueId, Slot, std::hash<QueueId>> places_;
};

}  // namespace postern::queue
