// Which message goes where, and when: takes due messages by lanes while their sites have appetite, reads them ahead,
// gives those that are read to a site with a free connection, and tries them. A message that was under way at a crash
// is tried alone (suspects.h). One that was refused in doubt, or whose sender is in trouble, goes into a lane of its
// sender, where it is in nobody's way. Of one whose recipients go by several routes an attempt is given those of its
// lane alone, and then it goes on to the next (stops.h). Connections go to the parties by turns (feed.cc, turns.h). So
// do the probes while a site refuses every message: one of a sender that was refused, the next of one that was not, and
// so on. What waits in such trouble for too long ends without its turn (overdue.cc), and the log is told of each
// message that waits (waits.h).
#pragma once

#include "base/clock.h"
#include "base/task.h"
#include "queue/acceptances.h"
#include "queue/ground.h"
#include "queue/lanes.h"
#include "queue/messages.h"
#include "queue/open_work.h"
#include "queue/outcomes.h"
#include "queue/queue.h"
#include "queue/reader.h"
#include "queue/reports.h"
#include "queue/route.h"
#include "queue/router.h"
#include "queue/sites.h"
#include "queue/stops.h"
#include "queue/stored_message.h"
#include "queue/timekeeper.h"
#include "queue/under_way.h"
#include "queue/waits.h"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace postern::queue {

class Dispatcher {
 public:
  /// The others outlive it. `more` is called when something has changed that others than the dispatcher look at, too:
  /// it is to call dispatch() again.
  Dispatcher(const Ground& ground, const Config& config, Messages& messages, Sites& sites, Reports& reports,
             Outcomes& outcomes, const Timekeeper& time, OpenWork& work, Router& router, Deliver deliver,
             std::function<void()> more);

  /// Begins what can begin now.
  void dispatch();
  /// How long dispatch() will find nothing new by time alone; nothing: no message waits whose envelope is known. Those
  /// that are still read call for themselves.
  [[nodiscard]] std::optional<Milliseconds> idle_for() const;
  /// What was read ahead waits again, and no more is.
  void stop();

  /// The routes are others, or the sites that they lead to: what waits is read anew.
  void route_anew();
  /// This one was just stored, of this party (nothing: of none, it is ours): that may be reason to try its sites.
  void arrived(const QueueId& id, std::optional<std::uint32_t> party);

 private:
  using Ready = Lane::Ready;

