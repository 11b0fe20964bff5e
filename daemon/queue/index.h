// The messages in memory: one small ticket each, found by id, or taken lane by lane: there by turns of the parties (see
// turns.h), of each in order of their due times. A million of them take about 100 MiB. What each party has is counted.
// Synchronous and without I/O.
#pragma once

#include "base/clock.h"
#include "base/ids.h"
#include "mail/parties.h"
#include "queue/turns.h"
#include "queue/usage.h"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace postern::queue {

/// Whose message it is, as its envelope tells.
struct Whose {
  enum class Kind : std::uint8_t { users, report, alarm };
  std::uint32_t user = mail::kNoUid;   ///< uid of the local user who sent it, by either door, see sent_by()
  std::uint32_t party = mail::kNoUid;  ///< who it counts for; an alarm: nobody
  Kind kind = Kind::users;
  bool owns = true;  ///< and may see it; false: that is who held the other end of a connection, and no more is known

  /// See mail::owner_of().
  [[nodiscard]] std::uint32_t owner() const { return owns ? user : mail::kNoUid; }
};
[[nodiscard]] Whose whose(const mail::Source& source, const mail::Parties& parties);

struct Ticket {
  /// `held` is kept from delivery but stays in queue/: of a newer format, or damaged and not to be moved. `storm` waits
  /// for others like it (storms.h), until its due time.
  enum class Phase : std::uint8_t { waiting, active, held, corrupt, storm };

  QueueId id;
  WallTime due;
  std::uint64_t size = 0;              ///< bytes of the file
  std::uint32_t user = mail::kNoUid;   ///< see Whose, once its envelope is read
  std::uint32_t party = mail::kNoUid;  ///< likewise
  std::uint16_t site = 0;              ///< the number of the site it was last tried at; 0: none
  std::uint16_t lane = kUnread;        ///< whose way it goes
  Phase phase = Phase::waiting;
  Whose::Kind kind : 2 = Whose::Kind::users;
  bool read : 1 = false;       ///< its envelope was: it is known whose it is
  bool settled : 1 = false;    ///< nobody waits for a delivery any more: its sender is still to be told
  bool doubtful : 1 = false;   ///< see Standing
  bool uncertain : 1 = false;  ///< see Standing
  bool reminded : 1 = false;   ///< it was seen to, since the start, that its sender knows of the delay
  bool stale : 1 = false;      ///< routes changed while it was active: its lane is found out anew
  bool owns : 1 = false;       ///< see Whose
  std::uint8_t told : 3 = 0;   ///< what the log tells of its wait, see waits.h

  void set(const Whose& whose) {
    user = whose.user;
    party = whose.party;
    kind = whose.kind;
    owns = whose.owns;
    read = true;
  }
  [[nodiscard]] Whose whose() const { return {user, party, kind, owns}; }

  static constexpr std::uint8_t kToldOfSite = 1;
  static constexpr std::uint8_t kToldOfSender = 2;
  static constexpr std::uint8_t kToldBefore = 4;  ///< by the process before

  /// The lane of those of which nothing but the names and times of their files is known.
  static constexpr std::uint16_t kUnread = 0;
  /// The lane of those that any site may take.
  static constexpr std::uint16_t kAny = 1;
  /// The lane of those of which nobody says who sent them, and so not by which sites they go.
  static constexpr std::uint16_t kAsked = 2;
};

class Index {
 public:
  /// False if there already is one with this id.
  bool add(const Ticket& ticket);
  bool remove(const QueueId& id);
  /// Valid until the next change of the index.
  [[nodiscard]] const Ticket* find(const QueueId& id) const;

