// AUTH (RFC 4954): tries the mechanisms that negotiate() allows, best first, until one works. What a server refuses
// or makes nonsense of gives way to the next one.
#pragma once

#include "base/task.h"
#include "mail/check.h"
#include "mail/report.h"
#include "relay/relay.h"
#include "relay/wire.h"
#include "smtp/capabilities.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::relay {

/// One round of attempts: each usable mechanism once. It outlives a connection, because servers hang up after a
/// refusal.
struct AuthRound {
  std::vector<mail::AuthAttempt> tried;
  std::vector<mail::AuthSkip> skipped;
  bool refused = false;    ///< at least one attempt was refused for good (5xx) or answered by nonsense
  bool transient = false;  ///< the last refusal was a 4xx
};

struct AuthResult {
  enum class Outcome { done, reconnect, failed };
  Outcome outcome = Outcome::failed;
  std::string mechanism;                     ///< done: the one that worked
  std::optional<mail::SiteTrouble> trouble;  ///< failed
};

/// `remembered` is the mechanism that worked last time, tried first. "reconnect" comes back if the server hung up and
/// there is something left to try in this round on a new connection.
Task<AuthResult> authenticate(Wire& wire, const smtp::Capabilities& server, const Smarthost& smarthost,
                              std::string_view host, std::string_view remembered, AuthRound& round);

}  // namespace postern::relay
