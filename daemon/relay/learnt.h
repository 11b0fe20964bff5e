// What the connections to one server taught us about it, for the next ones.
#pragma once

#include "base/clock.h"
#include "mail/envelope.h"
#include "relay/site_memory.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace postern::relay {

/// Two addresses have one domain, and have one at all.
[[nodiscard]] bool share_domain(const std::string& one, const std::string& other);

/// Where the account is at home: in the domain of its own address, in that of the sender it sends for, and in that of
/// the server, and in those above and below these.
struct Home {
  std::string own;     ///< the user name of the login, an address or not
  std::string sender;  ///< the reverse-path
  /// Without a login nobody knows which domains are the server's own, for which it takes mail of anybody.
  bool logged_in = true;
  std::string host{};  ///< the server's name
  [[nodiscard]] bool holds(const std::string& address) const;
  /// Or nobody knows: nor does a login that is no address tell the server's own domains.
  [[nodiscard]] bool may_hold(const std::string& address) const;
};

/// An address of which it is known that the server takes mail for it.
struct Control {
  std::string address;
  bool at_home = false;
  /// That this address is accepted tells of the other one that its refusal is its own. An account that may not relay,
  /// or not yet, is still let write to its own domain, so an address at home, or perhaps at home, tells of its own
  /// domain alone.
  [[nodiscard]] bool speaks_for(const std::string& refused) const;
};

/// A limit that the server told of by refusing more. It may have been for an hour or by mistake, so it is believed for
/// a day and then found out again.
class Limit {
 public:
  void found(std::size_t number, SteadyTime now) {
    number_ = number;
    until_ = now + Seconds(24 * 3600);
  }
  [[nodiscard]] std::size_t at(SteadyTime now) const { return now < until_ ? number_ : SIZE_MAX; }

 private:
  std::size_t number_ = SIZE_MAX;
  SteadyTime until_;
};

/// What the server offers, and perhaps refuses: it is left out once to see whether that helps, and if it does, for a
/// day.
class Avoidance {
 public:
  void doubt() { doubted_ = true; }
  /// It was left out; somebody was accepted or nobody. True: it is found out just now that it helps.
  bool tried(bool accepted, SteadyTime now) {
    const bool found = std::exchange(doubted_, false) && accepted;
    if (found) until_ = now + Seconds(24 * 3600);
    return found;
  }
  [[nodiscard]] bool applies(SteadyTime now) const { return doubted_ || now < until_; }

 private:
  bool doubted_ = false;
  SteadyTime until_;
};

struct Learnt {
  SiteNotes notes;                   ///< kept beyond this run
  bool pipelining_fails = false;     ///< it is offered, but a group of commands got no proper replies
  Limit most_messages{};             ///< on one connection, before it said enough
  Limit most_recipients{};           ///< in one transaction
  Avoidance without_dsn{};           ///< parameters of DSN (RFC 3461)
  std::vector<std::string> taken{};  ///< addresses elsewhere that the server took lately, the last first; a few
  std::string taken_at_home{};       ///< the last one there; empty: none

  /// The server has taken a message for this address.
  void note_taken(const std::string& address, const Home& home);
  /// One that is none of this message's recipients and speaks for one of the refused at least, where any are named:
  /// taken elsewhere, taken at home, or the account's own. Nothing: none is known.
  [[nodiscard]] std::optional<Control> control(const mail::Envelope& envelope, const Home& home,
                                               const std::vector<std::string>& refused) const;
};

}  // namespace postern::relay