  /// Of the waiting tickets of this lane that are due the one to be tried next: of the party whose turn it is the one
  /// that is due first. Null: none is due.
  [[nodiscard]] const Ticket* next(std::uint16_t lane, WallTime now);
  /// When the first ticket of this lane is due that waits; nothing: none waits.
  [[nodiscard]] std::optional<WallTime> first_due(std::uint16_t lane) const;
  /// The waiting tickets of lane Ticket::kUnread that are due first, in that order; at most so many.
  [[nodiscard]] std::vector<QueueId> first_unread(std::size_t count) const;
  /// Who has tickets that wait in this lane, in no order.
  [[nodiscard]] std::vector<Turn> turns_in(std::uint16_t lane) const;
  /// Of these the one that is due first; null: there is none.
  [[nodiscard]] const Ticket* first_in(std::uint16_t lane, Turn turn) const;
  /// Who has the turns that such a ticket takes (in lane Ticket::kAsked: the user), and whose they are in this lane.
  [[nodiscard]] static Turn turn_of(const Ticket& ticket);
  [[nodiscard]] Turns& turns(std::uint16_t lane) { return lane_of(lane).turns; }
  /// Changes the phase and, if given, the due time.
  void set(const QueueId& id, Ticket::Phase phase, std::optional<WallTime> due = {});
  /// Waits, and is the next of its lane.
  void put_first(const QueueId& id);
  void set_site(const QueueId& id, std::uint16_t site);
  void set_lane(const QueueId& id, std::uint16_t lane);
  /// Every ticket belongs in the lane kUnread, those that are active as soon as they are not.
  void set_all_unread();
  /// What its envelope told.
  void set_read(const QueueId& id, const Whose& whose);
  void set_size(const QueueId& id, std::uint64_t size);
  /// For that nobody need say who sent it.
  void set_settled(const QueueId& id);
  void set_reminded(const QueueId& id);
  void set_told(const QueueId& id, std::uint8_t told);
  void set_standing(const QueueId& id, bool doubtful, bool uncertain);
  /// Gives every waiting ticket the due time that `change` makes of its own.
  void reschedule(const std::function<WallTime(WallTime)>& change);
  void for_each(const std::function<void(const Ticket&)>& visit) const;

  /// Of those in such lanes whose envelopes were read, one is of another party than this. What is ours does not count,
  /// nor what waits for a storm digest, and one with recipients in several lanes counts where it stands.
  [[nodiscard]] bool has_other_than(std::uint32_t party, const std::function<bool(std::uint16_t lane)>& counts) const;
  /// The one that is due first of those that wait, were read and are not ours, and of whose party, in whose lane, that
  /// is wanted; null: none is due by `now`. Looks at every ticket where there is such a party at all.
  [[nodiscard]] const Ticket* first_of(const std::function<bool(std::uint32_t party, std::uint16_t lane)>& wanted,
                                       WallTime now) const;
  /// What the parties have, as far as envelopes were read: reports count for theirs, alarms for nobody.
  [[nodiscard]] const Usages& usages() const { return usages_; }
  [[nodiscard]] Usages& usages() { return usages_; }
  [[nodiscard]] std::size_t size() const { return places_.size(); }

 private:
  using Slot = std::uint32_t;
  using Heap = std::vector<Slot>;  ///< binary heap of waiting entries, the earliest first
  static constexpr Slot kNowhere = UINT32_MAX;
  /// In a lane, so many parties keep the memory of their heaps though nothing of theirs waits.
  static constexpr std::size_t kMostEmptyHeaps = 64;
  struct Entry {
    Ticket ticket;
    Slot heap_at = kNowhere;  ///< position in the heap of its lane and turn while waiting
    bool used = true;
  };
  static_assert(sizeof(Entry) <= 56, "a million of them are in memory");
  struct Lane {
    boost::unordered_flat_map<Turn, Heap> heaps;
    Turns turns;
  };

  [[nodiscard]] Lane& lane_of(std::uint16_t lane);
  [[nodiscard]] bool before(Slot a, Slot b) const;
  void put(Heap& heap, std::size_t position, Slot slot);
  void rise(Heap& heap, std::size_t position);
  void sink(Heap& heap, std::size_t position);
  void push(Slot slot);
  void pull(Slot slot);
  /// The first of the heap may be another one.
  void tell_turns(Lane& lane, Turn turn, const Heap& heap);

  void count(const Ticket& ticket);
  void discount(const Ticket& ticket);
  /// It has mail for the sites of its lane: what waits for a storm digest has none.
  [[nodiscard]] static bool has_author(const Ticket& ticket);
  void count_author(const Ticket& ticket);
  void discount_author(const Ticket& ticket);
  void put_in(Ticket& ticket, std::uint16_t lane);

  std::vector<Entry> entries_;
  using Author = std::uint64_t;  ///< a party in a lane
  [[nodiscard]] static Author author_of(const Ticket& ticket) { return Author{ticket.party} << 16U | ticket.lane; }
  boost::unordered_flat_map<Author, std::size_t> authors_;  ///< how many of each are read and not ours
  Usages usages_;
  std::vector<Slot> free_;
  std::vector<Lane> lanes_{1};
  boost::unordered_flat_map<QueueId, Slot, std::hash<QueueId>> places_;
};

}  // namespace postern::queue
