// Which message goes where, and when: takes due messages by lanes while their sites have appetite, reads them ahead,
// gives those that are read to a site with a free connection, and tries them. A message that was under way at a crash
// is tried alone (suspects.h). One that was refused in doubt, or whose sender is in trouble, goes into a lane of its
// sender, where it is in nobody's way. Connections go to the parties by turns (feed.cc, turns.h). So do the probes
// while a site refuses every message: one of a sender that was refused, the next of one that was not, and so on. What
// waits in such trouble for too long ends without its turn (overdue.cc).
#pragma once

#include "base/clock.h"
#include "base/task.h"
#include "queue/acceptances.h"
#include "queue/ground.h"
#include "queue/messages.h"
#include "queue/open_work.h"
#include "queue/outcomes.h"
#include "queue/queue.h"
#include "queue/reader.h"
#include "queue/reports.h"
#include "queue/sites.h"
#include "queue/stored_message.h"
#include "queue/timekeeper.h"
#include "queue/under_way.h"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace postern::queue {

class Dispatcher {
 public:
  /// The others outlive it. `more` is called when something has changed that others than the dispatcher look at, too:
  /// it is to call dispatch() again.
  Dispatcher(const Ground& ground, const Config& config, Messages& messages, Sites& sites, Reports& reports,
             Outcomes& outcomes, const Timekeeper& time, OpenWork& work, Deliver deliver, std::function<void()> more);

  /// Begins what can begin now.
  void dispatch();
  /// How long dispatch() will find nothing new by time alone; nothing: no message waits whose envelope is known. Those
  /// that are still read call for themselves.
  [[nodiscard]] std::optional<Milliseconds> idle_for() const;
  /// What was read ahead waits again, and no more is.
  void stop();

  /// From now on it goes by this site alone while that is configured; empty: by any.
  void reroute(const QueueId& id, const std::string& site);
  /// What its envelope and its log tell.
  void learn(const QueueId& id, const Reader::Known& known);
  /// The one that it waits for: its own, else the one where it was last tried, else the first; null: none is
  /// configured.
  [[nodiscard]] SitePtr site_of(const Ticket& ticket) const;
  /// Whose lane it is in, by Sender::key; empty: in that of all.
  [[nodiscard]] const std::string& sender_of_lane(const Ticket& ticket) const { return lanes_[ticket.lane].sender; }
  /// Logs which sites messages were rerouted to that are not configured.
  void tell_unknown_routes() const;

 private:
  /// Messages that go the same way. Each lane has its own share of what is read ahead, so that none waits for a site
  /// that it does not need.
  struct Ready {
    MessagePtr message;
    Turn turn = 0;  ///< that it was taken with
  };
  struct Lane {
    std::string site;          ///< rerouted to this one; empty: whichever is well
    std::string sender;        ///< of this one alone, by Sender::key; empty: of all that have no lane of their own
    std::deque<Ready> ready;   ///< read, and waiting for a connection
    std::size_t open = 0;      ///< read or under way
    std::size_t trying = 0;    ///< of these, under way
    Turn whose = 0;            ///< whose mail waits in that of a sender; kAlarmsTurn: ours
    std::uint64_t probed = 0;  ///< when it had a probe: by turn_
  };

