// What the connections to one server taught us about it, for the next ones.
#pragma once

#include "mail/envelope.h"
#include "relay/site_memory.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace postern::relay {

struct Learnt {
  SiteNotes notes;                         ///< kept beyond this run
  bool pipelining_fails = false;           ///< it is offered, but a group of commands got no proper replies
  std::size_t most_messages = SIZE_MAX;    ///< on one connection, before it said enough
  std::size_t most_recipients = SIZE_MAX;  ///< in one transaction
  std::vector<std::string> taken{};        ///< addresses that the server took lately, the last one first; a few

  /// The server has taken a message for this address.
  void note_taken(const std::string& address);
  /// An address of which it is known that the server takes mail for it, and none of this message's recipients: one that
  /// it took, or the account's own. Empty: none is known.
  [[nodiscard]] std::string control_address(const mail::Envelope& envelope, const std::string& own) const;
};

}  // namespace postern::relay
