// Which way each ticket goes: gives it its lane, by what an operator said, by the rows of the settings, or because its
// sender has trouble. The name service may have to be asked for a message's user: those recipients for whom that
// matters wait meanwhile in lane Ticket::kAsked, and are nobody's wait but their own. They are due all the time, so
// that with the answer all of that user are read anew, some at a time.
#pragma once

#include "base/task.h"
#include "queue/ground.h"
#include "queue/lanes.h"
#include "queue/messages.h"
#include "queue/reader.h"
#include "queue/route.h"
#include "queue/sites.h"
#include "queue/stops.h"
#include "queue/stored_message.h"
#include "queue/user_book.h"

#include <boost/unordered/unordered_flat_set.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace postern::queue {

class Router {
 public:
  /// The others outlive it.
  Router(const Ground& ground, const Config& config, Messages& messages, const Sites& sites,
         std::function<void()> more);

  [[nodiscard]] Lanes& lanes() { return lanes_; }
  [[nodiscard]] const Lanes& lanes() const { return lanes_; }
  [[nodiscard]] Stops& stops() { return stops_; }
  /// For whatever else depends on who sent a message.
  [[nodiscard]] UserBook& users() { return users_; }
  [[nodiscard]] const UserBook& users() const { return users_; }

  /// One that was just stored and taken up.
  void take_in(const mail::Envelope& envelope);
  /// What its envelope and its log tell. True: who sent it was not known when it came, and now it is.
  bool learn(const QueueId& id, const Reader::Known& known);
  /// Of those that stand in lane Ticket::kUnread and are to be read before the others, at most so many: by turns of
  /// their users. They are not told again.
  [[nodiscard]] std::vector<QueueId> take_first_to_read(std::size_t count);
  /// It goes nowhere for now: when it waits again, its way is found anew.
  void leave(const QueueId& id);
  /// From now on it goes by this site alone while that is configured; empty: by its routes.
  void reroute(const QueueId& id, const std::string& site);
  /// The routes are others, or the sites that they lead to: what waits is read anew.
  void route_anew();
  /// Of those in lane Ticket::kAsked it is asked who sent them, and those of whom that is known by now are to be read.
  void go_on();
  /// When go_on() may do something by time alone.
  [[nodiscard]] std::optional<SteadyTime> next() const { return users_.next(); }
  /// Whom nobody said is asked for at once.
  void hurry() { users_.hurry(); }
  /// Likewise, and who everybody was does not count any more.
  void ask_anew() {
    users_.forget_all();
    users_.hurry();
  }

  /// The rows of the settings say where it goes, since no operator did: then find_legs() comes before lane_of().
  [[nodiscard]] bool goes_by_rows(const std::string& rerouted_to) const {
    return !config_.routing.empty() && !sites_.find(rerouted_to);
  }
  void find_legs(StoredMessage& message);
  /// Where a message belongs that was read, and taken from lane `in`.
  [[nodiscard]] std::uint16_t lane_of(const StoredMessage& message, std::uint16_t in);
  /// Of one that has recipients in lane Ticket::kAsked: why, where there was no answer lately.
  [[nodiscard]] std::optional<UserBook::Failed> unanswered(const Ticket& ticket) const {
    return users_.failed(ticket.user);
  }

  /// The site that it waits for, of its route: the one where it was last tried, else the first; null: none is
  /// configured.
  [[nodiscard]] SitePtr site_of(const Ticket& ticket) const {
    return sites_.waited_for(lanes_[ticket.lane].route, ticket.site);
  }
  /// Whose lane it is in, by Sender::key; empty: in that of all.
  [[nodiscard]] const std::string& sender_of_lane(const Ticket& ticket) const { return lanes_[ticket.lane].sender; }
  /// That of the lane where it stands, and then those of its other recipients; none: its envelope was not read yet, or
  /// there are no rows.
  [[nodiscard]] std::vector<Route> routes_of(const Ticket& ticket) const;

  /// Those that the rows lead to, each once, and that of what no row fits; none: there are no rows.
  [[nodiscard]] std::vector<Route> all() const;

  /// Of all messages that wait, each once for each of its routes.
  struct Waiting {
    Route route;
    std::size_t messages = 0;
  };
  [[nodiscard]] std::vector<Waiting> waiting() const;
  /// What a site of the lane where it stands is asked for, of a message to these of whom such are still waited for.
  [[nodiscard]] Rate::Load load_of(const Ticket& ticket, const mail::Envelope& envelope,
                                   const std::vector<std::size_t>& pending) const;

  /// Of these recipients those that go by the route of the lane where it stands.
  [[nodiscard]] std::vector<std::size_t> going(const Ticket& ticket, const mail::Envelope& envelope,
                                               const std::vector<std::size_t>& pending) const;

  /// By which row a recipient of such a message goes.
  /// Failures: what the name service says.
  Task<Result<RouteChoice>> choice_for(mail::Envelope envelope, std::string recipient) const;

  /// Nobody is asked any more, from now on. Returns when what is open has ended.
  Task<void> stop() { return users_.stop(); }

  /// As Index::reschedule(), wherever a message waits.
  void reschedule(const std::function<WallTime(WallTime)>& change);
  /// It is due now, all of its recipients are.
  void make_due(const QueueId& id);
  /// Logs which sites messages were rerouted to that are not configured.
  void tell_unknown_routes() const {
    // Where there are rows such mail goes by them, and that is told as it is read.
    if (config_.routing.empty()) lanes_.tell_unknown_routes();
  }

 private:
  /// By what is known of users now.
  [[nodiscard]] std::vector<Leg> legs_of(const mail::Envelope& envelope,
                                         const std::vector<std::size_t>& recipients) const;
  /// Likewise, and it is asked for what is not known.
  [[nodiscard]] std::vector<Leg> find_legs(const mail::Envelope& envelope, const std::vector<std::size_t>& recipients);
  /// It waits: it is to be read, since it is known who sent it.
  void wake(const QueueId& id);
  void go_by_itself(const QueueId& id);
  /// Somebody waits for it now: not until all that came before it is read.
  void read_first(const QueueId& id);
  /// Of each once, until routes or sites are others.
  void tell_unknown(const std::string& rerouted_to);

  Ground ground_;
  const Config& config_;
  Messages& messages_;
  const Sites& sites_;
  Lanes lanes_;
  Stops stops_;
  UserBook users_;
  std::function<void()> more_;
  bool answered_ = false;                                         ///< a question has ended since the last look
  boost::unordered_flat_set<QueueId, std::hash<QueueId>> woken_;  ///< to be read, and to go then
  std::map<std::uint32_t, std::deque<QueueId>> first_;            ///< to be read before the others, by user
  std::uint32_t read_last_ = 0;                                   ///< the user who had the last turn of these
  std::set<std::string> unknown_;  ///< smarthosts that are not configured, and messages were rerouted to
};

}  // namespace postern::queue
