// AUTH (RFC 4954): tries the mechanisms that negotiate() allows, best first, until one works. What a server refuses
// or makes nonsense of gives way to the next one; a server that does not prove what it must prove ends it all.
#pragma once

#include "base/task.h"
#include "mail/check.h"
#include "mail/report.h"
#include "relay/credential_wait.h"
#include "relay/site_memory.h"
#include "relay/smarthost.h"
#include "relay/wire.h"
#include "sasl/mechanism.h"
#include "sasl/negotiate.h"
#include "smtp/capabilities.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::relay {

/// One round of attempts: each usable mechanism once, and once more with a renewed token. It outlives a connection,
/// because servers hang up after a refusal.
struct AuthRound {
  std::optional<sasl::Credentials> credentials;  ///< the same for the whole round, but for a token that is renewed
  std::vector<mail::AuthAttempt> tried;
  std::vector<mail::AuthSkip> skipped;
  std::vector<std::string> order;  ///< what is usable, best first
  std::vector<std::string> spent;  ///< mechanisms that had their turn
  bool renewed = false;            ///< the token was renewed in this round
  bool unsettled = false;          ///< something that was tried may work the next time: it was no refusal for good
  /// The refusal that tells most of the credentials. Every server can check a password that it is shown (PLAIN, LOGIN);
  /// other mechanisms are also refused where it keeps nothing to check them with.
  struct Refusal {
    std::size_t tried = 0;  ///< its place in `tried`
    int code = 0;
    bool temporary = false;  ///< says nothing about the credentials
    bool crowded = false;    ///< too many at a time
    int weight = 0;
  };
  std::optional<Refusal> deciding;
  CredentialWait waiting;
  bool accept_weaker = false;  ///< goes on although the server is weaker than before, and takes that for good
};

struct AuthResult {
  enum class Outcome { done, reconnect, failed };
  Outcome outcome = Outcome::failed;
  std::string mechanism;                     ///< done: the one that worked
  std::optional<mail::SiteTrouble> trouble;  ///< failed
};

/// What the choice depends on besides the server: the settings and what worked last time. For explain(), too.
[[nodiscard]] sasl::Policy login_policy(const Smarthost& smarthost, std::string remembered);

/// "reconnect" comes back if the server hung up and there is something left to try in this round on a new
/// connection. The smarthost has credentials.
Task<AuthResult> authenticate(Wire& wire, const smtp::Capabilities& server, const Smarthost& smarthost,
                              std::string_view host, const SiteNotes& notes, AuthRound& round);

}  // namespace postern::relay
