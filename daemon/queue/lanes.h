// The lanes: the routes that have mail, and those of a sender alone that mail of one in trouble has in a route. Each
// has its own share of what is read ahead, so that none waits for a site that it does not need.
#pragma once

#include "queue/index.h"
#include "queue/messages.h"
#include "queue/route.h"
#include "queue/sites.h"
#include "queue/stored_message.h"
#include "queue/turns.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>

namespace postern::queue {

/// Messages that go the same way.
struct Lane {
  struct Ready {
    MessagePtr message;
    Turn turn = 0;  ///< that it was taken with
  };

  Route route;
  std::string sender{};       ///< of this one alone, by Sender::key; empty: of all that have no lane of their own
  std::deque<Ready> ready{};  ///< read, and waiting for a connection
  std::size_t open = 0;       ///< read or under way
  std::size_t trying = 0;     ///< of these, under way
  std::size_t awaited = 0;    ///< messages of several routes that have recipients here
  Turn whose = 0;             ///< whose mail waits in that of a sender; kAlarmsTurn: ours
  std::uint64_t probed = 0;   ///< when it had a probe: by the dispatcher's count of attempts
};

class Lanes {
 public:
  /// The others outlive it.
  Lanes(const Config& config, const Messages& messages, const Sites& sites)
      : config_(config), messages_(messages), sites_(sites) {
    lanes_[Ticket::kAsked].route.unknown = true;
  }

  [[nodiscard]] Lane& operator[](std::size_t lane) { return lanes_[lane]; }
  [[nodiscard]] const Lane& operator[](std::size_t lane) const { return lanes_[lane]; }
  [[nodiscard]] std::size_t size() const { return lanes_.size(); }
  [[nodiscard]] auto begin() const { return lanes_.begin(); }
  [[nodiscard]] auto end() const { return lanes_.end(); }

  /// That of this route, made if there is none. One of a sender is made in place of one that is empty; where there are
  /// too many it is that of all senders.
  [[nodiscard]] std::uint16_t lane_for(const Route& route, const std::string& sender = {}, Turn whose = 0);
  /// Nothing: there is none.
  [[nodiscard]] std::optional<std::uint16_t> find(const Route& route, const std::string& sender) const;
  /// That of its sender in this route.
  [[nodiscard]] std::uint16_t lane_of_sender(const StoredMessage& message, const Route& route);
  /// Where a message of lane `in` belongs that goes by this route.
  [[nodiscard]] std::uint16_t lane_of(const StoredMessage& message, const Route& route, std::uint16_t in);
  [[nodiscard]] bool is_empty(std::uint16_t lane) const;
  /// A lane became another's since this was asked last.
  [[nodiscard]] bool take_changed() { return std::exchange(changed_, false); }
  /// Logs which sites messages were rerouted to that are not configured.
  void tell_unknown_routes() const;

 private:
  [[nodiscard]] std::uint16_t lane_of_route(const Route& route);
  /// Mail of this sender waits in a lane of its own.
  [[nodiscard]] bool waits_apart(const Route& route, const std::string& sender) const;

  const Config& config_;
  const Messages& messages_;
  const Sites& sites_;
  /// A ticket's lane is an index of it: nothing is taken from Ticket::kUnread and Ticket::kAsked, and Ticket::kAny is
  /// for all that any site may take. None ever goes, but one that is empty may become another's.
  std::deque<Lane> lanes_ = std::deque<Lane>(3);
  std::size_t sender_lanes_ = 0;
  std::size_t rerouted_ = 0;  ///< lanes of those
  bool changed_ = false;
};

}  // namespace postern::queue
