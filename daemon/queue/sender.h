// Whose message it is, as smarthosts judge it: by the reverse-path and the From field together. Anybody on this machine
// may write both, so what becomes of one party's mail of a sender is kept apart from that of another's: what one of
// them writes holds no mail of the other, and each has its own turn.
#pragma once

#include "mail/headers.h"
#include "mail/parties.h"

#include <string>

namespace postern::queue {

struct Sender {
  std::string key;     ///< equal for the same reverse-path, From and party, and for those alone; at most 320 bytes
  std::string shown;   ///< "alice@example.com", "<>, From alice@example.com"; printable, at most some hundred bytes
  std::string name{};  ///< as the key, without the party: what the smarthost sees; at most 300 bytes

  friend bool operator==(const Sender&, const Sender&) = default;
};

/// Of a message with this header, or as much of it as is to be known. The first From counts; one that cannot be read
/// stands for itself.
[[nodiscard]] Sender sender_of(const mail::Envelope& envelope, const mail::HeaderBlock& header,
                               const mail::Parties& parties = {});

}  // namespace postern::queue
