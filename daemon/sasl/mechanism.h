// SASL (RFC 4422) mechanisms as pure objects: challenge in, response out.
#pragma once

#include "base/result.h"
#include "base/secret.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace postern::sasl {

struct Credentials {
  std::string user;
  Secret password;
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

/// The client side. Made fresh for each attempt, never reused.
class Mechanism {
 public:
  virtual ~Mechanism() = default;
  [[nodiscard]] virtual std::string_view name() const = 0;
  /// The initial response (RFC 4954 4) if the client speaks first.
  [[nodiscard]] virtual std::optional<std::string> initial() = 0;
  /// Failure: protocol (nonsense: the caller sends "*" and goes on with the next mechanism).
  virtual Result<Response> step(const Challenge& challenge) = 0;
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

}  // namespace postern::sasl
