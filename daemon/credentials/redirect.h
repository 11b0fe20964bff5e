// Private to credentials/: how a browser comes back from an authorization server (RFC 6749 4.1.2), and what is believed
// of it. Everybody on the machine can connect to the address that it is sent to, and every page in its browser can send
// it there: who does not bring the state that this login was begun with has said nothing. Pure.
#pragma once

#include "base/result.h"
#include "base/secret.h"

#include <string>
#include <string_view>

namespace postern::credentials {

/// What was sent along with the browser, and so is expected back.
struct SentAlong {
  std::string authority;      ///< of the redirection URI: "127.0.0.1:40123"
  Secret state;               ///< RFC 6749 10.12
  std::string issuer;         ///< empty: unknown, so that `iss` cannot be judged
  bool names_itself = false;  ///< an answer without `iss` is not the server's (RFC 9207 2.4)

  /// RFC 8252 7.3. The path is the shortest, since some servers compare it with one that was registered.
  [[nodiscard]] std::string uri() const { return "http://" + authority + "/"; }
};

struct Redirect {
  enum class Kind {
    stray,    ///< not of this login: it goes on as if nothing had come
    refused,  ///< the server says that there is no code
    foreign,  ///< another server says something, or this one without its name
    empty,    ///< of this login, but with neither a code nor an error
    code,
  };
  Kind kind = Kind::stray;
  std::string reason;  ///< of a stray one, for people; it repeats nothing of what came
  Secret code;
  std::string error;        ///< RFC 6749 4.1.2.1, or of a foreign one its `iss`; as it came: not to be shown
  std::string description;  ///< likewise
};

/// `target` is a path with a query, as in a request line.
[[nodiscard]] Redirect read_redirect(const SentAlong& sent, std::string_view target);

/// The target of the address that a person copied out of the browser, with or without its "http://", which some
/// browsers hide. Failure: invalid; the text says what to paste.
[[nodiscard]] Result<std::string> pasted_target(const SentAlong& sent, std::string_view pasted);

}  // namespace postern::credentials