  void take_due(std::uint16_t lane);
  bool make_way(std::uint16_t lane, Turn turn);
  void feed();
  /// The first of what is ready there is the one that goes next.
  void bring_next_forward(std::uint16_t lane);
  /// The smallest goes first, whatever its lane.
  [[nodiscard]] std::pair<bool, std::uint64_t> turn_among_all(Turn turn) const;
  bool feed_from(std::uint16_t lane);
  /// It is not tried now.
  MessagePtr take_first(std::uint16_t lane);
  void put_back(std::uint16_t lane, std::deque<Ready>::iterator one);
  void give_back(std::uint16_t lane);
  void put_off(std::uint16_t lane, const Site& site, std::uint32_t party, const Rate::Wait& wait);
  void ask_overtaken();
  /// Ends what take_due() began.
  void let_go(const QueueId& id, std::uint16_t lane);
  /// The lane of those that were rerouted to this site (empty: of the others), made if there is none. One of a sender
  /// is made in place of one that is empty; where there are too many it is that of all senders.
  [[nodiscard]] std::uint16_t lane_for(const std::string& site, const std::string& sender = {}, Turn whose = 0);
  /// That of its sender.
  [[nodiscard]] std::uint16_t lane_of_sender(const StoredMessage& message);
  /// Where a message of lane `in` belongs.
  [[nodiscard]] std::uint16_t lane_of(const StoredMessage& message, std::uint16_t in);
  [[nodiscard]] bool is_empty(std::uint16_t lane) const;
  /// Mail of this sender waits in a lane of its own.
  [[nodiscard]] bool waits_apart(const std::string& site, const std::string& sender) const;
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
  [[nodiscard]] bool is_overdue(const Ticket& ticket, const Sites::Held& held) const;
  [[nodiscard]] std::optional<Sites::Held> held_now(const Ticket& ticket) const;
  Task<void> end_overdue(std::vector<QueueId> ids, UnderWay under_way);
  /// False: it could not be read, or waits elsewhere.
  Task<bool> end_held(QueueId id, Sites::Held held);
  /// It was put off: its sender is told of the delay, or it ends, if that is due.
  void end_overtaken(const QueueId& id, const Site& site, const Rate::Wait& wait);
  Task<void> end_one_held(QueueId id, Sites::Held held);
  /// The next one waits in the lane of its sender, which is in trouble.
  void put_apart(std::uint16_t lane);
  Task<void> prepare(QueueId id, std::uint16_t lane, Turn turn);
  /// Null: it is not to be tried now, and its ticket says what it waits for.
  Task<MessagePtr> read(QueueId id, std::uint16_t lane);
  Task<void> hold_guilty(QueueId id);
  [[nodiscard]] Evidence weigh(const StoredMessage& message, const mail::DeliveryReport& report,
                               const std::string& site);
  /// Of the first `part` of its recipients.
  Task<void> attempt(MessagePtr message, std::size_t part, std::uint16_t lane, SitePtr site, Sites::Permit permit);

  Ground ground_;
  const Config& config_;
  Messages& messages_;
  Sites& sites_;
  Reports& reports_;
  Outcomes& outcomes_;
  const Timekeeper& time_;
  OpenWork& work_;
  Deliver deliver_;
  std::function<void()> more_;
  Reader reader_;
  Acceptances acceptances_;
  /// A ticket's lane is an index of it: nothing is taken from Ticket::kUnread, and Ticket::kAny is for all that were
  /// not rerouted. None ever goes, but one of a sender that is empty may become another's.
  std::deque<Lane> lanes_ = std::deque<Lane>(2);
  std::size_t sender_lanes_ = 0;
  std::uint64_t turn_ = 0;    ///< counts the attempts
  std::size_t last_fed_ = 0;  ///< the lane that had the last one
  using When = boost::unordered_flat_map<Turn, std::uint64_t>;
  When served_;                             ///< who had the last one when
  When probed_;                             ///< likewise of probes for senders that were refused
  std::vector<std::uint16_t> probe_order_;  ///< the lanes
  bool probes_moved_ = false;               ///< they are to be sorted anew
  bool any_next_ = false;                   ///< the next probe is kAny's
  SteadyTime next_look_;                    ///< for mail that a site may open for
  SteadyTime next_overdue_;                 ///< the look for mail that waits for too long
  std::map<QueueId, SteadyTime> unwarned_;  ///< when their senders may be warned of the delay; at most some thousand
  struct PutOff {
    WallTime until;
    std::uint32_t party = mail::kNoUid;
  };
  std::map<QueueId, PutOff> overtaken_;  ///< at most some thousand
  std::shared_ptr<bool> ending_overdue_ = std::make_shared<bool>(false);
  bool alone_ = false;  ///< a suspect is open, or waits until nothing else is
  bool stopped_ = false;
};

}  // namespace postern::queue
