// Who may log in to the practice smarthost: one user with a password, access tokens and a client certificate.
#pragma once

#include "net/stream.h"
#include "sasl/mechanism.h"

#include <string>
#include <string_view>

namespace postern::practice {

struct Accounts {
  std::string user;  ///< empty: nobody, there is no AUTH
  std::string password;
  std::string token;        ///< an access token that never expires; empty: none
  std::string tokens_file;  ///< further ones, one a line: "TOKEN" or "TOKEN UNIX-TIME-OF-EXPIRY"; read at each login

  /// `token` is this user's and good at this moment.
  [[nodiscard]] bool token_valid(std::string_view name, std::string_view given) const;
};

/// What the mechanisms check against on a channel; `tls` is null where there is none. A client certificate stands for
/// the user in its common name. `accounts` outlives the result.
[[nodiscard]] sasl::ServerSide server_side(const Accounts& accounts, const net::TlsInfo* tls, std::string seed);

}  // namespace postern::practice
