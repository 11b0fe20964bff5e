// Where messages go next that have recipients by several routes. Such a message is one ticket and stands in one lane at
// a time; its stops are the lanes of all its routes, each with the time at which its recipients there are due. Of those
// that are due it stands where it can be tried, or may serve as a probe, before where it cannot: no route that is down
// keeps it from another. And a lane that has nothing else to do takes what waits for its turn elsewhere: no route that
// is slow does either.
#pragma once

#include "base/clock.h"
#include "base/ids.h"
#include "queue/ground.h"
#include "queue/index.h"
#include "queue/lanes.h"
#include "queue/route.h"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

namespace postern::queue {

class Stops {
 public:
  /// The others outlive it.
  Stops(const Ground& ground, Index& index, const Sites& sites, Lanes& lanes)
      : ground_(ground), index_(index), sites_(sites), lanes_(lanes) {}

  /// It has these legs. Those that are new are due when its ticket is. `sender` is Sender::key; empty: not known.
  void set(const QueueId& id, const std::vector<Leg>& legs, const std::string& sender = {});
  /// An attempt by this route has ended; `left`: somebody there is still waited for. The ticket has the time of that.
  void tried(const QueueId& id, const Route& route, bool left);
  /// The lane that it is to stand in.
  [[nodiscard]] std::optional<std::uint16_t> best(const QueueId& id);
  /// When its recipients of other routes are due than that of the lane that it stands in.
  [[nodiscard]] std::optional<WallTime> others_due(const QueueId& id) const;
  /// Has recipients in another lane as well.
  [[nodiscard]] bool has(const QueueId& id) const { return table_.contains(id); }
  /// Calls `visit` with each lane but the one that it stands in, and when it is due there.
  void for_others(const Ticket& ticket, const std::function<void(std::uint16_t lane, WallTime due)>& visit) const;
  /// Adds to the number of each lane, but the one that it stands in, each message that waits.
  void count_others(std::vector<std::size_t>& by_lane) const;

  /// It waits: goes to the lane that it is to stand in.
  void move(const QueueId& id);
  /// It waits: goes to this lane, or to that of all senders in the same route. False: it has nobody there.
  bool stand(const QueueId& id, std::uint16_t lane);
  /// Those that wait and have recipients in a lane that was closed or opened, or of which somebody became due. Where
  /// a lane is closed and lets a probe through, or no more, few are looked at, however many wait.
  void move_all();
  /// Lanes that could do more take what is due there and waits elsewhere: of the parties whose turn it is.
  void fill_idle();
  /// Those that have recipients in this lane.
  [[nodiscard]] std::vector<QueueId> all_in(std::uint16_t lane) const;
  /// When move_all() may do something by time alone.
  [[nodiscard]] std::optional<WallTime> next() const;

  /// As Index::reschedule().
  void reschedule(const std::function<WallTime(WallTime)>& change);
  /// All of its recipients are due.
  void make_due(const QueueId& id);
  void forget(const QueueId& id);
  /// Likewise; it waits, and is due when the first of its recipients are.
  void leave(const QueueId& id);
  /// All; each that waits is due when the first of its recipients are.
  void clear();

 private:
  struct Stop {
    std::uint16_t lane = 0;  ///< of all senders
    WallTime due;            ///< of that where it stands the ticket's counts
  };
  struct Round {
    std::string sender;
    Turn turn = 0;
    std::vector<Stop> stops;
  };
  enum class Rank : std::uint8_t { open, probe, closed, later };

  [[nodiscard]] std::optional<std::size_t> place(const Route& route, const Round& round) const;
  [[nodiscard]] std::optional<std::size_t> place(const Ticket& ticket, const Round& round) const;
  [[nodiscard]] bool is_apart(const Ticket& ticket, const Round& round) const;
  [[nodiscard]] Rank rank(const Ticket& ticket, const Round& round, const Stop& stop, bool stands_there) const;
  [[nodiscard]] Rank way(const Route& route, const std::string& sender) const;
  [[nodiscard]] std::vector<Rank> ways() const;
  [[nodiscard]] bool has_due(std::uint16_t lane) const;
  [[nodiscard]] std::size_t room_in(std::uint16_t lane) const;
  struct Waiting {
    Turn turn;
    std::vector<QueueId> ids;
  };
  [[nodiscard]] std::vector<Waiting> due_elsewhere(std::uint16_t lane, std::size_t count, bool apart_too) const;
  void fill(std::uint16_t lane);
  [[nodiscard]] std::vector<QueueId> of_lanes_that_flipped(const std::vector<Rank>& before) const;
  void offer_probe(std::uint16_t lane);
  [[nodiscard]] std::size_t best_of(const Ticket& ticket, Round& round);
  [[nodiscard]] WallTime earliest(const Ticket& ticket, const Round& round) const;
  void move(const Ticket& ticket, Round& round);
  void go(const Ticket& ticket, Round& round, std::size_t to);
  void set_due(const QueueId& id, const Round& round, Stop& stop, WallTime due);
  void note(const QueueId& id, const Round& round, const Stop& stop);
  void release(const QueueId& id, const Round& round, const Stop& stop);

  Ground ground_;
  Index& index_;
  const Sites& sites_;
  Lanes& lanes_;
  boost::unordered_flat_map<QueueId, Round, std::hash<QueueId>> table_;
  std::set<std::tuple<std::uint16_t, WallTime, QueueId>> times_;             ///< all stops, by lanes,
  std::set<std::tuple<std::uint16_t, Turn, WallTime, QueueId>> by_parties_;  ///< and by parties in these
  std::vector<Rank> looked_;  ///< how the lanes were when move_all() looked last,
  WallTime looked_at_;        ///< and when that was
  bool looking_ = false;      ///< it does now
};

}  // namespace postern::queue
