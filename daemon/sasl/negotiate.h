// The choice between mechanisms, as data: what to try, best first, and why the rest is not tried.
#pragma once

#include "sasl/login_options.h"
#include "sasl/mechanism.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace postern::sasl {

struct Channel {
  bool encrypted = false;
  bool verified = false;                 ///< certificate chain and name
  std::vector<ChannelBinding> bindings;  ///< best first
};

struct Policy : LoginOptions {
  std::string remembered{};  ///< the mechanism that worked last time, tried first if still usable
};

struct Skipped {
  std::string mechanism;
  std::string reason;  ///< for a person: "the channel is not encrypted"
};

struct Choice {
  std::vector<std::string> usable;  ///< in the order to try
  /// Offered by the server and not tried; or not offered, although the credential for it is there and the operator
  /// did not leave it out.
  std::vector<Skipped> skipped;
};

/// Never returns a mechanism that was not offered, nor one whose credential is missing, nor one that reveals the secret
/// over a channel that is not verified TLS unless the policy allows it. Strongest first: inside verified TLS
/// OAUTHBEARER, XOAUTH2, EXTERNAL, SCRAM with channel binding, SCRAM, PLAIN, LOGIN, CRAM-MD5; elsewhere first what
/// hides the secret. The remembered mechanism goes to the front even if the server now offers a stronger one: it
/// worked, and a failed login costs more than it gains. (An offer that got weaker is the downgrade alarm's business.)
/// Pure.
[[nodiscard]] Choice negotiate(const std::vector<std::string>& offered, const Channel& channel,
                               const Credentials& credentials, const Policy& policy);

/// What the mechanisms of this choice need to know besides the credentials; host and port are left to the caller.
[[nodiscard]] Situation situation(const std::vector<std::string>& offered, const Channel& channel,
                                  const Policy& policy);

/// The mechanism gives an access token, which can be renewed, rather than a password.
[[nodiscard]] bool uses_token(std::string_view name);

/// The server sees the password itself, and so can check it whatever it keeps of it.
[[nodiscard]] bool shows_password(std::string_view name);

/// Every name this program can speak, in the order of preference; for messages and for the settings' check.
[[nodiscard]] std::vector<std::string> known_mechanisms();

/// The client side of a mechanism that negotiate() returned; null for an unknown name, and where the credential or the
/// channel binding that it needs is missing.
[[nodiscard]] std::unique_ptr<Mechanism> make_mechanism(std::string_view name, const Credentials& credentials,
                                                        const Situation& situation);

[[nodiscard]] std::unique_ptr<ServerMechanism> make_server_mechanism(std::string_view name, ServerSide server);

}  // namespace postern::sasl
