// The choice between mechanisms, as data: what to try, best first, and why the rest is not tried.
#pragma once

#include "sasl/mechanism.h"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace postern::sasl {

struct Channel {
  bool encrypted = false;
  bool verified = false;  ///< certificate chain and name
};

struct Policy {
  bool allow_cleartext = false;  ///< PLAIN and LOGIN without TLS, `allow_cleartext_auth`
  std::string remembered;        ///< the mechanism that worked last time, tried first if still usable
};

struct Skipped {
  std::string mechanism;
  std::string reason;  ///< for a person: "the channel is not encrypted"
};

struct Choice {
  std::vector<std::string> usable;  ///< in the order to try
  std::vector<Skipped> skipped;     ///< offered by the server and not tried, or known and not offered
};

/// Never returns a mechanism that was not offered, nor one that reveals the secret over a channel
/// that is not verified TLS unless the policy allows it. Pure.
[[nodiscard]] Choice negotiate(const std::vector<std::string>& offered, const Channel& channel,
                               const Credentials& credentials, const Policy& policy);

/// The client side of a mechanism that negotiate() returned; null for an unknown name.
[[nodiscard]] std::unique_ptr<Mechanism> make_mechanism(std::string_view name, const Credentials& credentials);

/// Server side: the password of a user, or nothing.
/// `challenge_seed` is the whole challenge of CRAM-MD5, "<unique@host>" with its brackets; the others ignore it.
using PasswordOf = std::function<std::optional<std::string>(std::string_view user)>;
[[nodiscard]] std::unique_ptr<ServerMechanism> make_server_mechanism(std::string_view name, PasswordOf password_of,
                                                                     std::string challenge_seed);

}  // namespace postern::sasl
