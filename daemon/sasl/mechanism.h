// SASL (RFC 4422) mechanisms as pure objects: challenge in, response out.
#pragma once

#include "base/result.h"
#include "base/secret.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::sasl {

/// What a site has to log in with. Each mechanism needs one of password, token and certificate.
struct Credentials {
  std::string user;
  std::optional<Secret> password;
  std::optional<Secret> token;      ///< OAuth 2.0 access token
  bool client_certificate = false;  ///< the TLS channel presents ours
  std::string no_password{};        ///< why there is none although one is configured; printable
  std::string no_token{};           ///< the same
};

/// Bytes that both ends know of their TLS channel and nobody between them does (RFC 5929, RFC 9266).
struct ChannelBinding {
  std::string name;  ///< "tls-exporter", "tls-server-end-point", "tls-unique"
  std::string data;
};

/// What a mechanism knows of the connection besides the credentials.
struct Situation {
  std::vector<ChannelBinding> bindings;  ///< of this channel, best first; empty: none can be made
  bool binding_offered = false;          ///< the server offers a -PLUS mechanism
  bool binding_allowed = true;           ///< the operator's list leaves a -PLUS mechanism in
  std::string host;                      ///< the server as configured, for OAUTHBEARER
  std::uint16_t port = 0;
  std::string nonce;  ///< of SCRAM; empty: random, as it must be outside tests
};

/// A server challenge. Servers exist that send text where base64 belongs.
struct Challenge {
  std::string raw;                     ///< after "334 ", as received
  std::optional<std::string> decoded;  ///< nothing if raw is not base64
};

struct Response {
  std::string bytes;
  bool encoded = true;  ///< base64 on the wire; false only for a server that asked in clear text
};

/// The client side. Made fresh for each attempt, never reused. Pure: any thread may step it, one at a time. The step of
/// SCRAM that answers the server's first message takes up to half a second of CPU (600,000 iterations).
class Mechanism {
 public:
  virtual ~Mechanism() = default;
  [[nodiscard]] virtual std::string_view name() const = 0;
  /// The initial response (RFC 4954 4) if the client speaks first.
  [[nodiscard]] virtual std::optional<std::string> initial() = 0;
  /// Failures: protocol (nonsense: the caller sends "*" and goes on with the next mechanism); tls (the server has shown
  /// that it is not who it should be, or that somebody sits in between: a SCRAM signature or channel binding that
  /// does not fit; the caller ends the session and tries nothing else); invalid (these credentials cannot be used with
  /// it).
  virtual Result<Response> step(const Challenge& challenge) = 0;
  /// The server says that it accepts. Failure: tls, if it has not proved before what it must prove (SCRAM).
  [[nodiscard]] virtual Result<void> accepted() const { return {}; }
  /// What the server said inside the exchange of why it refuses ("invalid_token"), printable; empty: nothing.
  [[nodiscard]] virtual std::string refusal() const { return {}; }
};

/// The server side, for the practice smarthost and tests.
class ServerMechanism {
 public:
  enum class Outcome { challenge, success, failure };
  struct Answer {
    Outcome outcome = Outcome::failure;
    std::string challenge;  ///< decoded
  };
  virtual ~ServerMechanism() = default;
  /// `response` is nothing where the client gave no initial response.
  virtual Answer step(const std::optional<std::string>& response) = 0;
};

/// What the server side checks against.
struct ServerSide {
  /// The password of a user, or nothing. SCRAM asks by the name as SASLprep makes it. Null: nobody has one.
  std::function<std::optional<std::string>(std::string_view user)> password_of;
  /// Whether the access token is the user's and valid now. Null: never.
  std::function<bool(std::string_view user, std::string_view token)> token_valid;
  /// The whole challenge of CRAM-MD5 with its brackets. For SCRAM our part of the nonce; if salt and count are to be
  /// chosen too, what follows the client's nonce: "nonce,s=...,i=...". Empty: random, as it must be outside tests.
  std::string challenge_seed;
  std::vector<ChannelBinding> bindings;  ///< of this channel
  std::string certificate_user;          ///< whom the client's certificate names; empty: it showed none
};

}  // namespace postern::sasl
