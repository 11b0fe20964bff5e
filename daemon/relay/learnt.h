// What the connections to one server taught us about it, for the next ones.
#pragma once

#include "mail/envelope.h"
#include "relay/site_memory.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace postern::relay {

/// Where the account is at home: in the domain of its own address, and in that of the sender it sends for.
struct Home {
  std::string own;     ///< the user name of the login, an address or not
  std::string sender;  ///< the reverse-path
  [[nodiscard]] bool holds(const std::string& address) const;
};

/// An address of which it is known that the server takes mail for it.
struct Control {
  std::string address;
  bool at_home = false;
  /// That this address is accepted tells of the other one that its refusal is its own. An account that may not relay,
  /// or not yet, is still let write to its own domain, so an address at home tells of that domain alone.
  [[nodiscard]] bool speaks_for(const std::string& refused) const;
};

struct Learnt {
  SiteNotes notes;                         ///< kept beyond this run
  bool pipelining_fails = false;           ///< it is offered, but a group of commands got no proper replies
  std::size_t most_messages = SIZE_MAX;    ///< on one connection, before it said enough
  std::size_t most_recipients = SIZE_MAX;  ///< in one transaction
  std::vector<std::string> taken{};        ///< addresses elsewhere that the server took lately, the last first; a few
  std::string taken_at_home{};             ///< the last one there; empty: none

  /// The server has taken a message for this address.
  void note_taken(const std::string& address, const Home& home);
  /// One that is none of this message's recipients and speaks for one of the refused at least: taken elsewhere, taken
  /// at home, or the account's own. Nothing: none is known.
  [[nodiscard]] std::optional<Control> control(const mail::Envelope& envelope, const Home& home,
                                               const std::vector<std::string>& refused) const;
};

}  // namespace postern::relay