  void take_due(std::uint16_t lane);
  bool make_way(std::uint16_t lane, Turn turn);
  void feed();
  /// The first of what is ready there is the one that goes next.
  void bring_next_forward(std::uint16_t lane);
  /// The smallest goes first, whatever its lane.
  [[nodiscard]] std::tuple<bool, std::uint64_t, std::uint64_t> turn_among_all(Turn turn, std::uint16_t lane) const;
  bool feed_from(std::uint16_t lane);
  /// It is not tried now.
  MessagePtr take_first(std::uint16_t lane);
  void put_back(std::uint16_t lane, std::deque<Ready>::iterator one);
  void give_back(std::uint16_t lane);
  void put_off(std::uint16_t lane, const Site& site, std::uint32_t party, const Rate::Wait& wait);
  void ask_overtaken();
  /// The routes became others while it was under way: where it goes is found out anew.
  [[nodiscard]] bool is_unread(const QueueId& id) const;
  void bring_forward(const QueueId& id, WallTime due);
  /// Ends what take_due() began.
  void let_go(const QueueId& id, std::uint16_t lane);
  /// One more of this lane is worth having open now.
  [[nodiscard]] bool wants_more(std::uint16_t lane) const;
  [[nodiscard]] std::size_t open_of_senders() const;
  void take_by_turns();
  void sort_lanes();
  [[nodiscard]] Turn turn_of_probe(std::uint16_t lane) const;
  void open_for_others();
  void end_overdue();
  /// By lane; nothing: what waits there is tried by its time.
  [[nodiscard]] std::vector<std::optional<Sites::Held>> held_lanes() const;
  /// Where it stands, or has other recipients.
  struct Place {
    QueueId id;
    std::uint16_t lane = Ticket::kAny;
    friend auto operator<=>(const Place&, const Place&) = default;
  };
  /// Its recipients in this lane are due then.
  [[nodiscard]] bool is_overdue(const Ticket& ticket, std::uint16_t lane, WallTime due, const Sites::Held& held) const;
  [[nodiscard]] std::optional<std::uint16_t> overdue_in(const Ticket& ticket,
                                                        const std::vector<std::optional<Sites::Held>>& held) const;
  [[nodiscard]] std::optional<Sites::Held> held_now(const Ticket& ticket) const;
  Task<void> end_overdue(std::vector<Place> places, UnderWay under_way);
  /// False: it could not be read, or waits elsewhere.
  Task<bool> end_held(QueueId id, Sites::Held held);
  /// It was put off: its sender is told of the delay, or it ends, if that is due.
  void end_overtaken(const QueueId& id, std::uint16_t lane, const Site& site, const Rate::Wait& wait);
  Task<void> end_one_held(QueueId id, std::uint16_t lane, Sites::Held held);
  /// The next one waits in the lane of its sender, which is in trouble.
  void put_apart(std::uint16_t lane);
  Task<void> prepare(QueueId id, std::uint16_t lane, Turn turn);
  /// Null: it is not to be tried now, and its ticket says what it waits for.
  Task<MessagePtr> read(QueueId id, std::uint16_t lane);
  Task<void> hold_guilty(QueueId id);
  /// Of mail that may go there, some is of another party.
  [[nodiscard]] bool others_wait_for(const Site& site, std::optional<std::uint32_t> party) const;
  [[nodiscard]] Evidence weigh(const StoredMessage& message, const mail::DeliveryReport& report,
                               const std::string& site);
  /// What is known when an attempt for those of this lane has ended: whom it was for.
  [[nodiscard]] static Evidence tried_in(const StoredMessage& message, const Route& route, Evidence evidence);
  /// Of the first `part` of its recipients in this lane.
  Task<void> attempt(MessagePtr message, std::size_t part, std::uint16_t lane, SitePtr site, Sites::Permit permit);

  Ground ground_;
  const Config& config_;
  Messages& messages_;
  Sites& sites_;
  Reports& reports_;
  Outcomes& outcomes_;
  const Timekeeper& time_;
  OpenWork& work_;
  Router& router_;
  Lanes& lanes_;
  Stops& stops_;
  Deliver deliver_;
  std::function<void()> more_;
  Reader reader_;
  Waits waits_;
  Acceptances acceptances_;
  std::uint64_t turn_ = 0;  ///< counts the attempts
  using When = boost::unordered_flat_map<Turn, std::uint64_t>;
  When served_;                             ///< who had the last one when
  When served_in_;                          ///< likewise in each lane
  When probed_;                             ///< likewise of probes for senders that were refused
  std::vector<std::uint16_t> probe_order_;  ///< the lanes
  bool probes_moved_ = false;               ///< they are to be sorted anew
  bool any_next_ = false;                   ///< the next probe is kAny's
  SteadyTime next_look_;                    ///< for mail that a site may open for
  SteadyTime next_overdue_;                 ///< the look for mail that waits for too long
  std::map<Place, SteadyTime> unwarned_;    ///< when their senders may be warned of the delay; at most some thousand
  struct PutOff {
    WallTime until;
    std::uint32_t party = mail::kNoUid;
    std::uint16_t lane = Ticket::kAny;  ///< whose limit it was put off by
  };
  std::map<QueueId, PutOff> overtaken_;        ///< at most some thousand
  WallTime next_overtaken_ = WallTime::max();  ///< none of these has waited until its time before that
  std::shared_ptr<bool> ending_overdue_ = std::make_shared<bool>(false);
  bool alone_ = false;  ///< a suspect is open, or waits until nothing else is
  bool stopped_ = false;
};

}  // namespace postern::queue
